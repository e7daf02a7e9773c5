"""Which observations stand against each other: a column for each minimal conflict."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from mgtwin.errors import InputError
from mgtwin.plot.look import COLOURS, INK, MUTED, PALE, panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["conflicts"]


class _Conflict(Protocol):
    @property
    def rows(self) -> Sequence[str]: ...
    @property
    def move(self) -> Mapping[str, float]: ...


class _Correction(Protocol):
    @property
    def rows(self) -> Collection[str]: ...


class _Answer(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def conflicts(self) -> Sequence[_Conflict]: ...
    @property
    def corrections(self) -> Sequence[_Correction]: ...


class _Reconciled(Protocol):
    @property
    def answers(self) -> Sequence[_Answer]: ...


def conflicts(found: _Reconciled, *, ax: Axes | None = None) -> Axes:
    """Draw which observations cannot hold together: one column for each minimal conflict, answers beside each other.

    Rows of the likeliest smallest correction are filled in red; the factor above a column is the smallest by which one
    of its observations has to move.

    Parameters
    ----------
    found : Reconciled
        What `mgtwin.reconcile` returned.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        It is something else.
    """
    match found:
        case object(answers=_):
            pass
        case _:
            raise InputError(f"conflicts draws what mt.reconcile returns, not a {type(found).__name__}.")
    columns = [(answer, one) for answer in found.answers for one in answer.conflicts]
    rows = sorted({row for _, one in columns for row in one.rows})
    with panel(ax, "", (3.4 + 0.42 * max(len(columns), 4), 1.6 + 0.27 * max(len(rows), 2))) as drawn:
        ax = drawn.ax
        ax.grid(False)
        if not columns:
            ax.text(0.5, 0.5, "everything can hold together", transform=ax.transAxes, ha="center", color=MUTED)
        for k in range(0, len(rows), 2):
            ax.axhspan(k - 0.5, k + 0.5, color=PALE, lw=0, zorder=0)
        for k, (answer, one) in enumerate(columns):
            heights = sorted(rows.index(row) for row in one.rows)
            ax.plot([k, k], [heights[0], heights[-1]], color=MUTED, lw=1.0, zorder=2)
            wrong = answer.corrections[0].rows if answer.corrections else ()
            for height in heights:
                filled = rows[height] in wrong
                colour = COLOURS[1] if filled else INK
                ax.plot(k, height, "o", ms=6.5, mec=colour, mfc=colour if filled else "white", mew=1.2, zorder=3)
            least = min(one.move.values(), default=float("inf"))
            ax.text(
                k, len(rows) - 0.35, f"×{least:.2g}", ha="center", va="bottom", fontsize=7.5, color=MUTED, rotation=90
            )
        ends = [k for k in range(1, len(columns)) if columns[k][0] is not columns[k - 1][0]]
        for k in ends:
            ax.axvline(k - 0.5, color=MUTED, lw=0.8, ls=":")
        for start, end in zip([0, *ends], [*ends, len(columns)], strict=True):
            if start < end:
                ax.text((start + end - 1) / 2, -0.75, columns[start][0].name, ha="center", va="top", fontsize=8.5)
        ax.set(xlim=(-0.6, max(len(columns), 1) - 0.4), ylim=(-0.5, len(rows) + 1.0), xticks=[])
        ax.set_yticks(range(len(rows)), [row.replace("_", " ") for row in rows])
        if columns:
            marked, other = (
                ax.plot([], [], "o", ms=6.5, mec=edge, mfc=face, mew=1.2)[0]
                for edge, face in ((COLOURS[1], COLOURS[1]), (INK, "white"))
            )
            texts = ("in the likeliest smallest correction", "in a conflict; ×: what one has to move by")
            ax.legend(
                [marked, other], texts, loc="upper right", bbox_to_anchor=(1, -0.1), ncols=2, fontsize=7.5,
                handletextpad=0.2, columnspacing=1.0, borderaxespad=0,
            )  # fmt: skip
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.tick_params(length=0)
    return ax
