"""The page of a running cell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from ...errors import MgtwinError
from ...protocols import Cycling
from ...quantities import Value, format_value, to_file
from ...twin import Limit
from ..followed import Followed, Told
from ..measured import Measured
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Curve, Picture, curve
from .cycling import CyclingPage

__all__ = ["TwinPage"]


@page("twin")
class TwinPage(Page):
    """The twin of a running cell: what it was and will be, which explanation holds, what went wrong."""

    title, place, long = "Twin", -1, True
    settings: Mapping[str, Setting] = {
        **CyclingPage.settings,
        "until_voltage": Setting("2 V", "1 mV", "100 V", optional=True),
        "until_resistance": Setting("10 kohm", "1 ohm", "1 Gohm", optional=True),
    }

    @staticmethod
    def lacks(data: tuple[Measured, ...], twin: Followed | None) -> str:
        """A twin."""
        return "a twin: mgtwin explore cell7.twin" if twin is None else ""

    @staticmethod
    def protocol(sight: Sight) -> Cycling:
        """What will be done: as the cell is used, but for what is turned."""
        turned, use = CyclingPage.protocol(sight), None if sight.twin is None else sight.twin.twin.use
        if use is None:
            return turned
        return replace(use, current=turned.current, half_cycle=turned.half_cycle, cycles=turned.cycles)

    @classmethod
    def result(cls, sight: Sight) -> xr.Dataset:
        """The forecast; where there can be none it says why."""
        assert sight.twin is not None
        sight.twin.told()  # nothing that was measured is no reason to go on
        protocol, limit = cls.protocol(sight), _limit(sight)
        try:
            return sight.twin.asked(lambda twin: twin.forecast(protocol, until=limit))
        except MgtwinError as error:
            return xr.Dataset(attrs={"warnings": [f"there is no forecast: {error}"]})

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """Fans of what is measured and of what ages, odds, scores; the state of the cell with its bands."""
        twin = sight.twin
        assert twin is not None
        told, limit = twin.told(), _limit(sight)
        ahead, ohms = result if len(result) else None, None if limit is None else limit.resistance
        standing = [f"{alarm.text} [{alarm.state}]" for alarm in told.alarms if alarm.state != "withdrawn"]
        passed = [f"{alarm.text} [withdrawn]" for alarm in told.alarms if alarm.state == "withdrawn"]
        if told.forecasts_only:
            passed.append(
                f"forecasts only: beside the noise the error of the model ({told.model_error}) is too large for "
                "numbers that are not measured to have bands that hold."
            )
        passed += [f"{file} was refused: {why}" for file, why in twin.refused.items()]
        protocol = TwinPage.protocol(sight)
        # what was turned has no origin, which would be the most of it
        keys = ("current", "half_cycle")
        turned = {key: to_file(Value(float(x), unit=x.unit)) for key, x in sight.numbers.items() if key in keys}
        again = f"mgtwin twin forecast {twin.name}.twin '{json.dumps({**protocol.to_data(), **turned})}'"
        return Picture(
            tuple(_charts(told, result, limit)), _readings(told, result, limit, protocol.cycles),
            (*result.attrs["warnings"], *passed), told.history if ahead is None else ahead, tuple(standing),
            again + (f" --until '{limit}'" if limit else ""),
            lambda: twin.asked(lambda one: one.plot(ahead, limit=ohms)),
        )  # fmt: skip


def _limit(sight: Sight) -> Limit | None:
    limits = {name: sight.numbers.get(f"until_{name}") for name in ("voltage", "resistance")}
    return Limit(**limits) if any(limits.values()) else None


def _readings(told: Told, ahead: xr.Dataset, limit: Limit | None, cycles: int) -> dict[str, str]:
    """The state of the cell, each number with the band that holds it in nine cases of ten."""
    now, odds = told.history.isel(cycle=-1), told.odds.isel(evidence=-1)
    likely = sorted(zip(odds.values, odds["explanation"].values, strict=True), reverse=True)
    found = {
        "age": f"{told.moment}, {told.measurements} measurements",
        "explanation": ", ".join(f"{name} {100 * p:.0f} %" for p, name in likely if p >= 0.005),
        "|Z| at the lowest frequency": _banded(now["impedance_modulus_quantiles"], "ohm"),
    }
    for name, label, unit in _AGED:
        if f"{name}_quantiles" not in told.history or told.forecasts_only:
            continue
        for here in told.history[f"{name}_quantiles"].transpose("interface", ...):
            if float(here.max() - here.min()):
                found[f"{label}, {_short(here['interface'].item())}"] = _banded(here.isel(cycle=-1), unit)
    if "time_to_limit" in ahead:
        low, middle, high = (float(ahead["time_to_limit"].sel(quantile=q, method="nearest")) for q in (0.05, 0.5, 0.95))
        reached = f"{100 * float(ahead['limit_reached']):.0f} % within {cycles} cycles"
        said = f"{_cycles(middle)} cycles ({_cycles(low)} to {_cycles(high)}), {reached}"
        found[f"until {limit}"] = reached if np.isinf(middle) else said
        modulus = float(now["impedance_modulus_quantiles"].sel(quantile=0.5, method="nearest"))
        # a forecast begins with the next cycle, and would say "1"
        if limit is not None and limit.resistance is not None and modulus >= float(limit.resistance):
            found[f"until {limit}"] = "reached already"
    return found | {"noise": f"{100 * told.noise:.2g} % of |Z|", "error of the model": str(told.model_error)}


def _cycles(number: float) -> str:
    return f"{number:.0f}" if np.isfinite(number) else "..."


def _banded(values: xr.DataArray, unit: str) -> str:
    low, middle, high = (float(values.sel(quantile=q, method="nearest")) for q in (0.05, 0.5, 0.95))
    return f"{format_value(middle, unit)} ({format_value(low, unit)} to {format_value(high, unit)})"


def _short(interface: str) -> str:
    return str(interface).removeprefix("interfaces.").replace("_", " ")


def _charts(told: Told, ahead: xr.Dataset, limit: Limit | None) -> Iterator[Chart]:
    count = Axis("cycle")
    past = told.history
    measured = past["impedance_modulus_measured"]
    seen = curve("measured", past["cycle"], measured, "data")
    resistance = None if limit is None or limit.resistance is None else float(limit.resistance)
    marks = [(alarm.cycle, f"{alarm.mechanism}, {alarm.state}") for alarm in told.alarms]
    name = "impedance_modulus_quantiles"
    yield _fan(
        "|Z| at the lowest frequency", Axis("|Z|", "ohm"), past.get(name), ahead.get(name), [seen], resistance, marks
    )
    voltage = None if limit is None or limit.voltage is None else float(limit.voltage)
    for side in ("deposition", "dissolution"):
        if (values := ahead.get(f"{side}_voltage_quantiles")) is not None:
            level = None if voltage is None else voltage * (1 if float(values.values[0, 0]) > 0 else -1)
            yield _fan(f"Voltage at the end of {side}", Axis("voltage", "V"), None, values, [], level, [])
    for name, label, unit in _AGED:
        values = past.get(f"{name}_quantiles")
        if values is None or told.forecasts_only:
            continue
        # of several interfaces the one that changes most, as in the figure for print
        change = (values.max("cycle") - values.min("cycle")).max("quantile")
        interface = change["interface"].values[int(change.values.argmax())]
        if float(change.max()):
            title = f"{label[0].upper()}{label[1:]}, {_short(interface)}"
            # an explanation that may be right can be too wrong for bands of what is hidden
            later = None if ahead.attrs.get("forecasts_only") else ahead.get(f"{name}_quantiles")
            if later is not None:
                later = later.sel(interface=interface) if interface in later["interface"] else None
            yield _fan(title, Axis(label, unit), values.sel(interface=interface), later, [], None, [])
    cycle = told.odds["cycle"].values
    if told.odds.sizes["explanation"] > 1:
        odds = [
            curve(str(one["explanation"].item()), cycle, one, "part") for one in told.odds.transpose("explanation", ...)
        ]
        yield Chart("Odds of the explanations", count, Axis("odds"), tuple(odds))
    scores = [
        curve(str(one["mechanism"].item()).replace("_", " "), cycle, one, "part")
        for one in told.scores["z"].transpose("mechanism", ...)
    ]
    levels = sorted(set(told.thresholds.values()))
    ends = [float(cycle[0]), float(cycle[-1])]
    lines = [curve(f"alarm at {level:g}", ends, [level, level], "limit") for level in levels]
    yield Chart("Scores of what can go wrong", count, Axis("score in s.d."), (*scores, *lines))


def _fan(
    title: str, axis: Axis, past: xr.DataArray | None, ahead: xr.DataArray | None, seen: list[Curve],
    limit: float | None, marks: list[tuple[float, str]],
) -> Chart:  # fmt: skip
    """Bands of what was and of what will be, the outermost pair first: the inner ones lie on it."""
    curves, cycles, heights = [], [], []
    for values, words, band, line in ((past, "was", "past", "model"), (ahead, "will be", "future", "ahead")):
        if values is None:
            continue
        rows, at = values.transpose("quantile", "cycle").values, values["cycle"].values.astype(float)
        quantile = values["quantile"].values
        for k in range(len(quantile) // 2):
            label = f"{words}, {100 * (quantile[-1 - k] - quantile[k]):.3g} %"
            curves.append(Curve(label, at, rows[k], band, rows[-1 - k]))
        curves.append(curve(f"{words}, median", at, rows[len(quantile) // 2], line))
        cycles += [at[0], at[-1]]
        heights += [rows.min(), rows.max()]
    if limit is not None:
        curves.append(curve("limit", [min(cycles), max(cycles)], [limit, limit], "limit"))
    for cycle, text in marks:
        curves.append(curve(text, [cycle, cycle], [min(heights), max(heights)], "mark"))
    return Chart(title, Axis("cycle"), axis, (*curves, *seen))


#: What ages, as people call it, and its unit.
_AGED = (("contact_fraction", "contact fraction", ""), ("film_resistance", "film resistance", "ohm*m^2"))
