"""A checksum behind the HDF5 data of a result: whether a file is still what was written, and if not, what is damaged.

It covers every byte and is compared before HDF5 sees them, which reads many damaged files without a word and hangs on
some. It stands behind the end that HDF5 knows of, so that any other tool opens the file as before.

    HDF5 data | index (JSON: checksum and places of the numbers of each variable) | SHA-256 | length of the index | mark
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from dataclasses import dataclass

from mgtwin.errors import FileError

__all__ = ["HDF5", "Image", "seal", "unseal"]

HDF5 = b"\x89HDF\r\n\x1a\n"
_MARK = b"mgtwin\x00\x01"
_END = struct.Struct(f">32sQ{len(_MARK)}s")
_REMEDY = "Take it from a copy, or run again what made it."


@dataclass(frozen=True)
class Image:
    """The HDF5 data of a file, and whether a checksum vouches for them."""

    data: bytes
    is_sealed: bool


def seal(data: bytes) -> bytes:
    """Return HDF5 data with their checksum behind them."""
    import h5py

    places: dict[str, list[list[int]]] = {}

    # (offset, length) of the numbers of every variable. Texts of changing length lie elsewhere, with the names.
    def note(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Group):
            return
        if item.chunks is not None:
            # Compressed variables lie in pieces anywhere in the file.
            chunks = [item.id.get_chunk_info(k) for k in range(item.id.get_num_chunks())]
            places[name] = [[int(chunk.byte_offset), int(chunk.size)] for chunk in chunks]
        # No offset: the variable is empty or lies among the headers, which no variable is blamed for.
        elif item.id.get_offset() is not None:
            places[name] = [[int(item.id.get_offset()), int(item.id.get_storage_size())]]

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(note)
    index = json.dumps({name: [_sum(data, parts), *parts] for name, parts in places.items()}).encode()
    digest = hashlib.sha256(data + index).digest()
    return data + index + _END.pack(digest, len(index), _MARK)


def unseal(raw: bytes, path: str) -> Image:
    """Return the HDF5 data of a file if they are what was written.

    Raises
    ------
    FileError
        The file is damaged or incomplete; the message says which variables are.
    """
    # Of fixed size and last in the file: it is found without reading what may be damaged.
    digest, length, mark = _END.unpack(raw[-_END.size :]) if len(raw) >= _END.size else (b"", 0, b"")
    if mark == _MARK:
        sealed = raw[: -_END.size]
        # The index is covered too: otherwise damage in it could blame a sound variable.
        data, index = sealed[: len(sealed) - length], sealed[len(sealed) - length :]
        if hashlib.sha256(sealed).digest() == digest:
            return Image(data, is_sealed=True)
        # The variables whose numbers changed; else the change is among everything that describes them.
        try:
            names = [name for name, (total, *places) in json.loads(index).items() if _sum(data, places) != total]
            what = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
            what = what if names else "names, units, texts or attributes (cell, protocol, warnings) are"
        # The index itself may be what is damaged, and then holds anything.
        except (ValueError, TypeError, AttributeError):
            what = "its checksum is"
        raise FileError(f"is damaged: {what} not what was written. {_REMEDY}", path)
    # Without a mark it is a file of before there were checksums, which ends where HDF5 says, or one whose end is lost.
    # HDF5 data say their length: behind two other addresses in versions 0 and 1 of the first block, behind one in 2, 3.
    is_hdf5 = raw.startswith(HDF5) and len(raw) >= 48
    whole = int(struct.unpack_from("<Q", raw, 40 if raw[8] < 2 else 28)[0]) if is_hdf5 else len(raw)
    if len(raw) != whole:
        what = "incomplete" if len(raw) < whole else "damaged at its end, where its checksum was"
        raise FileError(f"is {what}: it has {len(raw)} bytes, of which {whole} are data. {_REMEDY}", path)
    return Image(raw, is_sealed=False)


def _sum(data: bytes, places: list[list[int]]) -> int:
    total = 0  # CRC-32 finds what is damaged; that something is, SHA-256 has said
    for offset, length in places:
        total = zlib.crc32(data[offset : offset + length], total)
    return total
