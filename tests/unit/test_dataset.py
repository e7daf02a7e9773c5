"""The schema, its builders, and the exact way to disk and back."""

import errno
import os
import subprocess
import sys
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mgtwin import _checksum, _netcdf, dataset
from mgtwin.errors import FileError, InputError, MgtwinWarning


def full_transient() -> xr.Dataset:
    """A transient with every optional variable of the schema, including NaN and inf."""
    n, m = 5, 4
    return dataset.transient(
        time=[0.0, 1.0, 1.0, 2.0, 3.0],
        voltage=[1.0, 2.0, 2.0, np.nan, 4.0],
        current=[1e-6, 1e-6, -1e-6, np.inf, -1e-6],
        cycle=[0, 0, 0, 1, 1],
        step=[0, 0, 1, 1, 1],
        overpotential={"negative": [0.4, 0.5, 0.5, 1, 1], "oxide": [0.6, 1.5, 1.5, 2, 3]},
        electronic_current={"negative": np.zeros(n), "positive": np.full(n, 1e-9)},
        local_potential=np.where(np.arange(n * m).reshape(n, m) % 7 == 0, np.nan, 0.25),
        x=np.linspace(0, 1e-3, m),
        layer=["buffer", "buffer", "oxide", "oxide"],
        half_cycle_capacity=[1e-6, -2e-6],
        state=np.arange(6.0).reshape(2, 3),
        segment_time=[1.0, 3.0],
        state_variable=["E", "E", "η"],
        state_position=[0.0, 0.5, 1.0],
        attrs=dataset.stamp(
            cell="name: test\n", protocol="type: cycling\n", route="mesh", temperature=298.15, area=1e-4,
            sources=["mg3asn2025"], pybamm_version="26.10",
        ),
    )  # fmt: skip


def exactly_equal(a: xr.Dataset, b: xr.Dataset) -> None:
    assert list(a.variables) and set(a.variables) == set(b.variables)
    assert set(a.coords) == set(b.coords)
    for name in a.variables:
        x, y = a.variables[name], b.variables[name]
        assert x.dims == y.dims and x.dtype == y.dtype and x.attrs == y.attrs, name
        # bit by bit, so that NaN, inf and -0.0 count too
        assert x.values.tobytes() == y.values.tobytes(), name
    assert a.attrs == b.attrs
    assert {k: type(v) for k, v in a.attrs.items()} == {k: type(v) for k, v in b.attrs.items()}


def test_every_variable_has_units_and_long_name():
    ds = full_transient()
    assert dataset.problems(ds) == []
    assert all({"units", "long_name"} <= set(v.attrs) for v in ds.variables.values())
    assert ds["overpotential"].sel(element="oxide").values.tolist() == [0.6, 1.5, 1.5, 2, 3]


def test_stamp_says_when_and_with_what():
    attrs = dataset.stamp(warnings=["a", "a", "b"], temperature=300)
    assert attrs["warnings"] == ["a", "b"] and attrs["sources"] == []
    assert attrs["temperature"] == 300.0 and "cell" not in attrs
    assert attrs["created"].startswith("20") and attrs["mgtwin_version"]


def test_add_warning_leaves_the_original_alone():
    ds = full_transient()
    more = dataset.add_warning(ds, "one", "two", "one")
    assert more.attrs["warnings"] == ["one", "two"] and ds.attrs["warnings"] == []
    assert dataset.add_warning(more, "two").attrs["warnings"] == ["one", "two"]


def test_round_trip_of_a_transient_is_exact(tmp_path):
    ds = full_transient()
    back = dataset.open(dataset.save(ds, tmp_path / "run.nc"))
    assert isinstance(back, xr.Dataset)
    exactly_equal(ds, back)
    assert back.attrs["warnings"] == [] and back.attrs["sources"] == ["mg3asn2025"]
    # once more over the same file: an opened result holds no handle and no leftover encoding
    exactly_equal(ds, dataset.open(dataset.save(back, tmp_path / "run.nc")))


def test_round_trip_of_a_spectrum_with_infinite_and_missing_points(tmp_path):
    z = np.array([1 - 1j, complex(np.inf, 0.0), complex(np.nan, -np.inf), complex(-0.0, -0.0)])
    ds = dataset.spectrum([1e6, 1e3, 1.0, 0.1], z, {"amplitude": 0.04})
    back = dataset.open(dataset.save(ds, tmp_path / "eis.nc"))
    assert back["impedance"].dtype == complex
    exactly_equal(ds, back)


def test_on_disk_any_tool_finds_two_real_parts(tmp_path):
    path = dataset.save(dataset.spectrum([1.0, 2.0], [3 - 4j, 5 - 6j]), tmp_path / "eis.nc")
    with xr.open_dataset(path, engine="h5netcdf") as raw:
        assert raw["impedance_real"].values.tolist() == [3, 5]
        assert raw["impedance_imag"].values.tolist() == [-4, -6]
        assert raw["impedance_imag"].attrs["units"] == "ohm"


def test_round_trip_of_awkward_attributes(tmp_path):
    attrs = {
        "empty": "", "one": ["x"], "none": None, "yes": True, "n": 3, "huge": 10**30, "f": 0.1, "nan_list": [np.inf],
        "nested": {"a": [1, {"b": None}]}, "unicode": "σ_ion → Mg²⁺", "zero": "a\0b", "lines": "a: 1\nb: 2\n",
    }  # fmt: skip
    ds = dataset.spectrum([1.0], [1.0], attrs)
    exactly_equal(ds, dataset.open(dataset.save(ds, tmp_path / "a.nc")))


def test_round_trip_keeps_empty_arrays_booleans_and_small_types(tmp_path):
    labels = {"units": "1", "long_name": "test"}
    ds = xr.Dataset(
        {
            "flag": ("k", np.array([True, False, True]), labels),
            "small": ("k", np.array([1, 2, 3], dtype=np.int16), labels),
            "single": ("k", np.array([0.1, np.nan, 3], dtype=np.float32), labels),
            "nothing": ("q", np.zeros(0), labels),
            "c64": ("k", np.array([1j, 2, 3], dtype=np.complex64), labels),
            "scalar": ((), 2.5, labels),
            "days": ("k", np.array([1.0, 2.0, 3.0]), {"units": "days", "long_name": "a unit xarray likes to decode"}),
            "text": (("k",), np.array(["a", "", "β"]), labels),
        }
    )
    exactly_equal(ds, dataset.open(dataset.save(ds, tmp_path / "t.nc")))


def test_large_arrays_are_compressed_without_loss(tmp_path):
    time = np.linspace(0, 1, 60_000)
    ds = dataset.transient(time, np.zeros_like(time), np.sin(time))
    path = dataset.save(ds, tmp_path / "big.nc")
    exactly_equal(ds, dataset.open(path))
    assert path.stat().st_size < 0.8 * ds.nbytes


def test_round_trip_of_a_tree_keeps_order_names_and_nested_nodes(tmp_path):
    eis = dataset.spectrum([1.0], [1 - 1j])
    tree = xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs=dataset.stamp(protocol="x: 1")), "/z_first": full_transient(), "/a_second": eis,
         "/nested/inner": eis}, name="sequence",
    )  # fmt: skip
    back = dataset.open(dataset.save(tree, tmp_path / "tree.nc"))
    assert isinstance(back, xr.DataTree)
    assert list(back.children) == ["z_first", "a_second", "nested"] and back.name == "sequence"
    assert back.attrs == tree.attrs
    exactly_equal(tree["z_first"].to_dataset(), back["z_first"].to_dataset())
    exactly_equal(eis, back["nested/inner"].to_dataset())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.complex_numbers(allow_nan=True, allow_infinity=True), min_size=1, max_size=5),
    warnings=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), unique=True, max_size=3),
)
def test_round_trip_of_anything(tmp_path, values, warnings):
    ds = dataset.spectrum(np.arange(1, len(values) + 1), values, dataset.stamp(warnings=warnings))
    exactly_equal(ds, dataset.open(dataset.save(ds, tmp_path / "any.nc")))


def test_a_failed_save_leaves_the_old_file_and_no_debris(tmp_path, monkeypatch):
    path = dataset.save(dataset.spectrum([1.0], [1.0]), tmp_path / "r.nc")
    before = path.read_bytes()

    def broken(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(FileError, match=r"r\.nc: cannot be written \(0\.0.* MB\): No space left on device\. Make room"):
        dataset.save(dataset.spectrum([2.0], [2.0]), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["r.nc"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes there")
def test_a_full_disk_is_said_and_the_interpreter_lives(tmp_path):
    """HDF5 itself would end in a segmentation fault when it closes a file that has no room."""
    code = (
        "import resource, signal, sys, numpy as np\n"
        "from mgtwin import dataset\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "noise = np.random.default_rng(1).normal(size=60_000)\n"
        "try:\n"
        "    dataset.save(dataset.transient(np.arange(60_000.0), noise, noise), sys.argv[1])\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "r.nc")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "FileError" in done.stdout and "cannot be written" in done.stdout and done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    old, new = tmp_path / ".r.nc.1234.part", tmp_path / ".r.nc.5678.part"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    dataset.save(dataset.spectrum([1.0], [1.0]), tmp_path / "r.nc")
    assert sorted(item.name for item in tmp_path.iterdir()) == [new.name, "r.nc"]


# --- checksums --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A result with a cell and a protocol, a large compressed variable and texts."""
    time = np.linspace(0.0, 1.0, 20_000)
    ds = dataset.transient(
        time, np.sin(9 * time), np.cos(9 * time), attrs=dataset.stamp(cell="name: c\n" * 50, protocol="type: rest")
    )
    return dataset.save(ds, tmp_path_factory.mktemp("saved") / "r.nc")


def test_no_changed_bit_goes_unnoticed(saved, tmp_path):
    whole, rng, path = saved.read_bytes(), np.random.default_rng(7), tmp_path / "r.nc"
    places = [*rng.integers(0, len(whole), 300), *range(0, 96), *range(len(whole) - 96, len(whole))]
    for place in map(int, places):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"is damaged|is incomplete|cannot be read as a netCDF"):
            dataset.open(path)


@pytest.mark.parametrize("size", [1, 512, 4096, 65536])
def test_no_zeroed_block_goes_unnoticed_or_hangs(saved, tmp_path, size):
    whole, path = saved.read_bytes(), tmp_path / "r.nc"
    for start in (*range(0, len(whole), max(len(whole) // 40, size)), len(whole) - size):
        damaged = whole[:start] + bytes(min(size, len(whole) - start)) + whole[start + size :]
        if damaged == whole:
            continue
        path.write_bytes(damaged)
        with pytest.raises(FileError):
            dataset.open(path)


def test_no_cut_or_lengthened_file_goes_unnoticed(saved, tmp_path):
    whole, path = saved.read_bytes(), tmp_path / "r.nc"
    data = _checksum.unseal(whole, "r.nc").data
    for damaged in (whole[:-1], whole[: len(data) + 10], whole + b"\0", data[:-1], data + b"\0", whole[:100]):
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"is damaged at its end|is incomplete"):
            dataset.open(path)


def test_what_is_damaged_is_said(saved, tmp_path):
    whole, path = saved.read_bytes(), tmp_path / "r.nc"
    with h5py.File(saved) as file:
        current = file["current"].id.get_chunk_info(0).byte_offset
    cell = whole.index(b"name: c")
    for place, said in (
        (current + 40, r"is damaged: current is not what was written\. Take it from a copy"),
        (cell, r"is damaged: names, units, texts or attributes \(cell, protocol, warnings\) are not what was written"),
    ):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=said):
            dataset.open(path)


def test_other_tools_open_a_file_with_a_checksum(saved):
    with xr.open_dataset(saved, engine="h5netcdf") as ds:
        assert ds.sizes["time"] == 20_000


def test_a_result_of_version_0_1_0_opens_and_is_said_to_carry_no_checksum(tmp_path):
    with pytest.warns(MgtwinWarning, match=r"result_0_1_0\.nc carries no checksum .*mgtwin\.save writes it with one"):
        ds = dataset.open(Path(__file__).parent / "files" / "result_0_1_0.nc")
    assert ds.attrs["mgtwin_version"] == "0.1.0" and dataset.problems(ds) == []
    assert complex(ds["impedance"][-1]) == pytest.approx(7188.01387518 - 146.53485494j)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exactly_equal(dataset.open(dataset.save(ds, tmp_path / "again.nc")), ds)


def test_damage_of_a_result_of_version_0_1_0_that_keeps_hdf5_busy_is_refused(tmp_path, monkeypatch):
    """Nothing says what was written, and HDF5 never comes back from this block: another process reads it first."""
    whole = (Path(__file__).parent / "files" / "result_0_1_0.nc").read_bytes()
    path = tmp_path / "damaged.nc"
    path.write_bytes(whole[:2816] + bytes(64) + whole[2816 + 64 :])
    monkeypatch.setattr(_netcdf, "_PATIENCE", 3.0)
    with pytest.raises(FileError, match="is damaged: reading it does not come to an end"):
        dataset.open(path)


def test_saving_does_not_change_the_dataset(tmp_path):
    ds = full_transient()
    attrs, copy = dict(ds.attrs), ds.copy(deep=True)
    dataset.save(ds, tmp_path / "r.nc")
    assert ds.attrs == attrs
    exactly_equal(ds, copy)


def test_foreign_and_broken_files_are_refused_with_the_remedy(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        dataset.open(tmp_path / "absent.nc")
    with pytest.raises(FileError, match="is a folder"):
        dataset.open(tmp_path)
    text = tmp_path / "data.nc"
    text.write_text("freq,re,im\n1,2,3\n")
    with pytest.raises(FileError, match=r"cannot be read as a netCDF(.|\n)*mgtwin\.read"):
        dataset.open(text)
    foreign = tmp_path / "foreign.nc"
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(foreign, engine="h5netcdf")
    with pytest.raises(FileError, match=r"mgtwin did not write it(.|\n)*dataset\.spectrum"):
        dataset.open(foreign)
    newer = tmp_path / "newer.nc"
    xr.Dataset(attrs={"mgtwin_format": _netcdf.FORMAT + 1}).to_netcdf(newer, engine="h5netcdf")
    with pytest.raises(FileError, match="newer mgtwin"):
        dataset.open(newer)
    cut = tmp_path / "cut.nc"
    cut.write_bytes(dataset.save(full_transient(), tmp_path / "whole.nc").read_bytes()[:3000])
    with pytest.raises(FileError, match="is incomplete: it has 3000 bytes"):
        dataset.open(cut)


def test_save_refuses_what_it_cannot_keep(tmp_path):
    ds = dataset.spectrum([1.0], [1.0])
    with pytest.raises(InputError, match=r"attribute 'model' of the Dataset: object"):
        dataset.save(ds.assign_attrs(model=object()), tmp_path / "r.nc")
    labels = {"units": "1", "long_name": "when"}
    with pytest.raises(InputError, match="store times as seconds"):
        dataset.save(xr.Dataset({"when": ("k", np.array(["2025-01-01"], "M8[ns]"), labels)}), tmp_path / "r.nc")
    with pytest.raises(InputError, match="Python objects"):
        dataset.save(xr.Dataset({"o": ("k", np.array([None], dtype=object), labels)}), tmp_path / "r.nc")
    with pytest.raises(InputError, match=r"folder .* does not exist"):
        dataset.save(ds, tmp_path / "absent" / "r.nc")
    with pytest.raises(InputError, match="must be free"):
        dataset.save(ds.assign(impedance_real=("frequency", [1.0], labels)), tmp_path / "r.nc")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ds: ds.assign(extra=("time", np.ones(5))), "extra: attribute units and long_name is missing"),
        (lambda ds: ds.assign(voltage=ds["voltage"].assign_attrs(units="mV")), "unit is 'mV', the schema asks for 'V'"),
        (lambda ds: ds.assign(voltage=ds["voltage"].isel(time=0, drop=True)), "voltage: dimensions are ()"),
        (lambda ds: ds.assign(overpotential=ds["overpotential"] * 1.01), "overpotential: "),
        (lambda ds: ds.assign_attrs(warnings="careful"), "'warnings': must be a list of text"),
        (lambda ds: ds.assign_attrs(cell={"name": "x"}), "'cell': must be text"),
    ],
)
def test_check_says_what_is_wrong(change, message):
    with pytest.raises(InputError) as caught:
        dataset.check(change(full_transient()))
    assert message in str(caught.value)


def test_check_lets_a_sweep_add_dimensions():
    parts = [full_transient()[["voltage", "current"]] for _ in range(2)]
    path = xr.DataArray(
        [1e-3, 2e-3], dims="layers.oxide.thickness", name="layers.oxide.thickness",
        attrs={"units": "m", "long_name": "thickness of oxide"},
    )  # fmt: skip
    assert dataset.problems(xr.concat(parts, path)) == []


def test_contributions_must_sum_to_the_voltage():
    with pytest.raises(InputError, match=r"sum to the voltage only within 0\.5 V"):
        dataset.transient([0, 1], [1.0, 1.0], [0, 0], overpotential={"a": [0.5, 1.0]})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: dataset.spectrum([1.0, 0.0], [1, 1]), "0 Hz is not allowed"),
        (lambda: dataset.spectrum([1.0, np.nan], [1, 1]), "nan Hz is not allowed"),
        (lambda: dataset.spectrum([1.0, 2.0], [1]), "must have the same length"),
        (lambda: dataset.spectrum([[1.0]], [1]), "expected dimensions"),
        (lambda: dataset.spectrum(["a"], [1]), "frequency: expected an array of float"),
        (lambda: dataset.transient([0, 2, 1], [0, 0, 0], [0, 0, 0]), "goes back from 2 s to 1 s at sample 2"),
        (lambda: dataset.transient([0, np.nan], [0, 0], [0, 0]), "needs a finite time"),
        (lambda: dataset.attributes("curent"), "Did you mean 'current'"),
    ],
)
def test_builders_refuse_bad_input(build, message):
    with pytest.raises(InputError) as caught:
        build()
    assert message in str(caught.value)


def test_importing_the_module_does_not_import_xarray():
    import subprocess
    import sys

    code = "import sys, mgtwin.dataset; sys.exit('xarray' in sys.modules or 'h5netcdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
