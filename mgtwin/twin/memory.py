"""States of a twin that are known: what was worked out for the evidence so far is where more of it goes on from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from .evidence import Evidence
from .odds import Bank

__all__ = ["Memory"]

#: States that are kept: some before the last one, for files that come late.
KEPT = 8


class Memory:
    """Banks of evidence by what they depend on: settings, and each piece in its order.

    Parameters
    ----------
    told : str
        The settings, as text.
    empty : Bank
        Before any evidence.
    """

    def __init__(self, told: str, empty: Bank) -> None:
        self._told, self._empty, self._known = told, empty, dict[str, Bank]()

    def bank(self, evidence: Sequence[Evidence]) -> Bank:
        """All of some evidence in order."""
        digest, keys = hashlib.sha256(self._told.encode()), list[str]()
        for item in evidence:
            digest.update(json.dumps([item.sha, item.moment.cycle, item.moment.time, item.noise]).encode())
            keys.append(digest.copy().hexdigest())
        # what comes last is what is new: the longest first part of it that is known
        count = max((k for k, key in enumerate(keys, 1) if key in self._known), default=0)
        bank = self._known[keys[count - 1]] if count else self._empty
        for item, key in zip(evidence[count:], keys[count:], strict=True):
            bank = bank.after(item)
            self._known[key] = bank
        self._known = dict([*self._known.items()][-KEPT:])
        return bank
