"""What is measured at the terminals of a stack: voltage, current, drops of all elements, the reference electrode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pybamm

from ..cells import Reference
from ..cells.reference import SERIES_SHARE
from ..kinds.numbers import Number
from . import names
from .writer import Writer

__all__ = ["cell_current", "name_variables"]


class _Stack(Writer, Protocol):
    """An assembled stack: its elements from left to right, the interfaces among them, and what is measured."""

    elements: Sequence[Number]
    interfaces: Sequence[Number]
    electrodes: Sequence[Number]
    current: Number
    cell_current: Number
    voltage: Number


def cell_current(model: Writer, current: Number) -> Number:
    """The current through the layers [A]: an unknown of its own where a given one is shunted."""
    if not _has_shunt(model) or model.has_unknown_currents:  # then it is the unknown, and that at the terminals follows
        return current
    scale = model.decide(lambda cell, f_max: names.current_scale(cell.area))
    unknown = pybamm.Variable(names.CELL_CURRENT, scale=scale)
    model.initial_conditions[unknown] = pybamm.Scalar(0)
    return unknown


def _has_shunt(model: Writer) -> bool:
    return model.cell.shunt is not None and not model.is_fixed_at("shunt.conductance", 0.0)


def name_variables(model: _Stack) -> None:
    """Give the outputs of an assembled stack their names."""
    drops = [element.drop for element in model.elements]
    for element, drop in zip(model.elements, drops, strict=True):
        model.variables[names.potential_drop(element.name)] = drop
    if _has_shunt(model):
        passing = model.area * model.reader.property("shunt.conductance", model.temperature) * sum(drops)
        if model.cell_current is model.current:
            model.current = model.cell_current + passing
        else:
            model.algebraic[model.cell_current] = model.current - passing - model.cell_current
        model.variables.update({names.SHUNT_CURRENT: passing, names.CELL_CURRENT: model.cell_current})
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
