"""Articles and files as pages."""

from pathlib import Path

import pytest

from tools.knowledge.pages import FILE_MOST, BadFile, page_of, read_folder
from tools.model import Article, ArticleId

HTML = (
    "<p>Prices:</p><table><tr><th>Size</th><th>Price</th></tr><tr><td>Small</td><td>3 €</td></tr>"
    "</table><script>steal()</script>"
)


def test_a_table_keeps_its_rows_and_loses_its_scripts() -> None:
    """A row is what answers a question of price; a script answers nothing."""
    page = page_of(Article(ArticleId("7"), "Prices", HTML, "https://x", "en", quotable=True))

    assert "Size | Price\nSmall | 3 €" in page.text
    assert "steal" not in page.text


def test_a_translation_has_its_language_in_its_id() -> None:
    """Both are kept, and a citation says which one was quoted."""
    page = page_of(Article(ArticleId("7"), "Preise", "<p>x</p>", "u", "de", quotable=False))

    assert ("article:7@de", False) == (page.id, page.quotable)


def test_a_folder_gives_its_text_files_and_skips_the_rest(tmp_path: Path) -> None:
    """People keep pictures and notes beside their manuals."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.md").write_text("# Cleaning\n\n## Steps\n\n- **Rinse** it.\n", "utf-8")
    (tmp_path / "sub" / "b.de.txt").write_text("Spülen Sie es.", "utf-8")
    (tmp_path / "c.md").write_bytes(b"\x00\x01binary")
    (tmp_path / "d.png").write_bytes(b"x")
    (tmp_path / ".hidden.md").write_text("no", "utf-8")

    pages = read_folder(tmp_path).pages

    assert ["file:a.md", "file:sub/b.txt@de"] == [page.id for page in pages]
    assert ("Cleaning", "Steps\n\n- Rinse it.") == (pages[0].title, pages[0].text)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"\xff\xfe\xe4", "not UTF-8"), (b"x" * (FILE_MOST + 1), "larger than")],
    ids=["encoding", "size"],
)
def test_a_file_that_cannot_be_used_is_named_and_the_others_are_read(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    """An error without the file's name sends somebody through a hundred files."""
    (tmp_path / "bad.md").write_bytes(content)
    (tmp_path / "good.md").write_text("Rinse it.", "utf-8")

    read = read_folder(tmp_path)

    assert ["file:good.md"] == [page.id for page in read.pages]
    assert 1 == len(read.faults)
    assert "'bad.md'" in read.faults[0]
    assert fault in read.faults[0]


def test_a_text_saved_as_unicode_by_windows_is_read(tmp_path: Path) -> None:
    """What an editor calls Unicode is UTF-16, and full of the zeros that mark a binary."""
    (tmp_path / "a.txt").write_bytes("Spülen Sie es.\r\n\r\nDann trocknen.".encode("utf-16"))

    assert "Spülen Sie es.\n\nDann trocknen." == read_folder(tmp_path).pages[0].text


def test_a_link_that_leads_to_itself_is_passed_by(tmp_path: Path) -> None:
    """One broken link must not end the reading of a whole folder."""
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    (tmp_path / "good.md").write_text("Rinse it.", "utf-8")

    read = read_folder(tmp_path)

    assert (("file:good.md",), ()) == (tuple(page.id for page in read.pages), read.faults)


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    """A typing error in a setting must not look like an empty knowledge base."""
    with pytest.raises(BadFile, match="nowhere"):
        read_folder(tmp_path / "nowhere")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A link must not turn the machine's other files into public knowledge."""
    outside = tmp_path / "outside.md"
    outside.write_text("secret", "utf-8")
    folder = tmp_path / "kb"
    folder.mkdir()
    (folder / "link.md").symlink_to(outside)

    assert () == read_folder(folder).pages
