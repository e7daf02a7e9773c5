"""What describes a twin: files with positions, templates that can be read, settings that come back."""

from __future__ import annotations

from pathlib import Path

import pytest

import mgtwin as mt
from mgtwin.errors import FileError
from mgtwin.twin.settings import Settings, load_twin, template
from mgtwin.twin.store import MemoryStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "twin.yaml").write_text(template("trilayer"))
    return tmp_path / "twin.yaml"


def test_a_template_is_a_twin_of_every_way_in_which_the_cell_can_age(file: Path) -> None:
    told = load_twin(file)
    assert set(told.explanations) == {"contact_loss", "film_growth", "contact_and_film"}
    assert told.explanations["film_growth"].identical(mt.cell("trilayer", "film_growth"))
    assert told.store == file.parent / "trilayer.twin"
    assert told.reading.moments == mt.ByCycle("loop_{}.")
    drifting = {key for key, what in told.free.items() if what.single is not what}
    assert drifting == {"*.ageing.film_growth.charge_rate", "interfaces.*.ageing.fatigue_contact_loss.rate"}


def test_a_cell_that_nothing_ages_has_no_twin() -> None:
    with pytest.raises(mt.InputError, match="no law of ageing is in it"):
        template("au_mofsse_au")


def test_settings_come_back_from_their_yaml(file: Path) -> None:
    told = load_twin(file)
    settings = Settings(told.explanations, told.free, told.use, label="cell 7")
    again = Settings.from_yaml(settings.to_yaml())
    assert again == settings
    assert all(again.explanations[name].identical(cell) for name, cell in told.explanations.items())
    assert again.to_yaml() == settings.to_yaml()


def test_a_cell_alone_is_one_explanation(tmp_path: Path) -> None:
    mt.cell("trilayer", "film_growth").save(tmp_path / "cell7.yaml")
    (tmp_path / "twin.yaml").write_text("cell: cell7.yaml\nfree: {temperature: {log: false}}\n")
    told = load_twin(tmp_path / "twin.yaml")
    assert list(told.explanations) == ["as given"]
    (tmp_path / "twin.yaml").write_text(template(str(tmp_path / "cell7.yaml")))
    assert list(load_twin(tmp_path / "twin.yaml").explanations) == ["as given"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("[film_growth]", "[film_growht]", r":6:\d+: explanations\.film_growth: .*Did you mean 'film_growth'"),
        ("std: 5 %", "sdt: 5 %", r"sdt: is not a known key here\. Did you mean 'std'"),
        ("cell: trilayer\n", "", r":2:\d+: overlays of which cell\?"),
        ("by_cycle", "by_cykle", r"type 'by_cykle' is not .*Did you mean 'by_cycle'"),
        ("-10 uA", "-10 um", "use.*um"),
    ],
)
def test_what_is_wrong_in_a_file_is_shown_where_it_is(file: Path, right: str, wrong: str, said: str) -> None:
    text = file.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong, 1))
    with pytest.raises(FileError, match=said):
        load_twin(file)


def test_several_paths_that_are_one_number_reopen() -> None:
    """A tuple of paths is one key, also from the store."""
    both = ("negative.ageing.film_growth.charge_rate", "positive.ageing.film_growth.charge_rate")
    store = MemoryStore()
    use = mt.Cycling("-10 uA", "1 h", cycles=1)
    twin = mt.Twin(mt.cell("trilayer", "film_growth"), {both: mt.Drifting("5 %")}, use=use, store=store)
    twin.update(mt.simulate(mt.cell("trilayer"), mt.EIS(1e6, 0.1)), at=mt.Moment(cycle=0), noise="0.5 %")
    again = mt.Twin.open(store)
    assert dict(again.free) == {both: mt.Drifting("5 %")}
    assert again.lives["as given"].coordinates.names == twin.lives["as given"].coordinates.names
