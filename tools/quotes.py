"""Folding quoted history, signatures and disclaimers out of a message in plain text. Pure.

Written by hand after trying mail-parser-reply 1.36 on the same messages: it drops all that follows
the first dash of a list, or a line that begins with "Thanks" or "From:"; words would be lost.
"""

import re

_LONGEST_LINE = 400
_HEADER_LINES = 3

# "On … wrote:" in the languages customers write; the address may wrap to the next line
_WROTE = re.compile(
    r"^[>\s]*(?:"
    r"On\s.{4,300}?\s(?:wrote|writes)\s?:"
    r"|.{0,300}?\bwrote\s?:"
    r"|Am\s.{4,300}?\s(?:schrieb|hat)\b.{0,300}?:"
    r"|.{4,300}?\sschrieb\s.{0,200}?:"
    r"|Le\s.{4,300}?\sa\s[ée]crit\s*:"
    r"|El\s.{4,300}?\sescribi[óo]\s?:"
    r"|Il\s.{4,300}?\sha\sscritto\s?:"
    r"|Op\s.{4,300}?\s(?:schreef|heeft)\b.{0,300}?:"
    r"|Em\s.{4,300}?\s(?:escreveu|escreveram)\s?:"
    r"|.{4,300}?\sskrev\b.{0,300}?:"
    r"|.{4,300}?\s(?:napisa[łl]\(?a?\)?|pisze)\s?:"
    r"|.{4,300}?\skirjoitti\s?.{0,100}?:"
    r"|Dne\s.{4,300}?\snapsal\(?a?\)?\s?:"
    r"|\d{4}年.{2,200}?(?:写道|書きました|のメール)\s?[:\uff1a]"
    r")\s*$",
    re.IGNORECASE,
)
_HEAD_WORDS = (
    "from|sent|date|to|cc|subject|von|gesendet|datum|an|betreff|de|envoy[ée]|date|[àa]|objet|"
    "enviado(?: el)?|fecha|para|asunto|da|inviato|data|a|oggetto|van|verzonden|aan|onderwerp|"
    "enviada(?: em)?|assunto|fra|sendt|til|emne|fr[åa]n|skickat|till|[äa]mne|l[äa]hett[äa]j[äa]|"
    "od|wys[łl]ano|wys[łl]ane|do|temat"
)
_HEAD = re.compile(rf"^[>\s*]*(?:{_HEAD_WORDS})\s?\*?\s?:\*?\s?\S.*$", re.IGNORECASE)
_HEAD_START = re.compile(
    r"^[>\s*]*(?:from|von|de|da|van|fra|fr[åa]n|od|l[äa]hett[äa]j[äa])\s?\*?\s?:\*?\s?\S.*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^\s*(?:_{10,}|-{2,}\s*(?:original message|forwarded message|urspr[üu]ngliche nachricht|"
    r"weitergeleitete nachricht|message d['\u2019]origine|message transf[ée]r[ée]|mensaje original|"
    r"mensaje reenviado|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|"
    r"doorgestuurd bericht|mensagem original|mensagem encaminhada|opprinnelig melding|"
    r"oprindelig meddelelse|ursprungligt meddelande|wiadomo[śs][ćc] oryginalna|"
    r"alkuper[äa]inen viesti|reply above this line)\s*-{2,}|-{5,}\s*reply above.*|"
    r"begin forwarded message:|anfang der weitergeleiteten nachricht:|"
    r"d[ée]but du message r[ée]exp[ée]di[ée]\s?:|inizio messaggio inoltrato:|"
    r"inicio del mensaje reenviado:)\s*$",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"^(?:--|-- |—)\s*$")
_PHONE = re.compile(
    r"^\s*(?:(?:sent|get)\s(?:from|via|with|using)\s(?:my\s|the\s)?\S.{0,60}"
    r"|get outlook for .{2,20}"
    r"|(?:von|aus)\s(?:mein\S*|unterwegs)\b.{0,50}gesendet\S?"
    r"|gesendet\s(?:von|mit|aus|via)\s.{2,60}"
    r"|envoy[ée]\s(?:de(?:puis)?|avec|[àa] partir de)\s.{2,60}"
    r"|enviado\s(?:desde|de|do|con|pelo|a partir do)\s.{2,60}"
    r"|inviato\s(?:da|dal|con)\s.{2,60}"
    r"|verzonden\s(?:vanaf|met|via|vanuit)\s.{2,60}"
    r"|verstuurd vanaf .{2,60}"
    r"|(?:sendt|skickat|sendt)\s(?:fra|fr[åa]n|med)\s.{2,60}"
    r"|wys[łl]an[eoy]\s(?:z|ze)\s.{2,60}"
    r"|l[äa]hetetty\s.{2,60})\s*\.?\s*$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"(?:this (?:e-?mail|message|communication)\b.{0,120}"
    r"\b(?:confidential|privileged|intended (?:only|solely))"
    r"|confidentiality notice|the information (?:contained )?in this (?:e-?mail|message)"
    r"|diese (?:e-?mail|nachricht)\b.{0,120}\b(?:vertraulich|bestimmt)"
    r"|ce (?:message|courriel|mail)\b.{0,120}\b(?:confidentiel|destin[ée])"
    r"|este (?:mensaje|correo|e-?mail)\b.{0,120}\b(?:confidencial|dirigido)"
    r"|esta mensagem\b.{0,120}\bconfidencia"
    r"|(?:questo messaggio|questa e-?mail)\b.{0,120}\b(?:riservat|confidenzial)"
    r"|dit (?:bericht|e-?mail)\b.{0,120}\b(?:vertrouwelijk|bestemd)"
    r"|please consider the environment before printing)",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """Return the newest words of a plain-text message; "" where it is nothing but a quote."""
    lines = text.split("\n")
    kept = lines[: _end_of_own(lines)]
    if not any(line.strip() and not _is_quote(line) for line in kept):
        kept = _answers_below(lines)
    own = [line for line in kept if not _is_quote(line)]
    own = own[: _signature(own)]
    return "\n".join(_without_disclaimer(own)).strip()


def _end_of_own(lines: list[str]) -> int:
    """Return the index of the first line of quoted history."""
    for place, line in enumerate(lines):
        if len(line) > _LONGEST_LINE:
            continue
        if _SEPARATOR.match(line) or _is_header(lines, place) or _is_wrote(lines, place):
            return place
    return len(lines)


def _is_wrote(lines: list[str], place: int) -> bool:
    """Whether "On … wrote:" begins here, on one line, or wrapped over two or three."""
    if not lines[place].strip():
        return False
    joined = ""
    for line in lines[place : place + _HEADER_LINES]:
        if not line.strip() or len(line) > _LONGEST_LINE:
            return False
        joined = f"{joined} {line.strip()}".strip()
        if joined.endswith((":", "\uff1a")):
            return _names_somebody(joined) and bool(_WROTE.match(joined))
    return False


def _names_somebody(line: str) -> bool:
    """Whether a line has a date, a time or an address: "the manual wrote:" is no quote's head."""
    return "@" in line or bool(re.search(r"\d", line)) or bool(re.match(r"\s*On\s", line))


def _is_header(lines: list[str], place: int) -> bool:
    """Whether an Outlook block begins here: From, and Sent or To or Subject below it."""
    if not _HEAD_START.match(lines[place]):
        return False
    below = [line for line in lines[place + 1 : place + 8] if line.strip()][:4]
    return sum(bool(_HEAD.match(line)) for line in below) >= 2  # noqa: PLR2004


def _is_quote(line: str) -> bool:
    return line.lstrip().startswith(">")


def _answers_below(lines: list[str]) -> list[str]:
    """Return what stands below or between quoted lines, for those who answer under the quote."""
    if not any(_is_quote(line) for line in lines):
        return []
    start = next(place for place, line in enumerate(lines) if _is_quote(line))
    return [line for line in lines[start:] if not _is_quote(line)]


def _signature(lines: list[str]) -> int:
    """Return the index at which a signature begins; a first line is never one."""
    before = False
    for place, line in enumerate(lines):
        if before and (_SIGNED.match(line) or _PHONE.match(line[:_LONGEST_LINE])):
            return place
        before = before or bool(line.strip())
    return len(lines)


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Drop the last paragraphs from the first one that is a lawyer's, if words remain."""
    before = False
    for place, line in enumerate(lines):
        if before and _DISCLAIMER.search(line[:2000]):
            return lines[:place]
        before = before or bool(line.strip())
    return lines
