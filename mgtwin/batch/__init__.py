"""Many parameter sets of one cell in time, side by side: sweeps, ensembles, derivatives (docs/theory.md §7).

`runs` makes Datasets of cells that differ in numbers, `stacks` integrates a stack with some of its numbers as inputs,
`radau` and `elimination` know nothing of cells. None of them is imported here: PyBaMM takes seconds.
"""
