"""The ad around a line, put together as the line's channel would put it together.

A platform combines the lines of an ad by itself, so a line has to stand beside any other. A preview therefore
shows several combinations of it with lines of the same batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings

from adgen.channels import SlotFormat, slot_formats
from adgen.models import Brief, Variant, VariantState

_COMBINATIONS = 3
# Of a display path a search ad shows two parts of at most so many characters.
_PATHS, _PATH = 2, 15
# Only what may still run is worth standing beside.
_MAY_RUN = (VariantState.PENDING, VariantState.CLEARED, VariantState.APPROVED)


@dataclass(frozen=True)
class Place:
    """A place in an ad: the slots that fill it, the usual one first, and how many lines stand there."""

    slots: tuple[str, ...] = ()
    lines: int = 1


@dataclass(frozen=True)
class Layout:
    """How a channel's ads look: a template with at most three places for text."""

    template: str
    title: Place = Place()
    text: Place = Place()
    note: Place = Place()


@dataclass(frozen=True)
class Line:
    """A line in its place. `visible` is how many characters the channel shows before it cuts; None: all."""

    text: str
    visible: int | None
    is_focus: bool = False

    @property
    def shown(self) -> str:
        return self.text[: self.visible].rstrip() if self.is_cut else self.text

    @property
    def is_cut(self) -> bool:
        return self.visible is not None and len(self.text) > self.visible


@dataclass(frozen=True)
class Ad:
    """One combination; a place without a line stays empty."""

    title: tuple[Line, ...]
    text: tuple[Line, ...]
    note: tuple[Line, ...]


@dataclass(frozen=True)
class Preview:
    """The ads that may come of one line. `host` and `path` are those of the brief's page, if it names one."""

    template: str
    slot: SlotFormat
    brand: str
    language: str
    ads: tuple[Ad, ...]
    host: str = ""
    path: tuple[str, ...] = ()

    @property
    def direction(self) -> str:
        """Which way the ad runs, as HTML names it."""
        return "rtl" if self.language.split("-")[0] in settings.LANGUAGES_BIDI else "ltr"

    @property
    def initial(self) -> str:
        return self.brand[:1].upper()

    @property
    def handle(self) -> str:
        return "".join(filter(str.isalnum, self.brand))


_HEADLINES = Place(("headline", "short_headline", "long_headline"))
_DESCRIPTIONS = Place(("description", "short_description"))
_SEARCH = Layout("search", title=Place(("headline",), 3), text=Place(("description",), 2))
_DISPLAY = Layout("display", title=_HEADLINES, text=_DESCRIPTIONS)
_LAYOUTS: Mapping[str, Layout] = {
    "google_rsa": _SEARCH,
    "google_pmax": _DISPLAY,
    "google_display": _DISPLAY,
    "microsoft_rsa": _SEARCH,
    "meta": Layout(
        "meta", title=Place(("headline",)), text=Place(("primary_text",)), note=Place(("description",))
    ),
    "meta_reels": Layout("video", text=Place(("primary_text",))),
    "linkedin": Layout(
        "linkedin", title=Place(("headline",)), text=Place(("intro",)), note=Place(("description",))
    ),
    "tiktok": Layout("video", text=Place(("text",))),
    "x": Layout("x", title=Place(("card_title",)), text=Place(("post",))),
    "amazon_sb": Layout("amazon", title=Place(("headline",))),
    "pinterest": Layout("pinterest", title=Place(("title",)), text=Place(("description",))),
    "reddit": Layout("reddit", title=Place(("title",))),
    "chatgpt": Layout("chatgpt", title=Place(("title",)), text=Place(("text",))),
    "email": Layout("email", title=Place(("subject",)), text=Place(("preheader",))),
}


def layout_of(channel: str) -> Layout:
    """The layout of a channel's key; one without its own is shown like a display ad."""
    if channel in _LAYOUTS:
        return _LAYOUTS[channel]
    own = [form for form in slot_formats().values() if form.slot.split(".")[0] == channel]
    return Layout(
        "display",
        title=Place(tuple(_name(form.slot) for form in own if form.kind == "headline")),
        text=Place(tuple(_name(form.slot) for form in own if form.kind == "description")),
    )


def slots_beside(slot: str) -> list[str]:
    """The keys of the slots that an ad with `slot` is made of, its own among them."""
    channel = slot.split(".")[0]
    return [key for key in slot_formats() if key.split(".")[0] == channel]


def preview_of(variant: Variant, slot: SlotFormat, brief: Brief, others: Sequence[Variant]) -> Preview:
    """The preview of `variant` among `others`, lines of its batch, the best first; without any query."""
    channel, name = slot.slot.split(".")
    layout = layout_of(channel)
    beside: dict[str, list[Line]] = {}
    for other in others:
        if other.state in _MAY_RUN:
            beside.setdefault(_name(other.slot), []).append(Line(other.text, _visible(other.slot)))
    focus = Line(variant.text, _visible(slot.slot), is_focus=True)

    def lines(place: Place, turn: int) -> tuple[Line, ...]:
        if name in place.slots:
            return _around(focus, beside.get(name, []), place.lines, turn)
        fill = next((beside[usual] for usual in place.slots if usual in beside), [])
        return _some(fill, place.lines, turn)

    ads = [
        Ad(lines(layout.title, turn), lines(layout.text, turn), lines(layout.note, turn))
        for turn in range(_COMBINATIONS)
    ]
    host, path = _address(brief.url)
    return Preview(
        template=f"review/previews/{layout.template}.html",
        slot=slot,
        brand=variant.brand.name,
        language=variant.brand.language,
        ads=tuple(dict.fromkeys(ads)),
        host=host,
        path=path,
    )


def _around(focus: Line, others: Sequence[Line], most: int, turn: int) -> tuple[Line, ...]:
    """The line in focus among others, in another position each turn."""
    chosen = list(_some(others, most - 1, turn))
    chosen.insert(turn % (len(chosen) + 1), focus)
    return tuple(chosen)


def _some(lines: Sequence[Line], most: int, turn: int) -> tuple[Line, ...]:
    """Up to `most` of the lines; each turn goes on where the last one stopped."""
    count = min(most, len(lines))
    return tuple(lines[(turn * count + place) % len(lines)] for place in range(count))


def _visible(slot: str) -> int | None:
    """A platform that does not refuse long text cuts it at the slot's limit."""
    form = slot_formats()[slot]
    return None if form.hard else form.limit


def _name(slot: str) -> str:
    return slot.split(".")[1]


def _address(url: str) -> tuple[str, tuple[str, ...]]:
    """Host and display path of a page: the path is the advertiser's to choose, its own parts come nearest."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    return (parts.hostname or "").removeprefix("www."), tuple(part[:_PATH] for part in segments[:_PATHS])
