"""Who computes what is looked at, and when: the newest move wins, long work is done aside with progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import MgtwinError
from ..fitting import Free, fit
from .measured import Measured
from .picture import Picture
from .state import Exploration

if TYPE_CHECKING:
    from .followed import Followed, Told

__all__ = ["Seen", "Session", "drawn"]

# Models that are built stay with the thread that built them (`mgtwin.simulation.built`): one for moves, one for longer
# work, for all screens together.
_QUICK, _ASIDE = (ThreadPoolExecutor(1, f"mgtwin-explore-{name}") for name in ("moves", "aside"))


class _Superseded(BaseException):
    """Ends work that nobody waits for any more; no error, so that nothing on its way takes it for one."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a screen shows.

    Attributes
    ----------
    state : Exploration
    picture : Picture or None
        None as long as nothing could be drawn.
    before : Picture or None
        What was there before the last move.
    error : str
        Why the picture is not that of the state.
    busy : str
        What is being done; ``""`` where the picture is that of the state.
    fraction : float
        How much of it is done.
    note : str
        What a fit found.
    seconds : float
        What the picture took.
    """

    state: Exploration
    picture: Picture | None = None
    before: Picture | None = None
    error: str = ""
    busy: str = ""
    fraction: float = 0.0
    note: str = ""
    seconds: float = 0.0


def drawn(
    state: Exploration,
    data: tuple[Measured, ...] = (),
    progress: Callable[[float, str], None] = lambda f, t: None,
    twin: Followed | None = None,
) -> Picture:
    """Return the picture of a state: the simulation that `mgtwin run` would do, and what its page shows of it.

    Raises
    ------
    InputError, SimulationError
        As `mgtwin.simulate`.

    Examples
    --------
    >>> picture = drawn(Exploration("trilayer"))
    >>> [chart.name for chart in picture.charts], picture.readings["|Z| at 10 mHz"]
    (['Nyquist', 'Bode, modulus', 'Bode, phase'], '7.193 kohm')
    """
    sight = state.sight(data, progress, twin)
    return state.kind.picture(sight, state.kind.result(sight))


class Session:
    """One screen: it is told of moves and tells what is to be seen.

    Parameters
    ----------
    state : Exploration
    data : tuple of Measured
    show : callable
        Called with what is `Seen`, from any thread.
    twin : Followed, optional
        Of a running cell; who follows it tells the session with `follow`.

    Examples
    --------
    >>> session = Session(Exploration("trilayer"))
    >>> session.move(lambda state: state.moved("temperature", "40 degC"))
    >>> session.wait().picture.readings["|Z| at 10 mHz"]
    '3.226 kohm'
    """

    def __init__(
        self,
        state: Exploration,
        data: tuple[Measured, ...] = (),
        show: Callable[[Seen], None] = lambda seen: None,
        twin: Followed | None = None,
    ) -> None:
        self.data, self.show, self.twin = data, show, twin
        self.seen = Seen(state)
        self._lock = threading.RLock()
        self._wanted = state
        self._gesture: object = None
        # one piece of each, by whether it is long: what is quick must not wait for what cannot be left (a twin's life)
        self._work: dict[bool, Future[None]] = {}
        self._closed = False

    @property
    def state(self) -> Exploration:
        """The newest state, whether it has been drawn or not."""
        return self._wanted

    def start(self) -> None:
        """Draw the first picture, and test the data aside."""
        self._ask()
        if any(item.is_spectrum and not item.verdict for item in self.data):
            _ASIDE.submit(self._judge)

    def close(self) -> None:
        """Nobody looks any more: whatever is being done ends."""
        self._closed = True

    def move(self, change: Callable[[Exploration], Exploration], gesture: object = None) -> None:
        """Change the state; what is refused is said and leaves it as it was.

        Parameters
        ----------
        change : callable
            From a state to the next one.
        gesture : object
            Moves of one gesture (a slider that is dragged) have the same curve before them; None is a gesture of its
            own.
        """
        # moves come from one browser one after the other, but a fit ends in a thread of its own
        with self._lock:
            try:
                state = change(self._wanted)
            except MgtwinError as error:
                self.tell(error=str(error))
                return
            if gesture is None or gesture != self._gesture:
                # a curve of another page is no curve before this one
                same = state.page == self.seen.state.page
                self.seen = replace(self.seen, before=self.seen.picture if same else None, note="")
            self._gesture, self._wanted = gesture, state
        # the number beside a slider must not wait for what takes long
        if state.kind.long:
            self.tell(busy="computing", error="")
        self._ask()

    def follow(self, told: Told) -> None:
        """Go on with the cell as it has become by new measurements; what was turned stays."""
        self.data = told.beside(self.data)
        self.move(lambda state: state.follows(told.cell, told.start))

    def fit(self) -> None:
        """Begin a fit of the numbers that are free to the data, from here; its end moves the state there."""
        state = self._wanted
        # said at once: a fit that cannot begin must not wait behind a cycling run for its turn
        if not self.data or not state.free:
            what = "the numbers that it may change" if self.data else "data: --data FILE, or data= in Python"
            self.tell(error=f"a fit needs {what}.")
            return
        _ASIDE.submit(self._fit, state)

    def aside(self, work: Callable[[], None]) -> None:
        """Do something that takes its time; what is refused is said."""

        def guarded() -> None:
            try:
                work()
            except MgtwinError as error:
                self.tell(error=str(error))

        _ASIDE.submit(guarded)

    def wait(self, seconds: float = 60.0) -> Seen:
        """Wait until the newest state is drawn, and return what is seen."""
        until = time.monotonic() + seconds
        while (work := self._work.get(self._wanted.kind.long)) is not None and time.monotonic() < until:
            work.result(max(until - time.monotonic(), 0))
        return self.seen

    # -- in the threads that work ------------------------------------------------------------------------------------
    def tell(self, **changes: object) -> None:
        """Change what is `Seen`; also what is `busy` elsewhere, and what is an `error` there."""
        with self._lock:  # two threads tell, each of its own part
            self.seen = seen = replace(self.seen, **changes)  # type: ignore[arg-type]  # fields of `Seen`
        if not self._closed:
            self.show(seen)

    def _ask(self) -> None:
        with self._lock:
            # one piece of work for each screen at most, so that screens take turns; it looks for newer moves at its end
            long = self._wanted.kind.long
            if long not in self._work and not self._closed:
                self._work[long] = (_ASIDE if long else _QUICK).submit(self._draw, long)

    def _draw(self, long: bool) -> None:
        """Draw the newest state; where a newer one has come by then, that one is next."""
        state, began = self._wanted, time.perf_counter()

        def progress(fraction: float, text: str) -> None:
            # the one place at which work that takes long can be left
            if self._closed or self._wanted is not state:
                raise _Superseded
            if long:
                self.tell(busy=text or "computing", fraction=fraction, error="")

        try:
            # a page of the other sort is drawn by the other thread
            if state.kind.long != long:
                raise _Superseded
            progress(0.0, "")
            picture = drawn(state, self.data, progress, self.twin)
            if self._wanted.page != state.page:
                raise _Superseded
        except _Superseded:
            pass
        except MgtwinError as error:
            if self._wanted.page == state.page:
                self.tell(state=state, error=str(error), busy="")
        else:
            seconds = time.perf_counter() - began
            self.tell(state=state, picture=picture, error="", busy="", seconds=seconds)
        finally:
            with self._lock:
                del self._work[long]
                # within the lock: a move that comes now either is seen here or begins work of its own
                newer = self._wanted is not state
            if newer:
                self._ask()

    def _judge(self) -> None:
        judged = {item.measurement: item.judged() for item in self.data}
        # a twin may have brought others meanwhile
        self.data = tuple(judged.get(item.measurement, item) for item in self.data)
        # the same state anew: the verdict is part of its picture
        self._wanted = replace(self._wanted)
        self._ask()

    def _fit(self, state: Exploration) -> None:
        def progress(fraction: float, text: str) -> None:
            if self._closed or self._wanted is not state:
                raise _Superseded
            self.tell(busy=f"fitting: {text}", fraction=fraction, error="")

        try:
            progress(0.0, ", ".join(state.free))
            pairs = [(state.now, item.measurement.dataset) for item in self.data]
            found = fit(pairs, {path: Free() for path in state.free}, progress=progress)
            progress(1.0, "")
        except _Superseded:
            self.tell(busy="", note="The fit was left: something was moved while it ran.")
        except MgtwinError as error:
            self.tell(busy="", error=f"the fit failed: {error}")
        else:
            # like any other move, so that the curve before it stays to be compared
            values = {path: found.values[path] for path in state.free}
            self.move(lambda now: replace(now, set={**now.set, **values}))
            self.tell(busy="", note=str(found))
