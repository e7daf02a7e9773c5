"""Capacitors and constant-phase elements under the name of version 0.1.0; they are declared in `mgtwin.kinds`."""

from ..kinds.capacitors import CPE, BulkDielectric, Capacitance, Capacitor

__all__ = ["CPE", "BulkDielectric", "Capacitance", "Capacitor"]
