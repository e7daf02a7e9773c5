"""What stock PyBaMM asks of a model beside its equations: counters, summaries, options, and that it can be pickled."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import SimpleNamespace
from typing import ClassVar, Self

import pybamm
from pybamm.parameters.parameter_store import ParameterStore

from ..cells import Cell
from ..errors import InputError, MgtwinWarning
from ..kinds.numbers import Number
from . import names

#: What a model holds only while it is put together and meshed: formulas among it, which no pickle takes.
_ASSEMBLED = (
    "elements",
    "interfaces",
    "mixed_layers",
    "modal_layers",
    "salt_layers",
    "resolved_layers",
    "storing_layers",
    "particles",
    "decisions",
)
_READ = ("reader",)
#: Charge that C-rates are relative to.
CAPACITY = "Nominal cell capacity [A.h]"


class _Store(ParameterStore):  # type: ignore[misc]
    """Numbers by name; PyBaMM reads it past `Numbers`."""

    def __getitem__(self, key: str) -> object:
        if key == CAPACITY and key not in self:
            raise InputError(
                "a C-rate needs the capacity of the cell, which is not defined for this model: give currents instead "
                "('Discharge at 0.01 mA for 1 hour', pybamm.step.current), or say what 1C is: numbers = "
                f"model.default_parameter_values; numbers['{CAPACITY}'] = 1e-5; and give Simulation "
                "parameter_values=numbers."
            )
        return super().__getitem__(key)


class Numbers(pybamm.ParameterValues):  # type: ignore[misc]
    """Parameter values of a cell, which say what is missing where a C-rate asks for a capacity."""

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__(dict(values))
        self._store.__class__ = _Store

    def copy(self) -> Self:
        """The same, of this class: PyBaMM copies them for every simulation."""
        made = super().copy()
        made.__class__, made._store.__class__ = type(self), _Store
        return made


class StockModel(pybamm.BaseModel):
    """Base of the stack's model: how it looks to ``pybamm.Simulation``, ``Experiment`` and ``EISSimulation``, PyBOP."""

    #: Whether charge and energy are counted, which takes four unknowns: models that only mgtwin solves do without.
    counts: ClassVar[bool] = True

    cell: Cell
    area: Number
    current: Number
    voltage: Number
    _made_with: Mapping[str, object]

    def offer(self, rest_voltage: Number) -> None:
        """Add what users of PyBaMM expect of every model; `rest_voltage` [V] is that without current."""
        # what implicit steps, PyBOP and EIS ask of a model: a current scale, an area, a voltage to start from, and
        # double layers that are states
        self.param = SimpleNamespace(Q=pybamm.Scalar(1e-5), A_cc=self.area, ocv_init=rest_voltage)
        self.options = _Options(self._unfit_for_impedance())
        self.summary_variables: list[str] = []
        if not self.counts:
            return
        power = self.current * self.voltage
        hours = 1 / 3600
        rates = {
            names.DISCHARGE_CAPACITY: self.current * hours,
            names.THROUGHPUT_CAPACITY: abs(self.current) * hours,
            names.DISCHARGE_ENERGY: power * hours,
            names.THROUGHPUT_ENERGY: abs(power) * hours,
        }
        for name, rate in rates.items():
            counter = pybamm.Variable(name)
            self.rhs[counter] = rate
            self.initial_conditions[counter] = pybamm.Scalar(0)
            self.variables[name] = counter
        self.variables.update(
            {
                names.POWER: power,
                names.TERMINAL_POWER: power,
                names.TERMINAL_VOLTAGE: self.voltage,
                names.TIME_IN_MINUTES: pybamm.t / 60,
                names.TIME_IN_HOURS: pybamm.t / 3600,
            }
        )
        self.summary_variables = [*rates, *self._lasting()]

    def _lasting(self) -> list[str]:
        """Variables that tell from cycle to cycle how a cell has aged."""
        aged = [interface.name for interface in self.interfaces if interface.ageing.described]
        found = [name(interface) for interface in aged for name in (names.contact_fraction, names.film_resistance)]
        # PyBaMM finds the changes of a summary variable by its name with a capital
        capital = {f"{name[0].upper()}{name[1:]}": self.variables[name] for name in found}
        self.variables.update(capital)
        return list(capital)

    def _unfit_for_impedance(self) -> str:
        """Why this model's impedance would be wrong, ``""`` where it is right."""
        wrong = [] if self._made_with["f_max"] is not None else ["its meshes are made for times from about 1 s on"]
        stores = any(layer.material.relative_permittivity is not None for layer in self.cell.layers)
        if stores and not self._made_with["dielectric"]:
            wrong.append("its layers store no dielectric charge")
        wrong += [
            f"its {side} electrode has one reaction over the whole thickness (until resolution=Resolved())"
            for side in self.cell.reaction_uniformity(0.0)
            if self.cell.get(f"{side}.resolution") is None
        ]
        return " and ".join(wrong)

    @property
    def default_solver(self) -> pybamm.BaseSolver:
        """SUNDIALS IDA with tolerances right for millivolts over 90 cycles."""
        return pybamm.IDAKLUSolver(rtol=1e-6, atol=1e-8)

    @property
    def default_quick_plot_variables(self) -> list[str]:
        """Voltage, current, the local potentials and the concentrations of salts."""
        potentials = [names.local_potential(layer.name) for layer in self.mixed_layers]
        return [names.VOLTAGE, names.CURRENT, *potentials, *(names.concentration(s.name) for s in self.salt_layers)]

    # -- copies --------------------------------------------------------------------------------------------------------
    def __copy__(self) -> Self:
        # as PyBaMM copies a model for every simulation: nothing has to be put together anew for that
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in (*_ASSEMBLED, *_READ, "_spaces")}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        made = type(self)(self.cell, **self._made_with)  # type: ignore[arg-type]
        self.__dict__.update({name: made.__dict__[name] for name in (*_ASSEMBLED, *_READ)})


class _Options(dict[str, str]):
    """Options of a model: who asks for the surface form (``EISSimulation`` alone does) hears why Z would be wrong."""

    def __init__(self, unfit: str) -> None:
        super().__init__({"surface form": "differential"})
        self._unfit = unfit

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Return an option."""
        if key == "surface form" and self._unfit:
            warnings.warn(
                f"this StackModel is made for transients: {self._unfit}, so that its impedance can be wrong by tens of "
                f"per cent. Make it with the highest frequency of the spectrum, StackModel(cell, f_max=1e6, "
                f"dielectric=True), or use mgtwin.simulate.",
                MgtwinWarning,
                stacklevel=4,
            )
        return super().get(key, default)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self._unfit,)
