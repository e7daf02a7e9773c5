"""The experiments of the paper as files: what was done to which cells, and what was observed."""

from .files import Experiment, Run, experiment, load_experiment
from .observation import Observation

__all__ = ["Experiment", "Observation", "Run", "experiment", "load_experiment"]
