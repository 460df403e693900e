"""A letter as a PDF of one or more A4 pages. The same content always gives the same bytes.

DejaVu Sans is embedded (see fonts/LICENSE.txt): Latin with every accent, Greek, Cyrillic, Hebrew and Arabic, whose
letters are joined and set from right to left by HarfBuzz. What the font cannot draw shows as an empty box, never as
another letter.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from babel.dates import format_date, format_datetime

from records import clock, phones
from records.texts import Translator, translator
from triage.letters import Content
from triage.models import DispositionKind
from webapp.clinic import letter_words

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).parent / "fonts"
MARGIN, SIZE, LEADING = 22, 10.5, 5.6


def paper(content: Content) -> bytes:
    t = translator(content.language)
    pdf = blank(content)
    _head(pdf, content, t)
    for heading, lines in _parts(content, t):
        _part(pdf, heading, lines)
    _foot(pdf, content, t)
    text = bytes(pdf.output())
    close(pdf)
    return text


def _with_fonts() -> FPDF:
    # Brings numpy and Pillow along: a second of every start, and memory of every process, for who prints no letter.
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.add_font("DejaVu", "", str(FONTS / "DejaVuSans.ttf"))
    pdf.add_font("DejaVu", "B", str(FONTS / "DejaVuSans-Bold.ttf"))
    return pdf


def close(pdf: FPDF) -> None:
    """The library leaves the files of its fonts open."""
    for font in pdf.fonts.values():
        font.ttfont.close()


def blank(content: Content) -> FPDF:
    """A first page, with its fonts and its hour."""
    pdf = _with_fonts()
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_auto_page_break(auto=True, margin=MARGIN)
    pdf.set_creation_date(datetime.fromisoformat(content.written_at))
    pdf.set_lang(content.language)
    pdf.set_title(translator(content.language).gettext("Letter to the general practitioner"))
    pdf.add_page()
    pdf.set_text_shaping(use_shaping_engine=True)
    return pdf


def _line(pdf: FPDF, text: str, *, bold: bool = False, size: float = SIZE, after: float = 0) -> None:
    pdf.set_font("DejaVu", "B" if bold else "", size)
    pdf.multi_cell(0, LEADING * size / SIZE, text, align="L", new_x="LMARGIN", new_y="NEXT")
    if after:
        pdf.ln(after)


def _head(pdf: FPDF, content: Content, t: Translator) -> None:
    _line(pdf, content.programme, bold=True, size=14)
    _line(pdf, content.team)
    _line(pdf, t.gettext("Telephone: %(phone)s", phone=phones.national(content.phone)), after=4)
    if content.gp:
        _line(pdf, t.gettext("To: %(name)s", name=content.gp))
    _line(pdf, _moment(content.written_at, content), after=4)
    _line(pdf, t.gettext("About your patient"), bold=True)
    _line(pdf, content.patient, bold=True, size=13)
    born = format_date(date.fromisoformat(content.birth_date), "long", locale=content.language)
    _line(pdf, t.gettext("Born on %(day)s", day=born), after=4)
    _line(pdf, t.gettext("Dear colleague,"), after=1)
    _line(
        pdf,
        t.gettext("Your patient is followed at home by questionnaires. We called because of what follows."),
        after=3,
    )


def _parts(content: Content, t: Translator) -> list[tuple[str, list[str]]]:
    parts = [(t.gettext("Why we called"), [f"– {sentence}" for sentence in content.reasons])]
    parts.append((t.gettext("Last values"), [f"{name} – {value}" for name, value in content.values]))
    what = [letter_words.DECIDED[DispositionKind(content.decided)].text(t)]
    if content.called_at:
        what.append(t.gettext("The ambulance was called on %(when)s.", when=_moment(content.called_at, content)))
    parts.append((t.gettext("What was decided on %(when)s", when=_moment(content.decided_at, content)), what))
    parts.append((t.gettext("In our own words"), [content.words] if content.words else []))
    return [(heading, lines) for heading, lines in parts if lines]


def _part(pdf: FPDF, heading: str, lines: list[str]) -> None:
    _line(pdf, heading, bold=True, after=0.5)
    for line in lines:
        _line(pdf, line)
    pdf.ln(3)


def _foot(pdf: FPDF, content: Content, t: Translator) -> None:
    pdf.ln(4)
    _line(pdf, content.by, bold=True)
    _line(pdf, content.team)
    phone = phones.national(content.phone)
    _line(pdf, t.gettext("Any question? Call the centre: %(phone)s.", phone=phone))


def _moment(iso: str, content: Content) -> str:
    at = clock.local(datetime.fromisoformat(iso), content.zone)
    return format_datetime(at, "d MMMM y, HH:mm", locale=content.language)


def missing(text: str) -> set[str]:
    """Letters of `text` that the embedded font cannot draw."""
    pdf = _with_fonts()
    drawn = set(pdf.fonts["dejavu"].cmap)
    close(pdf)
    return {letter for letter in text if ord(letter) not in drawn and not letter.isspace()}
