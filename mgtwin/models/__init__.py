"""Differential equations: a stack of layers and interfaces as an ordinary PyBaMM model."""
