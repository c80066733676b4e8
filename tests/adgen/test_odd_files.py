"""Files that can be read and yet not used: damaged ones, texts that no database takes, demands at odds."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook

from adgen.errors import Invalid
from adgen.imports.ads import ads_import
from adgen.imports.briefs import briefs_import
from adgen.imports.tables import read_table
from adgen.models import Brand, Brief, Exemplar


def workbook() -> bytes:
    book = Workbook()
    assert book.active is not None
    for number in range(40):
        book.active.append(["headlines", f"Roasted on Monday {number}"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_damaged_workbook_is_read_or_refused_wherever_the_damage_is() -> None:
    good = workbook()
    refused = 0
    for position in range(0, len(good), 61):
        damaged = bytearray(good)
        damaged[position] ^= 0xFF
        try:
            read_table(bytes(damaged), "ads.xlsx", max_rows=100)
        except Invalid:
            refused += 1
    assert refused > 20


def test_a_workbook_with_unknown_parts_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as good, zipfile.ZipFile(file, "w") as strange:
        for name in good.namelist():
            strange.writestr(name, good.read(name).replace(b"ContentType=", b"Contents="))
    with pytest.raises(Invalid, match="no XLSX workbook"):
        read_table(file.getvalue(), "ads.xlsx", max_rows=100)


def test_a_brief_that_asks_for_what_its_brand_never_says_is_a_fault(brand: Brand) -> None:
    Brand.objects.filter(pk=brand.pk).update(banned_words=["miracle"])
    data = b"brand,product,must_include,x.post\nnordlys,beans,a miracle,1"
    [fault] = briefs_import(data=data, name="briefs.csv", brands=Brand.objects.all(), created_by=None).faults
    assert (fault.row, fault.column) == (2, "must_include")
    assert not Brief.objects.exists()


@pytest.mark.parametrize("column", ["headlines", "product", "audience", "offer", "messages", "keywords"])
def test_no_text_of_a_past_ad_holds_a_control_character(brand: Brand, column: str) -> None:
    cells = {"headlines": "Roasted on Mondays", "product": "beans", column: "a\0b"}
    data = "\n".join([",".join(cells), ",".join(cells.values())]).encode()
    [fault] = ads_import(data=data, name="ads.csv", brand=brand).faults
    assert (fault.row, fault.column) == (2, column)
    assert "control character" in fault.message
    assert not Exemplar.objects.exists()
