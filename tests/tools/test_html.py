"""What a model may read of a mail, and what a customer may be shown of ours."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.html import (
    clean,
    newest_words,
    newest_words_of_text,
    paragraphs_to_html,
    sanitized,
    to_text,
)


def test_paragraphs_and_lists_keep_their_shape() -> None:
    """A model reads structure; flattened steps are misread."""
    html = "<p>Hello <b>you</b></p><p>Steps:</p><ul><li>one</li><li>two</li></ul>a<br>b"

    assert "Hello you\n\nSteps:\n\n- one\n- two\n\na\nb" == to_text(html)


@pytest.mark.parametrize(
    ("html", "own"),
    [
        pytest.param(
            '<div>New</div><div class="gmail_quote"><div class="gmail_attr">On Mon, A wrote:</div>'
            "<blockquote>Old</blockquote></div>",
            "New",
            id="gmail",
        ),
        pytest.param("New<blockquote type='cite'>Old</blockquote>", "New", id="apple"),
        pytest.param(
            '<p>New</p><div id="appendonsend"></div><hr><div>From: x</div><div>Old</div>',
            "New",
            id="outlook-web",
        ),
        pytest.param(
            '<p>New</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Von:</b> A</p>'
            "</div><p>Old</p>",
            "New",
            id="outlook-desktop",
        ),
        pytest.param('<p>New</p><div class="freshdesk_quote">Old</div>', "New", id="freshdesk"),
        pytest.param(
            '<p>New</p><div class="moz-cite-prefix">Am 1.2.2026 um 10:00 schrieb A:</div>'
            "<blockquote type=cite>Old</blockquote>",
            "New",
            id="thunderbird",
        ),
        pytest.param('New<div class="gmail_signature">A. Person</div>', "New", id="signature"),
        pytest.param("<p>New</p><p>Sent from my iPhone</p>", "New", id="phone"),
        pytest.param("<blockquote>A saying</blockquote><p>New</p>", "A saying\n\nNew", id="prose"),
    ],
)
def test_quoted_history_is_folded(html: str, own: str) -> None:
    """The answer must be to the newest words, not to last month's."""
    assert own == newest_words(html)


@pytest.mark.parametrize(
    "head",
    [
        "On Mon, Jan 5, 2026 at 10:00 AM Jane Doe <jane@x.example>\nwrote:",
        "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Jane <j@x.example>:",
        "Le lun. 5 janv. 2026 à 10:00, Jane <j@x.example> a écrit :",
        "El lun, 5 ene 2026 a las 10:00, Jane (<j@x.example>) escribió:",
        "Il giorno lun 5 gen 2026 alle ore 10:00 Jane <j@x.example> ha scritto:",
        "Op ma 5 jan 2026 om 10:00 schreef Jane <j@x.example>:",
        "Em seg., 5 de jan. de 2026 às 10:00, Jane <j@x.example> escreveu:",
        "Den mån 5 jan. 2026 kl 10:00 skrev Jane <j@x.example>:",
        "man. 5. jan. 2026 kl. 10:00 skrev Jane <j@x.example>:",
        "pon., 5 sty 2026 o 10:00 Jane <j@x.example> napisał(a):",
        "ma 5. tammik. 2026 klo 10.00 Jane (j@x.example) kirjoitti:",
        "From: Jane <j@x.example>\nSent: Monday, January 5, 2026\nTo: Help\nSubject: RE: Pump",
        "Von: Jane <j@x.example>\nGesendet: Montag, 5. Januar 2026\nAn: Hilfe\nBetreff: AW: Pumpe",
        "De : Jane <j@x.example>\nEnvoyé : lundi 5 janvier 2026\nÀ : Aide\nObjet : Pompe",
        "________________________________",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
    ],
)
def test_the_head_of_a_quote_is_known_in_many_languages(head: str) -> None:
    """Customers write from every mail program in every language of the account."""
    assert "Mine." == newest_words_of_text(f"Mine.\n\n{head}\n\n> theirs\nand more of theirs")


@pytest.mark.parametrize(
    "words",
    [
        "Thanks, but it did not help.\nThe code is back.",
        "Items:\n- pump\n- hose\nplease",
        "From: my point of view it is bad.\nAnd more.",
        "My husband wrote: it is broken\nand I agree",
        "I asked:\nwhere is it?",
        "Best regards to your team, but:\nit leaks.",
    ],
)
def test_words_that_only_look_like_a_quote_stay(words: str) -> None:
    """Losing a customer's sentence is worse than keeping a quoted one."""
    assert words == newest_words_of_text(words)


@pytest.mark.parametrize(
    "end",
    [
        "-- \nJane\nACME",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for iOS",
        "This e-mail is confidential and intended only for the addressee.",
        "Diese E-Mail ist vertraulich und nur für den Empfänger bestimmt.",
    ],
)
def test_signatures_and_disclaimers_are_folded(end: str) -> None:
    """A lawyer's paragraph is no question."""
    assert "It broke." == newest_words_of_text(f"It broke.\n\n{end}")


def test_an_answer_below_the_quote_is_found() -> None:
    """Some people still answer between the lines."""
    assert "Yes.\nNothing." == newest_words_of_text("> Did you?\nYes.\n> And?\nNothing.")


@pytest.mark.parametrize("html", ["<blockquote type=cite>Only this</blockquote>", "> Only this"])
def test_a_message_that_is_only_a_quote_is_not_emptied(html: str) -> None:
    """An empty message would be skipped as if nobody had written."""
    assert "Only this" in newest_words(html)


@pytest.mark.parametrize(
    "hidden",
    [
        '<span style="display:none">X</span>',
        '<span style="DISPLAY : none !important">X</span>',
        '<span style="font-size:0px">X</span>',
        '<span style="visibility:hidden">X</span>',
        '<span style="opacity:0">X</span>',
        '<span style="mso-hide:all">X</span>',
        '<span style="color:#fff">X</span>',
        '<span style="color: white; background: #ffffff">X</span>',
        '<div style="height:0;overflow:hidden">X</div>',
        "<p hidden>X</p>",
        "<script>X</script>",
        "<style>X</style>",
        "<template>X</template>",
        "<!-- X -->",
        "<title>X</title>",
    ],
)
def test_what_a_reader_cannot_see_a_model_does_not_read(hidden: str) -> None:
    """Hidden text is how orders to the model are smuggled past the people who read along."""
    assert "AB" == to_text(f"A{hidden}B").replace("\n", "")


def test_visible_styles_are_not_taken_for_hidden_ones() -> None:
    """Newsletters and signatures are full of styles."""
    html = '<p style="font-size:0.9em;opacity:0.8;color:#fff;background-color:#006">Shown</p>'

    assert "Shown" == to_text(html)


@pytest.mark.parametrize(
    "mark", ["\u200b", "\u202e", "\u2066", "\U000e0041", "\ufe0f", "\u00ad", "\ufeff", "\x00"]
)
def test_invisible_characters_are_removed(mark: str) -> None:
    """Tag characters spell whole sentences that nobody sees."""
    assert "ignore" == clean(f"ig{mark}nore")


def test_paragraphs_become_html_that_says_nothing_else() -> None:
    """A draft is text; whatever looks like markup in it is shown, not obeyed."""
    html = paragraphs_to_html(["Hi <b>you</b> & me", "", "a\nb", "<script>x</script>"])

    assert "<p>Hi &lt;b&gt;you&lt;/b&gt; &amp; me</p><p>a<br>b</p>" == html.partition("<p>&lt;s")[0]
    assert "<script" not in html


def test_sanitized_html_keeps_links_and_drops_deeds() -> None:
    """Belt and braces behind the escaping."""
    html = sanitized(
        '<a href="https://x.example" onclick="x">l</a><a href="javascript:x">m</a><svg>'
    )

    assert "https://x.example" in html
    assert "onclick" not in html
    assert "javascript" not in html
    assert "svg" not in html


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 22_000 + "x" + "</div>" * 22_000, id="deep"),
        pytest.param("<p>hello <b>x</b></p>" * 20_000, id="many-tags"),
        pytest.param("<!--" * 100_000, id="open-comments"),
        pytest.param("<" * 400_000, id="angles"),
        pytest.param("<p>hello</p>" * 500_000, id="six-megabytes"),
        pytest.param("<a " + "x=1 " * 100_000 + ">hi</a>", id="attributes"),
        pytest.param("On " + "a " * 200_000, id="long-line"),
        pytest.param(("On " + "a " * 150 + "\n") * 1000, id="many-heads"),
        pytest.param("\n" * 500_000, id="blank-lines"),
        pytest.param("> " * 250_000, id="quotes"),
    ],
)
def test_hostile_sizes_stay_fast(html: str) -> None:
    """One mail must not hold a worker for minutes."""
    started = time.process_time()
    newest_words(html)
    sanitized(html)

    assert time.process_time() - started < 2.0


@given(st.text(max_size=300))
def test_nothing_makes_it_fail(text: str) -> None:
    """Mail programs send anything."""
    assert isinstance(newest_words(text), str)
    assert "<script" not in paragraphs_to_html([text])
