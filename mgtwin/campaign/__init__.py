"""Whole campaigns: the experiments of the paper against what it observed, and the explanations of ageing."""

from .ageing import explanations, run_ageing
from .ageing_table import AgeingResults
from .compare import Row
from .paper import paper_experiments, run_paper
from .table import PaperResults
from .verdicts import Agrees, Calibrated, Contradicts, Failed, NotComparable, Verdict

__all__ = [
    "AgeingResults",
    "Agrees",
    "Calibrated",
    "Contradicts",
    "Failed",
    "NotComparable",
    "PaperResults",
    "Row",
    "Verdict",
    "explanations",
    "paper_experiments",
    "run_ageing",
    "run_paper",
]
