"""What all tests share: one thread for linear algebra, no telemetry, repeatable random examples."""

from __future__ import annotations

import os

# before anything imports numpy or PyBaMM: threads of BLAS only get into each other's way on small matrices
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# an example that fails must fail for everyone; timings on a shared machine are no failure
settings.register_profile("mgtwin", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("mgtwin")


@pytest.fixture(autouse=True)
def _own_parameter_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the parameter sets of whoever runs it."""
    monkeypatch.delenv("MGTWIN_PATH", raising=False)


#: Files of somebody outside the package, which tests declare and forget: collected, they would stay declared.
collect_ignore = ["extend"]
