"""`manage.py bias_audit` and `bias_screen`: JSON on stdout, a page, and refusals that change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Never

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from adgen.models import AdapterStatus, Brand, Brief
from tests.factories import AdapterFactory, BriefFactory
from tests.workers.bias.stand_ins import OFFERED, PartialEngine, minding_screener
from workers import runtime
from workers.bias.audit import audiences

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> PartialEngine:
    """The engine of this process, which favours women; the screen minds the word blind."""
    settings.ADGEN_VAR_DIR = tmp_path / "var"
    engine = PartialEngine("women")
    monkeypatch.setattr(runtime, "engine", lambda: engine)
    monkeypatch.setattr(runtime, "screener", lambda: minding_screener({"blind": 0.9})[0])
    monkeypatch.setattr(runtime, "adapter_folder", lambda digest: Path(digest))
    few = audiences()[:4]
    monkeypatch.setattr("workers.bias.audit.audiences", lambda: few)
    return engine


@pytest.fixture
def brief_file(tmp_path: Path) -> Path:
    path = tmp_path / "brief.json"
    path.write_text(
        json.dumps(
            {
                "brand": {"name": "Nordlys Coffee"},
                "product": OFFERED.product,
                "offer": OFFERED.offer,
                "slots": dict(OFFERED.slots),
            }
        )
    )
    return path


def audit(**options: object) -> dict[str, Any]:
    out = StringIO()
    call_command("bias_audit", stdout=out, stderr=StringIO(), **{"brand": "nordlys", "lines": 10} | options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def refusal(**options: object) -> str:
    """What the command refuses with, having written and kept nothing."""
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("bias_audit", stdout=out, **{"brand": "nordlys", "lines": 10} | options)
    assert out.getvalue() == ""
    return str(error.value)


def test_an_audit_is_printed_shown_and_kept_and_the_next_one_compared_with_it(
    engine: PartialEngine, brand: Brand, brief_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    adapter = AdapterFactory.create(brand=brand, status=AdapterStatus.CHAMPION)
    found = audit(brief=brief_file, out=tmp_path / "out")
    assert (found["control"], found["adapter"], found["lines"]) == ("customers", adapter.digest, 10)
    assert all(one["lines"] == 10 for one in found["audiences"])
    assert engine.adapters == [Path(adapter.digest)]
    assert "40/40" in capfd.readouterr().err
    assert "Bias audit: Nordlys Coffee" in (tmp_path / "out" / "index.html").read_text()
    (kept,) = (tmp_path / "var" / "bias" / "nordlys").glob("*.json")
    assert json.loads(kept.read_text()) == found

    again = audit(brief=brief_file, seed=1)
    assert again["compared_with"] == found["date"]
    assert "seed: 1, before 0" in again["changes"]
    assert (tmp_path / "var" / "bias" / "nordlys" / "index.html").is_file()


def test_ctrl_c_leaves_nothing_behind(
    engine: PartialEngine, brand: Brand, brief_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*args: object, **options: object) -> Never:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "sample", interrupted)
    with pytest.raises(KeyboardInterrupt):
        audit(brief=brief_file)
    assert not (tmp_path / "var").exists()


def test_without_a_file_the_brands_newest_brief_is_audited(engine: PartialEngine, brief: Brief) -> None:
    newest = BriefFactory.create(brand=brief.brand, product="cold brew", slots={"meta.primary_text": 5})
    assert audit()["brief"]["product"] == newest.product


@pytest.mark.parametrize("lines", [0, 9, 501])
def test_the_lines_have_limits(engine: PartialEngine, brand: Brand, brief_file: Path, lines: int) -> None:
    assert "10 to 500" in refusal(brief=brief_file, lines=lines)


def test_what_cannot_be_audited_is_refused_before_anything_is_written(
    engine: PartialEngine, brand: Brand, brief_file: Path, tmp_path: Path
) -> None:
    assert "Known: nordlys" in refusal(brand="nobody", brief=brief_file)
    assert "has no brief yet" in refusal()
    other = tmp_path / "other.json"
    other.write_text(brief_file.read_text().replace("Nordlys Coffee", "Fjell Boots"))
    assert "a brief of Fjell Boots, not of Nordlys Coffee" in refusal(brief=other)
    other.write_text("{}")
    assert "brand.name" in refusal(brief=other)
    other.write_text(json.dumps(json.loads(brief_file.read_text()) | {"must_include": ["points"]}))
    Brand.objects.update(banned_words=["points"])
    assert "must_include" in refusal(brief=other)
    Brand.objects.update(language="de", banned_words=[])
    assert "writes 'de'" in refusal(brief=brief_file)
    assert engine.adapters == []
    assert not (tmp_path / "var").exists()


def test_a_broken_file_among_the_kept_ones_is_named_before_the_work_begins(
    engine: PartialEngine, brand: Brand, brief_file: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "var" / "bias" / "nordlys" / "1.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{")
    assert f"{kept} is no report" in refusal(brief=brief_file)
    assert engine.adapters == []


def screened(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("bias_screen", *arguments, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_screen_that_minds_a_group_shows_in_the_figures(engine: PartialEngine, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("Music for blind guests\nMusic for deaf guests\nA women's choir\nMusic\n")
    figures = screened(str(path))[str(path)]
    assert (figures["lines"], figures["naming_a_group"]) == (4, 3)
    assert (figures["flipped"], figures["marked_for_some"], figures["found"]) == (2 / 3, 2 / 3, 1 / 3)
    assert figures["spread"]["identity_attack"]["max"] == pytest.approx(0.85)
    assert figures["worst"][-1] == {"text": "A women's choir", "identity_attack": 0.0}


def test_lines_without_groups_have_no_figures(engine: PartialEngine, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("Music\n")
    figures = screened(str(path))[str(path)]
    assert (figures["flipped"], figures["spread"]["identity_attack"], figures["worst"]) == (None, None, [])


def test_our_own_lists_name_groups_and_are_no_training_lines(engine: PartialEngine) -> None:
    figures = screened()
    assert figures["benign"]["naming_a_group"] > 80
    assert figures["hostile"]["naming_a_group"] > 60


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("bias_screen", str(tmp_path / "none.txt"))
