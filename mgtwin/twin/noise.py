r"""Noise of the instrument, from Kramers and Kronig and never from the misfit, from where one learns to be blind.

The scatter about the fit of the test is too small by the freedom of the fit,

.. math:: \sigma = s \Big/ \sqrt{1 - \frac{M + 3}{2N}},

for N points and M relaxations, and of one spectrum it is uncertain by a quarter: what counts is the root mean square
over the last spectra of the same settings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..analysis.kramers_kronig import FEWEST, kramers_kronig
from ..errors import InputError
from .evidence import Evidence
from .observing import EVIDENCE_KINDS

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["measured_noise", "pooled"]

#: Spectra over which noise is pooled.
LAST = 12
#: No instrument repeats better [relative]: what a simulated spectrum without noise has is rounding.
LEAST = 1e-4
#: By how much each piece is in doubt, and the piece with the noise that counts: a life asks for all of them again.
_DOUBTS: WeakKeyDictionary[Evidence, float] = WeakKeyDictionary()
_COUNTING: WeakKeyDictionary[Evidence, Evidence] = WeakKeyDictionary()


def measured_noise(dataset: xr.Dataset, name: str) -> tuple[float | None, str]:
    """Noise of a spectrum relative to its modulus, and what is wrong with it; None where points are too few to tell.

    Raises
    ------
    MgtwinError
        The library of the test is not installed; the message says how to do without.
    """
    if int((dataset["frequency"] > 0).sum()) < FEWEST:
        return None, ""
    try:
        tested = kramers_kronig(dataset)
    except InputError as error:
        return None, f"{name}: {error}"
    freedom = 1 - (float(tested["elements"]) + 3) / (2 * tested.sizes["frequency"])
    noise = max(float(tested["noise"]) / math.sqrt(max(freedom, 0.1)), LEAST)
    return noise, "" if tested.attrs["consistent"] else str(tested.attrs["verdict"])


def pooled(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Evidence in order with the noise that counts for each piece: root mean square over the last of its settings.

    Raises
    ------
    InputError
        Nothing says how noisy a piece is.
    """
    known: dict[tuple[str, int], list[float]] = {}
    settings = [(item.kind, item.dataset.sizes.get("frequency", 0)) for item in evidence]
    result = []
    for item, setting in zip(evidence, settings, strict=True):
        if item.noise is not None:
            known.setdefault(setting, []).append(item.noise**2)
        # nothing of these settings was known yet: what is known of the instrument's other pieces of this kind, the
        # later ones where there is nothing before
        last = known.get(setting) or [x for (kind, _), values in known.items() if kind == setting[0] for x in values]
        last = last or [other.noise**2 for other in evidence if other.kind == item.kind and other.noise is not None]
        if not last:
            raise InputError(
                f"{item.name}: how noisy it is cannot be told from {setting[1]} points (a Kramers-Kronig test needs "
                f"{FEWEST}): twin.update(ds, noise='1 %')."
            )
        if item not in _DOUBTS:
            _DOUBTS[item], _ = EVIDENCE_KINDS[item.kind].doubt(item.dataset)
        noise = math.hypot(math.sqrt(sum(last[-LAST:]) / len(last[-LAST:])), _DOUBTS[item])
        if noise != _COUNTING.get(item, item).noise:
            _COUNTING[item] = replace(item, noise=noise)
        result.append(item if noise == item.noise else _COUNTING[item])
    return result
