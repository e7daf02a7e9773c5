"""A fit as text: its table, what the data determine, misfits and the quality of the spectra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..analysis import kramers_kronig
from ..errors import InputError, MgtwinError
from ..quantities import Value, format_value
from .estimates import Estimate
from .judged import Judged
from .outside import Outside

__all__ = ["as_text", "quality", "short_names", "table_rows"]

_HEAD = ("parameter", "value", "std", "95 % interval", "identifiable", "prior")
#: Correlations weaker than this are not worth a line.
_STRONG = 0.9
#: A misfit this many times the noise means that the model does not describe the data.
_POOR = 1.5
#: A level of noise that follows from the misfit and is this part of the data is no noise, but a model that fails.
_FAR = 0.3
#: Parts of a path that say nothing which the rest does not say.
_SILENT = ("layers", "material", "interfaces")


def as_text(fit: Judged) -> str:
    """The whole report."""
    lines = [_headline(fit), ""]
    lines += _aligned([_HEAD, *table_rows(fit)])
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


def table_rows(fit: Judged, *, profiles: bool | None = None) -> list[tuple[str, ...]]:
    """Name, value, std, interval, identifiable, prior of every parameter, as text.

    `profiles`: whether intervals come from profiles for all parameters; by default where they are cheap (only spectra
    at rest). An interrupted fit gets none: who stopped it does not want to wait for them.
    """
    rest = all(item.is_spectrum and item.protocol is None for item in fit.problem.measurements)
    names = short_names(fit.names)
    rows: list[tuple[str, ...]] = []
    for short, parameter in zip(names, fit.problem.parameters, strict=True):
        wanted = True if (rest if profiles is None else profiles) else None
        estimate = fit.estimate(parameter.name, profile=False if fit.interrupted and profiles is None else wanted)
        prior = "" if parameter.prior is None else parameter.prior.shown(parameter.unit)
        rows.append((short, *_numbers(estimate), _verdict(estimate), prior))
    return rows


def _numbers(estimate: Estimate) -> tuple[str, str, str]:
    unit = estimate.unit
    value = format_value(estimate.value, unit)
    if estimate.at_bound:
        return value, "", ""
    ends = [_end(estimate.low, unit), _end(estimate.high, unit)]
    interval = f"{ends[0]} … {ends[1]}"
    if not estimate.identifiable:
        return "-", "-", interval if estimate.profile is not None else ""  # a number would be believed
    assert estimate.std is not None
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
        return "yes"
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
    local = fit.identifiability.identifiable & ~fit.identifiable
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
    pairs = [(i, j) for i, j in pairs if fit.identifiable[[i, j]].all()]
    pairs.sort(key=lambda pair: -abs(found[pair]))
    return [f"{found[i, j]:+.3f}  {names[j]} – {names[i]}" for i, j in pairs]


def _misfit_lines(fit: Judged) -> list[str]:
    rows = []
    for item, noise, misfit, group in zip(
        fit.problem.measurements, fit.noise, fit.misfits, fit.problem.group_of, strict=True
    ):
        level = f"noise {100 * noise:.2g} % (estimated)" if fit.problem.estimated[group] else "noise given"
        poor = misfit > _POOR or (fit.problem.estimated[group] and noise > _FAR)
        words = f"{misfit:.2f} × noise{'  POOR' if poor else ''}"
        temperature = "" if item.temperature is None else format_value(item.temperature, "K")
        rows.append((item.label, temperature, words, level, quality(item.dataset)))
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


def quality(dataset: object) -> str:
    """What the Kramers-Kronig test says of a spectrum, in a few words."""
    if "frequency" not in getattr(dataset, "dims", ()):
        return ""
    try:
        found = kramers_kronig(dataset)  # type: ignore[arg-type]
    except InputError as error:
        return f"Kramers-Kronig not tested: {str(error).split('.')[0]}"
    except MgtwinError:
        return "Kramers-Kronig not tested: needs mgtwin[spectra]"
    noise = 100 * float(found["noise"])
    if found.attrs["consistent"]:
        return f"Kramers-Kronig: consistent (noise {noise:.2g} %)"
    return f"Kramers-Kronig: VIOLATED by {100 * float(found['systematic_residual']):.2g} %"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
