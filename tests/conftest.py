"""What all tests share: one thread for linear algebra, no telemetry, repeatable random examples."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser of the system, driven by Playwright, which downloads none."""
    pytest.importorskip("panel")
    playwright = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as driver:
        # in a container there is nothing to set the sandbox up with
        opened = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


@pytest.fixture(scope="session")
def served() -> Callable[[Sequence[str]], AbstractContextManager[str]]:
    """Starts a server by a command, ``PORT`` in it replaced by a free one; says where it is."""

    @contextmanager
    def serve(command: Sequence[str]) -> Iterator[str]:
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            port = asked.getsockname()[1]
        address = f"http://127.0.0.1:{port}/"
        process = subprocess.Popen([item.replace("PORT", str(port)) for item in command])
        try:
            for _ in range(600):
                try:
                    urlopen(address, timeout=5).close()
                    break
                except (URLError, OSError):
                    assert process.poll() is None, "the server ended"
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(20)

    return serve
