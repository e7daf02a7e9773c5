"""The main job: simulate the experiments of the paper, and compare them with what it observed."""

from .compare import Row
from .paper import paper_experiments, run_paper
from .table import PaperResults
from .verdicts import Agrees, Calibrated, Contradicts, Failed, NotComparable, Verdict

__all__ = [
    "Agrees",
    "Calibrated",
    "Contradicts",
    "Failed",
    "NotComparable",
    "PaperResults",
    "Row",
    "Verdict",
    "paper_experiments",
    "run_paper",
]
