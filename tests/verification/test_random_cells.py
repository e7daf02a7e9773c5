"""300 random valid cells over the whole vocabulary: every route that can answer gives the same answer, soon.

Exact impedance, that of the mesh, the resistance to direct current, the steady state of the nonlinear equations under a
voltage far below RT/zF, and the end of a run in time under the same voltage. What one route refuses for the cell itself
all of them refuse. A cell that is written and read is the same cell.
"""

from __future__ import annotations

import math
import time
import typing
import warnings
from collections import Counter
from functools import cache

import numpy as np
import pytest
from numpy.typing import ArrayLike

import mgtwin as mt
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.impedance.steady import SteadyState
from mgtwin.kinds.memories import Store
from mgtwin.simulation.resolving import slices_error
from mgtwin.unions import OneOf
from tests.verification.random_cells import Draw, nouns_in, own_kinds

SEED, CELLS, FAST = 20261126, 300, 40
FREQUENCIES = np.geomspace(1e4, 1e-3, 15)
#: The mesh is right within 2e-4 (docs/theory.md §7); a wrong equation is off by more than this.
AGREE = 1e-3
#: [V]: 4e-4 of RT/zF. The next term of the current, (1 - 2 alpha) zF V/2RT of it, is smaller than `AGREE`.
SMALL = 1e-5
#: Seconds of the processor for one cell and all routes.
LONGEST = 60.0
#: [s]: longer than anything that a cell of these sizes does, L^2 C/sigma = 1e11 s; and when the first output is.
FOR_EVER, FIRST = 1e13, 100.0

every_cell = pytest.mark.parametrize(
    "number", [pytest.param(k, marks=[pytest.mark.slow] * (k >= FAST)) for k in range(CELLS)]
)


@cache
def valid(number: int) -> tuple[mt.Cell, LinearisedStack]:
    """The first cell of a number that the routes take, and its mesh; refusals are compared on the way."""
    for attempt in range(60):
        cell = Draw(SEED, number, attempt).cell()
        refused = []
        if not any(layer.material.mesh_only for layer in cell.layers):
            try:
                mt.impedance.exact(cell, [1.0])
                refused.append("")
            except mt.InputError as error:
                refused.append(f"exact: {error}")
        try:
            stack = LinearisedStack(cell, f_max=float(FREQUENCIES.max()))
            stack.impedance([1.0])  # a cell that discharges itself has equations, and no spectrum
            refused.append("")
        except mt.InputError as error:
            refused.append(f"mesh: {error}")
        if any("have equations in" in text or "not known beside a shunt" in text for text in refused):
            continue  # the mesh says which equations it lacks; at rest the exact route needs none of them
        assert all(refused) or not any(refused), f"one route refuses what another takes: {refused}\n{cell}"
        if not any(refused):
            return cell, stack
    raise AssertionError(f"no valid cell of number {number} in 60 draws")


@every_cell
def test_every_route_gives_the_same_answer(number: int) -> None:
    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # a division by 0 or a nan on the way is no answer
        cell, stack = valid(number)
        assert mt.Cell.from_yaml(cell.to_yaml()) == cell
        mesh = stack.impedance(FREQUENCIES)
        assert np.all(np.isfinite(mesh)), cell
        if not any(layer.material.mesh_only for layer in cell.layers):
            exact = mt.impedance.exact(cell, FREQUENCIES)
            assert np.all(np.isfinite(exact)), cell
            np.testing.assert_allclose(
                mesh, exact, rtol=AGREE + of_slices(cell, 2j * np.pi * FREQUENCIES), err_msg=str(cell)
            )
            direct = mt.impedance.dc_resistance(cell)
            assert direct > 0
            # of a cell that a shunt discharges 10 uV are no small step
            if math.isfinite(direct) and abs(float(stack.outputs(stack.rest_state())[0])) < SMALL:
                allowed = AGREE + of_slices(cell, [1 / FOR_EVER])
                for found in (steady_resistance(stack), resistance_in_time(cell)):
                    assert found is None or abs(found / direct - 1) < allowed, cell
    assert time.process_time() - begun < LONGEST


def of_slices(cell: mt.Cell, s: ArrayLike) -> float:
    """What the slices of its electrodes, so many as were drawn, make of its impedance: results warn of it."""
    sides = [side for side in ("negative", "positive") if getattr(getattr(cell, side), "resolution", None) is not None]
    sliced = {side: cell.get(side).resolution.slices for side in sides}
    return sum(slices_error(cell, side, s, count) for side, count in sliced.items() if count > 1)


def steady_resistance(stack: LinearisedStack) -> float | None:
    """V/I [ohm] in the steady state of the nonlinear equations; None where it is refused, in words."""
    rest = stack.rest_state()
    try:
        state = SteadyState(stack, rest, voltage=SMALL).converged(rest)
    except (mt.InputError, mt.SimulationError):
        return None
    current = np.asarray(stack.outputs(state)).ravel()[1]
    return math.inf if current == 0 else SMALL / -current


def resistance_in_time(cell: mt.Cell) -> float | None:
    """V/I [ohm] at the end of a run in time; None where it is refused, in words."""
    interfaces = (cell.negative, *cell.interfaces.values(), cell.positive)
    if any(isinstance(memory, Store) for kind in interfaces for memory in kind.memories.values()):
        return None  # metal on a substrate, a film that breaks: used up or changed by any lasting current
    ageing = {path.rpartition(".ageing.")[0] + ".ageing": () for path in cell.paths() if ".ageing." in path}
    # what ages grows without end, and the linear resistance is that of the cell as it is
    young = cell.with_({**ageing, "fixture": mt.Fixture()})
    if mt.impedance.dc_resistance(young) != pytest.approx(mt.impedance.dc_resistance(cell), rel=1e-9):
        return None  # a first crack is there from the beginning
    try:
        run = mt.simulate(young, mt.Polarization(SMALL, FOR_EVER, first_time=FIRST, per_decade=1))
    except mt.MgtwinError:
        return None
    before, current = run["current"].values[-2:]
    if abs(current - before) > AGREE / 10 * abs(current):
        return None  # a constant-phase element of n = 0.05 settles by 10 % per decade of time
    return math.inf if current == 0 else SMALL / current


def test_the_whole_vocabulary_is_drawn() -> None:
    """Every kind of every family that a cell can hold, several times each."""
    found: Counter[str] = Counter()
    # where numbers were published is no physics, and not drawn
    rare = {kind.__name__ for kind in kinds_of_a_cell()} - {"Sample"}
    for number in range(CELLS):
        found.update(type(noun).__name__ for noun in nouns_in(Draw(SEED, number, 0).cell()))
        rare = {name for name in rare if found[name] < 5}
        if not rare:
            break
    assert not rare, {name: found[name] for name in rare}


def kinds_of_a_cell() -> set[type]:
    """Whatever a field below a cell can hold, by the families of the fields."""
    known: set[type] = set()
    waiting: list[object] = [mt.Cell]
    while waiting:
        item = waiting.pop()
        if typing.get_origin(item) is typing.Annotated:
            for note in typing.get_args(item)[1:]:
                choice = note if isinstance(note, OneOf) else getattr(note, "kinds", None)
                waiting += own_kinds(choice) if isinstance(choice, OneOf) else []
        if typing.get_args(item):
            waiting += [part for part in typing.get_args(item) if part is not Ellipsis]
        elif isinstance(item, type) and hasattr(item, "__dataclass_fields__") and item not in known:
            known.add(item)
            waiting += typing.get_type_hints(item, include_extras=True).values()
    return known


def test_two_draws_of_one_seed_are_the_same() -> None:
    assert Draw(SEED, 1).cell() == Draw(SEED, 1).cell() != Draw(SEED, 2).cell()


def test_a_mesh_is_graded_for_what_grain_boundaries_leave_of_the_ions() -> None:
    """Found by these cells: boundaries a hundred times the grains, electrons passing one electrode: 24 % off."""
    boundary = mt.GrainBoundary("500 ohm*cm^2", None, "1 um")
    mixed = mt.MixedConductor("1 mS/cm", "10 mS/cm", "1 F/cm^3", grain_boundary=boundary)
    cell = mt.Cell(
        "grains",
        mt.Plating("1 mA/cm^2", electronic_resistance="inf"),
        [mt.Layer("mixed", mixed, "0.2 mm")],
        mt.Plating("1 mA/cm^2"),
    )
    mesh = LinearisedStack(cell, f_max=float(FREQUENCIES.max()), layers=mt.Mesh()).impedance(FREQUENCIES)
    np.testing.assert_allclose(mesh, mt.impedance.exact(cell, FREQUENCIES), rtol=AGREE)
