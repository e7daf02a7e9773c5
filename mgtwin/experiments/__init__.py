"""Experiments as files: what was done to which cells, and what was observed; folders of them that belong together."""

from .files import Experiment, Run, experiment, load_experiment
from .folder import Campaign, campaign, campaigns
from .observation import Observation

__all__ = ["Campaign", "Experiment", "Observation", "Run", "campaign", "campaigns", "experiment", "load_experiment"]
