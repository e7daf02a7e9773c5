"""States of a twin that are known: what was worked out for the evidence so far is where more of it goes on from."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from itertools import zip_longest

from ..errors import InputError
from .evidence import Evidence
from .kept import arrays_of, bank_of
from .odds import Bank
from .store import Store

__all__ = ["Memory"]

#: States that are known at once: some before the last one, for files that come late.
KEPT = 8
#: Pieces of evidence after which a state is kept in the store again: whoever opens it does no more of them anew.
EVERY = 5


class Memory:
    """Banks of evidence by what they depend on: settings, and each piece in its order.

    Parameters
    ----------
    store : Store
        Whose cache spares it the work when a twin is opened.
    told : str
        The settings, as text.
    empty : Bank
        Before any evidence.
    """

    def __init__(self, store: Store, told: str, empty: Bank) -> None:
        # other versions of what computes it give other last digits
        self._told = json.dumps([told, *map(version, ("mgtwin", "numpy", "scipy"))])
        self._store, self._empty, self._known, self._written = store, empty, dict[str, Bank](), 0
        self._last: tuple[tuple[Evidence, ...], Bank] = ((), empty)
        #: Evidence, the keys of its first parts, and the digest of all of it.
        self._chain = tuple[Evidence, ...](), [""], hashlib.sha256(self._told.encode())

    def bank(self, evidence: tuple[Evidence, ...]) -> Bank:
        """All of some evidence in order."""
        if evidence is self._last[0]:
            return self._last[1]
        begun, keys, digest = self._chain
        if any(one is not other for one, other in zip_longest(begun, evidence[: len(begun)])):
            keys, digest = [""], hashlib.sha256(self._told.encode())
        keys, digest = keys.copy(), digest.copy()
        for item in evidence[len(keys) - 1 :]:
            digest.update(json.dumps([item.sha, item.moment.cycle, item.moment.time, item.noise]).encode())
            keys.append(digest.copy().hexdigest())
        self._chain = evidence, keys, digest
        # what comes last is what is new: the longest first part of it that is known
        count = max((k for k, key in enumerate(keys) if key in self._known), default=0)
        bank = self._known[keys[count]] if count else self._kept(evidence, keys)
        for item, key in zip(evidence[len(bank.evidence) :], keys[len(bank.evidence) + 1 :], strict=True):
            bank = self._known[key] = bank.after(item)
        self._known, self._last = dict([*self._known.items()][-KEPT:]), (evidence, bank)
        if abs(len(evidence) - self._written) >= EVERY:
            self._keep(keys[-1], bank)
        return bank

    def _kept(self, evidence: tuple[Evidence, ...], keys: list[str]) -> Bank:
        for count in range(len(evidence), 0, -1):
            arrays = self._store.cached(keys[count])
            if arrays is not None:
                self._written = count
                return bank_of(self._empty, evidence[:count], arrays)
        return self._empty

    def _keep(self, key: str, bank: Bank) -> None:
        arrays = arrays_of(bank)
        if arrays is None:
            return
        try:
            self._store.cache(key, arrays)
            self._written = len(bank.evidence)
        except (InputError, OSError):
            # another process writes, or nobody may: what is spared is work, and nothing that is answered depends on it
            return
