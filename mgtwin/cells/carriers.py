"""Carriers of charge under the name of version 0.1.0; they are declared in `mgtwin.kinds`."""

from ..kinds.carriers import ANIONS, ELECTRONS, Carrier, shared

__all__ = ["ANIONS", "ELECTRONS", "Carrier", "shared"]
