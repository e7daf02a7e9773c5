"""What is measured at the terminals of a stack: voltage, current, drops of all elements, the reference electrode."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Protocol

import pybamm

from ..cells import Cell, Reference
from ..cells.questions import faces, shunted
from ..cells.reference import SERIES_SHARE
from ..errors import InputError
from ..kinds.numbers import Number
from . import names
from .writer import Writer

__all__ = ["cell_current", "name_variables", "writers"]


class _Stack(Writer, Protocol):
    """An assembled stack: its elements from left to right, the interfaces among them, and what is measured."""

    elements: Sequence[Number]
    interfaces: Sequence[Number]
    electrodes: Sequence[Number]
    current: Number
    cell_current: Number
    voltage: Number


def cell_current(model: Writer, current: Number) -> Number:
    """The current through the stack [A]: an unknown of its own where a given one is shunted from metal to metal."""
    # where it is the unknown already, that at the terminals follows from it
    if not _has_shunt(model) or not _joins_metals(model.cell) or model.has_unknown_currents:
        return current
    return _unknown_current(model, names.CELL_CURRENT)


def writers(model: _Stack, crossed: Sequence[bool]) -> list[_Stack]:
    """The model as every interface and layer sees it, from left to right; `crossed` says which faces electrons cross.

    Through those that a filament passes by another current flows than through the others.
    """
    found = [model] * (2 * len(crossed) - 1)
    if model.cell.shunt is None or not _has_shunt(model) or _joins_metals(model.cell):
        return found
    passed = model.cell.shunt.elements([layer.name for layer in model.cell.layers])
    for place in {passed.start, passed.stop} - {0, len(found)}:
        if crossed[place // 2]:
            raise InputError(model.cell.shunt.open_end(faces(model.cell)[place // 2]))
    inside = copy(model)
    inside.cell_current = _unknown_current(model, names.BRIDGED_CURRENT)
    inside.current_density = inside.cell_current / model.area
    found[passed] = [inside] * len(found[passed])
    return found


def _unknown_current(model: Writer, name: str) -> Number:
    scale = model.decide(lambda cell, f_max: names.current_scale(cell.area))
    unknown = pybamm.Variable(name, scale=scale)
    model.initial_conditions[unknown] = pybamm.Scalar(0)
    model.variables[name] = unknown
    return unknown


def _has_shunt(model: Writer) -> bool:
    return model.cell.shunt is not None and not model.is_fixed_at("shunt.conductance", 0.0)


def _joins_metals(cell: Cell) -> bool:
    return cell.shunt is not None and cell.shunt.joins_metals([layer.name for layer in cell.layers])


def name_variables(model: _Stack) -> None:
    """Give the outputs of an assembled stack their names."""
    drops = [element.drop for element in model.elements]
    for element, drop in zip(model.elements, drops, strict=True):
        model.variables[names.potential_drop(element.name)] = drop
    if _has_shunt(model):
        passed = [
            drop for element, drop in zip(model.elements, drops, strict=True) if element.name in shunted(model.cell)
        ]
        passing = model.area * model.reader.property("shunt.conductance", model.temperature) * sum(passed)
        model.variables[names.SHUNT_CURRENT] = passing
        bridged = model.variables.get(names.BRIDGED_CURRENT)
        if bridged is not None:
            model.algebraic[bridged] = (model.current - passing - bridged) / bridged.scale
        elif model.cell_current is model.current:
            model.current = model.cell_current + passing
        else:
            model.algebraic[model.cell_current] = model.current - passing - model.cell_current
        if bridged is None:
            model.variables[names.CELL_CURRENT] = model.cell_current
    series = model.reader.number("series_resistance") * (model.current / model.area)
    total = sum(drops, start=series)
    model.variables[names.potential_drop(names.SERIES)] = series
    for interface in model.interfaces:
        model.variables[names.electronic_current_density(interface.name)] = interface.electronic_current
    for electrode in model.electrodes:
        model.variables[names.faradaic_current_density(electrode.name)] = electrode.faradaic_current
    model.voltage = -total
    model.variables.update(
        {
            names.TIME: pybamm.t,
            names.VOLTAGE: model.voltage,
            names.BATTERY_VOLTAGE: model.voltage,
            names.CURRENT: model.current,
            # an unknown has to stand for itself
            names.CURRENT_VARIABLE: model.cell_current if model.has_unknown_currents else model.current,
            names.CURRENT_DENSITY: model.current_density,
        }
    )
    if model.cell.reference is not None:
        model.variables[names.NEGATIVE_VOLTAGE] = _against_negative(model, model.cell.reference, series)


def _against_negative(model: _Stack, reference: Reference, series: Number) -> Number:
    """Voltage of the reference against the negative metal."""
    place = reference.place({layer.name: layer.material.carriers for layer in model.cell.layers})
    # elements alternate: electrode, layer, junction, layer, ..., electrode; a junction belongs to its left side where
    # the reference lies on its right one
    passed = 2 * place.face + (place.side == "left")
    ionic = -SERIES_SHARE * series
    for element in model.elements[:passed]:
        ionic = ionic - element.drop
    face, local = model.elements[2 * place.layer + 1].face(place.side), pybamm.Scalar(0)
    if face is not None:
        if face.current is not None and face.open_potential not in model.algebraic:
            # no electrons cross here, so that nothing has asked for this potential yet
            model.algebraic[face.open_potential] = face.current
            layer = model.cell.layers[place.layer].name
            model.initial_conditions[face.open_potential] = model.rest.layers[layer]
        sign = 1 if place.side == "right" else -1
        local = face.open_potential - sign * face.resistance * model.interfaces[place.face].electronic_current
    return reference.kind.reads(ionic, local)
