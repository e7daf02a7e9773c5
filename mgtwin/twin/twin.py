"""The twin of one running cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import xarray as xr

from ..cells import Cell
from ..cells.paths import Key
from ..errors import InputError
from ..fitting.design import Candidate
from ..fitting.free import Drifting, FreeLike
from ..fitting.result import Fit
from ..protocols import Cycling, Protocol
from .admission import admitted, decision_on, noise_given
from .alarms import AlarmKind
from .alarms.watching import Alarm
from .drift import with_drift
from .evidence import Evidence, Moment, Usage, content_hash
from .explanations import coordinates_of, fitted
from .figures import Plots
from .forecasts import Limit, forecast
from .history import history
from .intake import Given, Update, each
from .journal import Record
from .life import Life
from .memory import Memory
from .model_error import ModelError
from .noise import pooled
from .odds import Bank
from .planning import Prospects, prospects
from .settings import Settings
from .store import Store, store_of
from .words import in_words

__all__ = ["Twin", "Update"]

#: Quantiles of bands unless others are asked for.
QUANTILES = (0.05, 0.16, 0.5, 0.84, 0.95)


class Twin:
    r"""One physical cell, explanations of its ageing, and everything measured so far (theory.md).

    The state is the most probable life with its covariance, given the *set* of all evidence: the order in which files
    arrive, repeats and restarts make no difference.

    Parameters
    ----------
    explanations : Cell or mapping of str to Cell
        The cell when new, with the ageing laws of each explanation; all have the same layers.
    free : mapping
        As for :func:`mgtwin.fit`; numbers that wander are `Drifting`. A key may belong to some explanations only.
        Without a prior a number may be ten times as large or small as the cell says.
    use : Cycling, optional
        What is done in one cycle between measurements; without it only time passes.
    alarms : sequence of alarms, optional
        What is looked for; by default all kinds, with their thresholds: `SoftShort`, `Acceleration` ...
    model_error : ModelError, optional
        Estimated by default.
    label : str, optional
        Name of the cell, if its files say it: others are refused.
    considered : sequence of str, optional
        Paths or wildcards of numbers that are not free and whose printed standard deviation counts; all by default.
    drift : Drifting, optional
        One more explanation, ``drift``: no law of ageing acts, and free numbers that are constant wander so.
    store : path or Store, optional
        Folder in which all of it is kept; by default it ends with the process.

    Raises
    ------
    InputError
        Explanations differ in their layers, nothing of a cell ages or wanders, or nobody said what a cycle is.

    Examples
    --------
    >>> import mgtwin as mt
    >>> rate = "*.ageing.film_growth.charge_rate"
    >>> use = mt.Cycling("-10 uA", "1 h", cycles=1)
    >>> twin = mt.Twin(mt.cell("trilayer", "film_growth"), {rate: mt.Drifting("5 %")}, use=use)
    >>> new = mt.simulate(mt.cell("trilayer"), mt.EIS("1 MHz", "0.1 Hz"))
    >>> twin.update(new, at=mt.Moment(cycle=0), noise="0.5 %").decision
    'assimilated'
    """

    def __init__(
        self,
        explanations: Cell | Mapping[str, Cell],
        free: Mapping[Key, FreeLike] | None = None,
        *,
        use: Cycling | None = None,
        alarms: Sequence[AlarmKind] | None = None,
        model_error: ModelError | None = None,
        label: str = "",
        considered: Sequence[str] | None = None,
        drift: Drifting | None = None,
        store: str | Path | Store | None = None,
    ) -> None:
        told = Settings.told(explanations, free, use, alarms, model_error, label, considered, drift)
        self.explanations, self.free, self.use, self.label = told.explanations, told.wanted, told.use, told.label
        self.model_error_settings, self.considered = told.model_error, told.considered
        self.alarm_kinds, self.store = told.alarms or (), store_of(store)
        given = coordinates_of(self.explanations, self.free, Usage(self.use), self.considered)
        spaces = self._spaces = with_drift(given, told.drift)
        self._told, self._read = {"yaml": told.to_yaml()}, (0, tuple[Evidence, ...]())
        empty = Bank.before_any(spaces, self.model_error_settings, self.alarm_kinds)
        self._memory = Memory(self.store, self._told["yaml"], empty)

    @classmethod
    def open(cls, store: str | Path | Store) -> Twin:
        """Return the twin that a store keeps, with its settings and all its evidence.

        Raises
        ------
        InputError
            There is no twin.
        """
        kept = store_of(store)
        body = kept.settings()
        if body is None:
            raise InputError(f"there is no twin in {store}: mt.Twin(..., store=...) makes one, or mgtwin watch.")
        told = Settings.from_yaml(str(body["yaml"]))
        return cls(
            told.explanations, told.wanted, use=told.use, alarms=told.alarms, model_error=told.model_error,
            label=told.label, considered=told.considered, drift=told.drift, store=kept,
        )  # fmt: skip

    # -- evidence -----------------------------------------------------------------------------------------------------
    def update(
        self, what: Given, *, at: Moment | None = None, noise: float | str | None = None, name: str = ""
    ) -> Update:
        """Take up measurements.

        Parameters
        ----------
        what : Dataset, DataTree, path, or iterable of these
            A spectrum of the cell at rest, as `mgtwin.read` returns it; a file, or a folder of files.
        at : Moment, optional
            When it was measured, a run in time when it ended (half cycles count as 0.5); by default what the
            measurement says.
        noise : float or str, optional
            Standard deviation of the instrument relative to |Z|; by default by Kramers and Kronig.
        name : str, optional
            Of the measurement, for messages.

        Returns
        -------
        Update

        Raises
        ------
        InputError
            Something is no evidence, of another cell, or does not say when it was measured: nothing is taken up then.
        MgtwinError
            The noise has to be found, and the library of the Kramers-Kronig test is not installed.
        """
        given = None if noise is None else noise_given(noise)
        # everything is looked at before anything is kept: an update is taken up whole or not at all
        pieces = [piece for label, ds in each(what, name) for piece in self._pieces(ds, label, at, given)]
        if not pieces:
            raise InputError("there is nothing to take up: the folder or list is empty.")
        if at and len({(piece.moment, piece.kind) for piece in pieces}) < len(pieces):
            raise InputError(f"{len(pieces)} measurements are not all of {at}: give each with an at= of its own.")
        if any(piece.noise is None and not piece.verdict for piece in pieces):
            self._in_order([*self.store.evidence(), *pieces])  # refuses what is of an unknown noise
        with self.store.locked():
            known = self.store.noises()
            # In front of the first evidence, and again where somebody has changed them: the state depends on both.
            if self.store.settings() != self._told:
                self.store.append(Record("settings", self._told))
            for piece in pieces:
                self.store.put(piece)
            decisions = {}
            for piece in pieces:
                decisions[piece.name] = decision_on(piece, known, given)
                if piece.sha not in known:
                    self.store.append(Record("decision", {"sha": piece.sha, "decision": decisions[piece.name]}))
        return Update(decisions, self)

    def _pieces(self, dataset: xr.Dataset, name: str, at: Moment | None, noise: float | None) -> list[Evidence]:
        kind, parts = admitted(dataset, name, at, Usage(self.use), [*self.explanations.values()], self.label)
        tested = [(noise, "") if noise is not None else kind.tested(part, own) for part, own, _ in parts]
        whole = zip(parts, tested, strict=True)
        return [Evidence(content_hash(ds), own, moment, kind.type, ds, *found) for (ds, own, moment), found in whole]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What is assimilated, in order, with the noise that counts for each piece."""
        count = len(self.store.records())  # a journal only grows: as long as it is as long, it says the same
        if self._read[0] != count:
            self._read = count, self._in_order(self.store.evidence())
        return self._read[1]

    def _in_order(self, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        # a cell that changed while it was measured is of no one moment
        return tuple(pooled(Usage(self.use).in_order(item for item in evidence if not item.verdict)))

    @property
    def _measured(self) -> tuple[Evidence, ...]:
        if not self.evidence:
            raise InputError("nothing has been measured yet: twin.update(mt.read('spectrum.mpt'), at=...).")
        return self.evidence

    @property
    def bank(self) -> Bank:
        """All explanations with their odds, and what the watch over them found.

        Raises
        ------
        InputError
            Nothing has been measured yet.
        """
        return self._memory.bank(self._measured)

    @property
    def lives(self) -> Mapping[str, Life]:
        """What each explanation says of the life of the cell, since its last break where there was one."""
        return self.bank.lives

    # -- what it says -------------------------------------------------------------------------------------------------
    @property
    def odds(self) -> xr.DataArray:
        """Probability of every explanation after every piece of evidence, (evidence, explanation)."""
        return self.bank.odds.assign_attrs(units="1", long_name="probability of the explanation")

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """What went wrong, oldest first."""
        return self.bank.alarms if self.evidence else ()

    def alarm_scores(self) -> xr.Dataset:
        """How much every mechanism would explain, and what has added up, over (evidence, mechanism).

        Returns
        -------
        xarray.Dataset
            ``z`` and ``cusum`` [standard deviations], with the coordinate ``cycle``.
        """
        return self.bank.scores

    @property
    def journal(self) -> tuple[Record, ...]:
        """Everything that was given, decided and told, oldest first."""
        return self.store.records()

    @property
    def plot(self) -> Plots:
        """Figures: ``twin.plot()``, ``twin.plot.odds()``, ``twin.plot.alarms()``."""
        return Plots(self)

    @property
    def best(self) -> str:
        """The most probable explanation."""
        return max(self._weights, key=lambda name: self._weights[name])

    @property
    def _weights(self) -> dict[str, float]:
        return dict(zip(self.bank.names, self.bank.odds.values[-1].tolist(), strict=True))

    @property
    def cell(self) -> Cell:
        """The cell now, by the most probable explanation; what was assimilated has a standard deviation.

        Where the model's error is large beside the noise hidden numbers have none: there only forecasts hold.
        """
        return self._cell(self.lives[self.best], -1)

    def cell_at(self, cycle: float) -> Cell:
        """The cell as it was when the last measurement up to a cycle was taken, with all that is known today.

        Raises
        ------
        InputError
            Nothing had been measured by then.
        """
        usage, lives = Usage(self.use), self.bank.whole(self.best)
        # a life begins anew where the cell broke
        pairs = [(life, k) for life in lives for k in range(len(life.evidence))]
        found = [(life, k) for life, k in pairs if usage.cycle(life.evidence[k].moment) <= cycle]
        if not found:
            raise InputError(f"nothing had been measured by cycle {cycle:g}.")
        return self._cell(*found[-1])

    def _cell(self, life: Life, k: int) -> Cell:
        # a wrong model gives hidden numbers standard deviations that do not hold
        spread = {} if life.forecasts_only else life.considered.deviations(k)
        return life.coordinates.cell_at(life.states[k], spread)

    @property
    def moment(self) -> Moment:
        """That of the last measurement."""
        return self._measured[-1].moment

    @property
    def noise(self) -> float:
        """Of the instrument, relative to |Z|."""
        return self.bank.running(self.best).noise

    @property
    def model_error(self) -> ModelError:
        """What no parameter of the best explanation removes, as estimated."""
        return self.bank.running(self.best).model_error

    @property
    def forecasts_only(self) -> bool:
        """Whether the model is too wrong for its hidden numbers: its error is at least twice the noise."""
        return self.bank.running(self.best).forecasts_only

    def forecast(
        self,
        protocol: Cycling,
        quantiles: Sequence[float] = QUANTILES,
        until: Limit | None = None,
        *,
        voltages: bool = True,
    ) -> xr.Dataset:
        """What the cell will do, by all explanations with their odds.

        Parameters
        ----------
        protocol : Cycling
            What will be done, from now on.
        quantiles : sequence of float
        until : Limit, optional
            Then ``time_to_limit`` has quantiles of the cycles until it is reached, inf beyond the protocol, and
            ``limit_reached`` the probability that it is reached within it.
        voltages : bool
            Whether end voltages are forecast, for which a few cells are simulated.

        Returns
        -------
        xarray.Dataset
            Over (cycle, quantile): ``impedance_modulus_quantiles`` [ohm] of what would be measured at the lowest
            frequency, noise included, ``deposition_voltage_quantiles`` and ``dissolution_voltage_quantiles`` [V],
            ``contact_fraction_quantiles`` and ``film_resistance_quantiles`` [ohm m2] of every ``interface``: nan but
            for the median where the model is too wrong for them (`forecasts_only`).

        Raises
        ------
        InputError
            The protocol is none of cycles, or a quantile is not between 0 and 1.
        MgtwinError
            The most probable life was not found.
        """
        return forecast(self.lives, self._weights, protocol, quantiles, until, voltages=voltages)

    def history(self, quantiles: Sequence[float] = QUANTILES) -> xr.Dataset:
        """What the cell was, by the most probable explanation: bands over the cycles of the measurements.

        Of hidden numbers only the median is left where the model is too wrong for them (`forecasts_only`).
        """
        return history(self.bank.whole(self.best), self.best, quantiles)

    def next_experiment(
        self,
        candidates: Mapping[str, Candidate | Protocol],
        horizon: int = 10,
        about: Limit | Sequence[str] | None = None,
    ) -> Prospects:
        """Rank what could be measured, and when, by what it would tell.

        Parameters
        ----------
        candidates : mapping
            Name to a protocol, or a `Candidate` with the noise of its instrument; without one, that of this twin's.
        horizon : int
            They could be done now, after half as many cycles or after so many; what counts is what is known then.
        about : Limit or sequence of str, optional
            What should be known: cycles until a limit, or numbers (paths, wildcards); by default the whole state.

        Raises
        ------
        InputError
            None of the candidates can be done, or `about` names nothing that any explanation leaves open.
        MgtwinError
            The most probable life was not found.
        """
        return prospects(self.bank, candidates, horizon, about)

    def fit(self, name: str = "") -> Fit:
        """`mgtwin.fit` of all spectra with one explanation, for its profiles and table.

        What ages or wanders has a value of its own in every Dataset; the rest, priors included, is free as here.
        """
        return fitted(self._spaces, name or self.best, self._measured)

    def summary(self) -> str:
        """What the cell is now, in a few lines."""
        try:
            return in_words(self.bank)
        except InputError as error:
            return str(error)

    __str__ = summary

    def __repr__(self) -> str:
        return f"<Twin {self.label or next(iter(self.explanations.values())).name}: {', '.join(self.explanations)}>"
