"""`import mgtwin`: its names, and what it does not load until it is needed (checked in new processes)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mgtwin

HEAVY = ("pybamm", "casadi", "scipy", "xarray", "pint", "matplotlib")


def fresh(code: str, **environment: str) -> str:
    """What code prints in a new interpreter that knows mgtwin and nothing of this one."""
    known = {key: text for key, text in os.environ.items() if key not in ("PYBAMM_DISABLE_TELEMETRY", "MGTWIN_PATH")}
    known["PYTHONPATH"] = str(Path(mgtwin.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], env=known | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def loaded(code: str) -> set[str]:
    """Which heavy packages are in sys.modules after some code."""
    report = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    return set(fresh(f"{code}\n{report}").split())


# -- names ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", mgtwin.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(mgtwin, name) is not None


def test_the_names_that_the_issue_promises_are_there() -> None:
    assert set(mgtwin.__all__) >= {
        *("Cell", "Layer", "Ion", "IonConductor", "MixedConductor", "DefectElectrons", "GrainBoundary"),
        *("Blocking", "Plating", "Junction", "Capacitor"),
        *("Constant", "Arrhenius", "ArrheniusT", "VogelFulcher", "Table"),
        *("EIS", "Polarization", "Voltammetry", "Galvanostatic", "Cycling", "Rest", "Replay", "Sequence"),
        *("cell", "simulate", "StackModel", "save", "open", "analysis", "plot", "impedance", "__version__"),
    }


def test_all_is_sorted_has_no_doubles_and_is_what_dir_says() -> None:
    assert mgtwin.__all__ == sorted(set(mgtwin.__all__)) == dir(mgtwin)


def test_the_stub_is_what_the_registry_says() -> None:
    """Its maker runs in a process of its own: kinds that tests declared are none of the package's."""
    maker = Path(__file__).parents[2] / "docs" / "make_stub.py"
    code = f"import runpy; made = runpy.run_path({str(maker)!r}); print(made['stub']() == made['STUB'].read_text())"
    assert fresh(code) == "True"


def test_names_are_the_same_object_each_time() -> None:
    assert mgtwin.Cell is mgtwin.Cell and mgtwin.Cell.__module__.startswith("mgtwin.")


def test_a_star_import_works() -> None:
    assert fresh("from mgtwin import *; print(Cell.__name__, simulate.__name__)") == "Cell simulate"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("simulat", "simulate"),
        ("Galvanostat", "Galvanostatic"),
        ("StackModell", "StackModel"),
        ("polarization", "Polar"),
    ],
)
def test_a_mistyped_name_gets_a_suggestion(typed: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"mgtwin has no attribute '{typed}'.*Did you mean .*{meant}"):
        getattr(mgtwin, typed)


def test_an_absurd_name_gets_a_plain_error() -> None:
    with pytest.raises(AttributeError, match="mgtwin has no attribute 'qqqqqqqqqq'"):
        mgtwin.qqqqqqqqqq  # noqa: B018


def test_the_version_is_that_of_the_package() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{mgtwin.__version__}"' in text


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(mgtwin.__file__).parent / "py.typed").is_file()


# -- imports --------------------------------------------------------------------------------------------------------
def test_importing_loads_nothing_heavy() -> None:
    assert loaded("import mgtwin") == set()


def test_nouns_and_protocols_load_nothing_heavy() -> None:
    """SI numbers need no unit parser either."""
    code = """
import mgtwin as mt
cell = mt.Cell("c", mt.Blocking(0.1), [mt.Layer("a", mt.IonConductor(0.05), 1e-4)], mt.Plating(5.0))
mt.Galvanostatic(1e-6, 10.0), mt.EIS(1e6, 0.1), mt.Cycling(1e-6, 60.0, 2)
"""
    assert loaded(code) == set()


def test_naming_the_reader_loads_nothing_heavy() -> None:
    """Nor does a file that is refused before its numbers are looked at."""
    assert loaded("import mgtwin as mt; mt.read; mt.Column('a')") == set()


def test_listing_loads_nothing_heavy() -> None:
    assert loaded("import mgtwin as mt; mt.list_cells(); mt.list_overlays(); mt.list_experiments()") == set()


def test_exact_impedance_does_not_pay_for_pybamm() -> None:
    """Also through `simulate`: a spectrum at rest never imports PyBaMM, which takes two seconds."""
    code = "import mgtwin as mt; mt.simulate(mt.cell('trilayer'), mt.EIS(1e6, 0.1, points=5))"
    assert loaded(code) & {"pybamm", "casadi", "matplotlib"} == set()


def test_a_spectrum_under_bias_does() -> None:
    """The check above would notice: here PyBaMM is needed and loaded."""
    code = "import mgtwin as mt; mt.simulate(mt.cell('mg_polymer_mg'), mt.EIS.at([1.0], bias=mt.Voltage(0.01)))"
    assert {"pybamm", "casadi"} <= loaded(code)


# -- telemetry ------------------------------------------------------------------------------------------------------
def test_telemetry_of_pybamm_is_switched_off() -> None:
    assert fresh("import mgtwin, os; print(os.environ['PYBAMM_DISABLE_TELEMETRY'])") == "true"


def test_a_user_s_own_choice_on_telemetry_stays() -> None:
    code = "import mgtwin, os; print(os.environ['PYBAMM_DISABLE_TELEMETRY'])"
    assert fresh(code, PYBAMM_DISABLE_TELEMETRY="false") == "false"


def test_spectra_need_numpy_pydantic_and_yaml_alone() -> None:
    """What a page that computes in the browser would have to bring (docs/install.md): nothing else can be imported."""
    blocked = """
import sys
ALLOWED = {"mgtwin", "numpy", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection",
           "yaml", "_yaml", *sys.stdlib_module_names}
class Only:
    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        if first not in ALLOWED and not first.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"{name} is not there", name=name)
sys.meta_path.insert(0, Only())
import mgtwin as mt
plating = mt.Plating(exchange_current_density="1 mA/cm^2")
layer = mt.Layer("separator", mt.IonConductor(ionic_conductivity="1 mS/cm"), thickness="1 mm")
cell = mt.Cell(name="r", negative=plating, layers=[layer], positive=plating, temperature="25 degC", area="1 cm^2")
print(mt.impedance.exact(cell, [1.0])[0].real, abs(mt.impedance.exact(mt.cell("trilayer"), [1.0])[0]) > 0)
"""
    resistance, shipped = fresh(blocked).split()
    # sigma L and two charge transfers RT/zF i0 [ohm] over 1 cm2
    assert float(resistance) == pytest.approx(100 + 2 * 8.314462618 * 298.15 / (2 * 96485.33212 * 1e-3), rel=1e-9)
    assert shipped == "True"
