"""A fit as text: its table, what the data determine, whether the model describes them, and what it misses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..quantities import Value, format_value
from .estimates import Estimate
from .extrapolated import Extrapolation, extrapolation_of
from .judged import Judged
from .outside import Outside

__all__ = ["as_text", "short_names", "table_rows"]

_HEAD = ("parameter", "value", "std", "95 % interval", "identifiable", "prior")
#: Correlations weaker than this are not worth a line.
_STRONG = 0.9
#: Parts of a path that say nothing which the rest does not say.
_SILENT = ("layers", "material", "interfaces")


def as_text(fit: Judged) -> str:
    """The whole report: what is known without further fits; `Judged.profiled` works out the profiles before it."""
    lines = [_headline(fit), ""]
    lines += _aligned([_HEAD, *table_rows(fit)])
    if not all(fit.known(name).proven for name in fit.names):
        lines += ["yes?: at this minimum; fit.profiled() works out the profiles, which decide."]
    lines += _section("THE MODEL DOES NOT DESCRIBE THE DATA", _failure_lines(fit))
    lines += _section("MADE ONE (name each by its own path to keep them apart)", fit.made_one)
    lines += _section("at the temperatures of the data", _law_lines(fit))
    lines += _section("not identifiable", _open_lines(fit))
    lines += _section("strong correlations", _correlation_lines(fit))
    lines += _section("misfit", _misfit_lines(fit))
    lines += _section("OUTSIDE THE MODEL", _outside_lines(fit))
    return "\n".join(lines)


def _headline(fit: Judged) -> str:
    count = len(fit.problem.measurements)
    state = "interrupted: the best until then" if fit.interrupted else "" if fit.converged else "NOT CONVERGED"
    text = (
        f"{len(fit.names)} parameters, {count} Dataset{'' if count == 1 else 's'}, {fit.problem.count} numbers, "
        f"chi2/freedom {fit.chi_squared / max(fit.freedom, 1):.3g}"
    )
    costs = fit.minimum.costs
    if costs is not None and costs.size > 1:
        best = np.nanmin(costs)
        reached = int(np.sum(costs <= best * (1 + 1e-6) + 1e-12))
        text += f", reached from {reached} of {costs.size} starts"
    return f"{text}{f'; {state}' if state else ''}"


def table_rows(fit: Judged) -> list[tuple[str, ...]]:
    """Name, value, std, interval, identifiable, prior of every parameter, as text."""
    rows: list[tuple[str, ...]] = []
    for k, (short, parameter) in enumerate(zip(short_names(fit.names), fit.problem.parameters, strict=True)):
        estimate, seen = fit.known(parameter.name), extrapolation_of(fit, k)
        if seen is not None:
            estimate = _widened(estimate, seen)
            short = f"{short} (at {format_value(seen.reference, 'K')})"
        verdict = _verdict(estimate)
        if fit.fails and not estimate.at_bound:
            verdict = "MODEL FAILS"
        elif estimate.identifiable and seen is not None:
            verdict = "by the law"
        prior = "" if parameter.prior is None else parameter.prior.shown(parameter.unit)
        rows.append((short, *_numbers(estimate), verdict, prior))
    return rows


def _widened(estimate: Estimate, seen: Extrapolation) -> Estimate:
    """An estimate with what the fixed numbers of the law add to it."""
    if estimate.std is None or not seen.relative_std:
        return estimate
    std = math.hypot(estimate.std, seen.relative_std * abs(estimate.value))
    factor = math.exp(1.96 * math.hypot(estimate.std / abs(estimate.value), seen.relative_std))
    ends = sorted((estimate.value / factor, estimate.value * factor))
    return replace(estimate, std=std, low=ends[0], high=ends[1])


def _law_lines(fit: Judged) -> list[str]:
    """Values where the data are, of numbers that hold at another temperature."""
    lines = []
    for k, (short, parameter) in enumerate(zip(short_names(fit.names), fit.problem.parameters, strict=True)):
        seen, estimate = extrapolation_of(fit, k), fit.known(parameter.name)
        if seen is None or estimate.std is None:
            continue
        name = short.removesuffix(".reference")
        for T, value in seen.values:
            number = Value(value, unit=parameter.unit, std=estimate.std / abs(estimate.value) * abs(value))
            lines.append(f"{name}: {format_value(number, uncertainty=True)} at {format_value(T, 'K')}")
    return lines


def _failure_lines(fit: Judged) -> list[str]:
    lines = [str(verdict) for verdict in fit.verdicts if verdict.poor]
    if lines:
        lines.append(
            f"No number of such a model is identifiable. Intervals are widened by {fit.widening:.2g}, which is what "
            f"residuals that hang together do to a mean; they hold the truth only where the model errs by chance."
        )
    return lines


def _numbers(estimate: Estimate) -> tuple[str, str, str]:
    unit = estimate.unit
    value = format_value(estimate.value, unit)
    if estimate.at_bound:
        return value, "", ""
    ends = [_end(estimate.low, unit), _end(estimate.high, unit)]
    interval = f"{ends[0]} … {ends[1]}"
    if estimate.std is None:
        return "-", "-", interval  # a number would be believed
    return value, _spread(estimate), interval


def _spread(estimate: Estimate) -> str:
    """The standard deviation in the unit in which the value is shown."""
    assert estimate.std is not None
    number = Value(estimate.value, unit=estimate.unit, std=estimate.std)
    _, plus_minus, rest = format_value(number, uncertainty=True).partition(" ± ")
    return (rest if plus_minus else format_value(estimate.std, estimate.unit)).replace("°C", "K")


def _end(value: float | None, unit: str) -> str:
    return "open" if value is None else format_value(value, unit)


def _verdict(estimate: Estimate) -> str:
    if estimate.at_bound:
        return "AT A BOUND"
    if estimate.identifiable:
        return "yes" if estimate.proven else "yes?"
    if estimate.profile is not None and estimate.profile.bounded:
        return "NO (weakly limited)"
    return "NO"


def short_names(names: Sequence[str]) -> list[str]:
    """Names without the parts that only say where in a cell something is, as long as they stay different."""
    short = [", ".join(_short(path) for path in name.split(", ")) for name in names]
    return [s if short.count(s) == 1 else name for s, name in zip(short, names, strict=True)]


def _short(path: str) -> str:
    place, space, rest = path.partition(" ")
    return ".".join(part for part in place.split(".") if part not in _SILENT) + space + rest


def _open_lines(fit: Judged) -> list[str]:
    known = dict(zip(fit.names, short_names(fit.names), strict=True))
    lines = []
    sound = np.array([fit.known(name).std is not None for name in fit.names])
    local = fit.identifiability.identifiable & ~sound
    lines += [
        f"{known[fit.names[k]]}: determined near this minimum only, its profile is open" for k in np.flatnonzero(local)
    ]
    for item in fit.identifiability.undetermined:
        powers = [(known[name], power) for name, power in item.powers]
        text = " · ".join(name if abs(power - 1) < 0.005 else f"{name}^{power:.2g}" for name, power in powers)
        if len(powers) == 1:
            lines.append(f"{text}: the data hardly depend on it")
        else:
            lines.append(f"along {text}: these can move together without being noticed")
    return lines


def _correlation_lines(fit: Judged) -> list[str]:
    names, found = short_names(fit.names), fit.correlations
    pairs = [(i, j) for i in range(len(names)) for j in range(i) if abs(found[i, j]) >= _STRONG]
    pairs = [(i, j) for i, j in pairs if fit.identifiability.identifiable[[i, j]].all()]
    pairs.sort(key=lambda pair: -abs(found[pair]))
    return [f"{found[i, j]:+.3f}  {names[j]} – {names[i]}" for i, j in pairs]


def _misfit_lines(fit: Judged) -> list[str]:
    rows = []
    for item, verdict, group in zip(fit.problem.measurements, fit.verdicts, fit.problem.group_of, strict=True):
        temperature = "" if item.temperature is None else format_value(item.temperature, "K")
        if not fit.problem.estimated[group]:
            level = "noise given"
        elif verdict.noise is None:
            level = "too few points to know the noise"
        else:
            level = f"noise {100 * verdict.noise:.2g} % (from the data alone)"
        consistent = {None: "", True: "Kramers-Kronig: consistent", False: "Kramers-Kronig: VIOLATED, the cell changed"}
        words = "" if verdict.noise is None else f"{verdict.misfit:.2f} × noise{'  POOR' if verdict.poor else ''}"
        rows.append((item.label, temperature, words, level, consistent[verdict.consistent], item.note))
    return _aligned(rows)


def _outside_lines(fit: Judged) -> list[str]:
    """Datasets that follow each other for one reason share a line."""
    lines: list[str] = []
    runs: list[list[Outside]] = []
    for item in fit.outside_model:
        if runs and runs[-1][-1].number == item.number - 1 and runs[-1][-1].kind == item.kind == "break":
            runs[-1].append(item)
        else:
            runs.append([item])
    for run in runs:
        first, last = run[0], run[-1]
        where = first.label if len(run) == 1 else f"{first.label} … {last.label} ({len(run)} Datasets)"
        lines.append(f"{where}: {first.reason}")
    return lines


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
