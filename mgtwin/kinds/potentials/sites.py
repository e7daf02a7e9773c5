r"""Several kinds of sites that fill one after the other (multi-site, multi-reaction form)."""

from __future__ import annotations

import math
from collections.abc import Callable
from string import ascii_lowercase
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, model_validator

from ...errors import InputError
from ...plain import is_listed, is_mapping
from ...quantities import Quantity, Value
from ..noun import noun
from ..numbers import Number, is_symbol
from ..own import Own
from .base import Potential, potential

__all__ = ["Site", "Sites"]

#: Steps of Newton's iteration, halved where they leave the bracket; each halving alone would do in 60.
STEPS = 40


@noun
class Site:
    """One kind of sites of a host.

    Parameters
    ----------
    share : float or None
        X, part of all sites, above 0 to 1; None, of one of them: what the others leave.
    potential : float
        U_k at which half of them are full [V].
    width : float
        w, > 0: 1 for ideal sites, larger where ions repel each other.
    name : str
        In dotted paths; ``a``, ``b``, … by default.
    """

    share: Annotated[float, Quantity("", gt=0, le=1)] | None
    potential: Annotated[float, Quantity("V")]
    width: Annotated[float, Quantity("", gt=0)] = Value(1.0, unit="")
    name: str = ""
    type: Literal["site"] = "site"


def _named(raw: object) -> object:
    """Sites as tuples (X, U, w), and without a name, are given the next letter."""
    if not is_listed(raw):
        return raw
    named = []
    for letter, site in zip(ascii_lowercase, raw, strict=False):
        if is_listed(site):
            named.append({**dict(zip(("share", "potential", "width"), site, strict=False)), "name": letter})
        else:  # a noun cannot change: its fields, with a name if it has none
            fields = site if is_mapping(site) else vars(site)
            named.append({**fields, "name": fields.get("name") or letter})
    return tuple(named)


@potential
class Sites(Potential):
    r"""Sites of several kinds, each with its potential and width:

    .. math:: y(U) = \sum_k \frac{X_k}{1 + e^{zF(U - U_k)/(RT w_k)}}, \qquad \sum_k X_k = 1

    Source: Verbrugge, Baker et al., J. Electrochem. Soc. 164 (2017) E3243; Baker and Verbrugge, ibid. 165 (2018) A3952.
    The charge z of the ion is in the exponent: 12.8 mV per e-fold at 25 degC for Mg.

    Parameters
    ----------
    sites : sequence of Site, or of (X, U, w)

    Raises
    ------
    InputError
        The shares do not add up to 1.

    Examples
    --------
    >>> two = Sites([(0.5, "1.25 V", 1.0), (0.5, "1.05 V", 1.0)])
    >>> round(two(0.5), 6), round(two(0.25), 4)
    (1.15, 1.25)
    """

    sites: Annotated[tuple[Site, ...], BeforeValidator(_named)]

    @staticmethod
    def formula(odds: Number, *, f: Number, sites: Number) -> Number:
        """Return U [V], the root of y(U) = y, for (share, potential, width) of every kind of sites."""
        return _solved(odds, f, *(number for site in sites for number in site))

    def standing(self, own: Own) -> Callable[[Number, Number], Number]:
        """Return U of the log odds and of f."""
        places = [own.below(f"sites.{site.name}") for site in self.sites]
        shares = [place.number("share") for place in places]
        rest = 1 - sum(share for share in shares if share is not None)
        numbers = [
            number
            for place, share in zip(places, shares, strict=True)
            for number in (rest if share is None else share, place.number("potential"), place.number("width"))
        ]
        return lambda odds, f: own.reader.apply(_solved, [odds, f, *numbers])

    @model_validator(mode="after")
    def _whole(self) -> Sites:
        names = [site.name for site in self.sites]
        if not names or len(set(names)) != len(names):
            raise InputError("Sites needs at least one kind of sites, each with a name of its own.")
        shares = [site.share for site in self.sites if site.share is not None]
        total, open_ones = math.fsum(shares), len(self.sites) - len(shares)
        if open_ones > 1 or (abs(total - 1) > 1e-9 if not open_ones else total >= 1):
            raise InputError(
                f"the shares of the sites must add up to 1, not {total:.6g}; one of them may be left out (None): it is "
                f"then what remains."
            )
        return self


def _solved(wanted: Number, f: Number, *numbers: Number) -> Number:
    """Root U of the sum over sites, by its log odds, in which one kind of sites is a straight line."""
    sites = [numbers[k : k + 3] for k in range(0, len(numbers), 3)]

    def missing(U: Number, odds: Number) -> tuple[Number, Number]:
        """Log odds at U less those that are wanted, and its slope."""
        full, empty, slope = 0.0, 0.0, 0.0
        for share, middle, width in sites:
            x = np.minimum(np.maximum(f * (U - middle) / width, -300.0), 300.0)
            taken, left = 1 / (1 + np.exp(x)), 1 / (1 + np.exp(-x))
            full, empty, slope = full + share * taken, empty + share * left, slope - share * f / width * taken * left
        return np.log(full / empty) - odds, slope / (full * empty)

    odds = wanted if is_symbol(wanted) else np.real(wanted)
    # each kind of sites alone would have the filling at U_k - (w/f) ln[y/(1-y)]: the root lies between these
    alone = [middle - width / f * odds for _, middle, width in sites]
    low, high = alone[0], alone[0]
    for one in alone[1:]:
        low, high = np.minimum(low, one), np.maximum(high, one)
    U = (low + high) / 2
    for _ in range(STEPS):
        value, slope = missing(U, odds)
        above = value > 0  # too full: U is too low
        low, high = above * U + (1 - above) * low, above * high + (1 - above) * U
        step = -value / slope
        inside_bracket = (U + step >= low) * (U + step <= high)
        U = inside_bracket * (U + step) + (1 - inside_bracket) * (low + high) / 2
    value, slope = missing(U, wanted)  # the last step has the right derivative, whatever chose the ones before
    return U - value / slope
