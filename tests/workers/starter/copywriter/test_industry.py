"""A brief's trade, and goods or a service, by the meaning of its words; unknown rather than wrong."""

from __future__ import annotations

import pytest

from workers.starter.copywriter.industry import sold


@pytest.mark.parametrize(
    ("product", "others", "trade", "goods"),
    [
        ("bass guitar strings", ("stays bright for months",), "hobbies", True),
        ("hospital radio volunteers", ("one evening a week",), "", False),
        ("scissor lift hire", ("site managers",), "trade_supplies", False),
        ("shelving for warehouses", ("bolts together in an hour",), "trade_supplies", True),
        ("minute taking for boards", ("typed up the next day",), "", False),
        ("cello lessons", ("we lend you a cello",), "", False),
        ("pumpkin pies by post", ("baked on Fridays",), "food", True),
    ],
)
def test_trade_and_kind_of_a_product_that_no_list_names(
    product: str, others: tuple[str, ...], trade: str, goods: bool
) -> None:
    found = sold(product, others)
    assert found.trade == trade
    assert found.goods is goods


@pytest.mark.parametrize("product", ["quokka", "zzyx", "things"])
def test_what_is_like_no_listed_product_has_no_trade(product: str) -> None:
    assert sold(product, ()).trade == ""
