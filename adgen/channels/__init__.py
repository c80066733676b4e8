"""Channel formats as data, and the width of a text in a channel's own units."""

from __future__ import annotations

from adgen.channels.formats import Kind, SlotFormat, channels, slot_format, slot_formats
from adgen.channels.widths import Unit, char_width, width

__all__ = ["Kind", "SlotFormat", "Unit", "channels", "char_width", "slot_format", "slot_formats", "width"]
