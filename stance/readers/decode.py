"""Bytes to text: byte order marks, UTF-8, UTF-16, Windows-1252; what is not text is refused."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import final

UTF8 = "utf-8"
_SAMPLE = 2**16
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODECS = {UTF8: "utf-8-sig", "windows-1252": "cp1252"}
_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"\x7fELF", "a program"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH = re.compile(r"[^\x00-\x7f]")


@final
@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with newlines as ``\\n`` and without byte order mark, and the encoding it had."""

    text: str
    encoding: str

    @property
    def metadata(self) -> dict[str, str]:
        """The encoding, where it was not UTF-8."""
        return {} if self.encoding == UTF8 else {"encoding": self.encoding}


@final
@dataclass(frozen=True, slots=True)
class NotText:
    """Why bytes were refused, and the mend where it is not the usual one."""

    reason: str
    mend: str | None = None


def decode(data: bytes) -> Decoded | NotText:
    """Decode a whole article, never guessing where a guess would change its words.

    A byte order mark decides; then the zero bytes of UTF-16; then strict UTF-8; then Windows-1252,
    if most of the text is ASCII and it is not UTF-8 with a damaged byte.
    """
    magic = _magic(data)
    if magic:
        return NotText(f"the file is not text but looks like {magic}")
    encoding = encoding_of(data)
    if isinstance(encoding, NotText):
        return encoding
    try:
        text = data.decode(codec_of(encoding))
    except UnicodeDecodeError as error:
        return NotText(f"the file is not valid {encoding} at byte {error.start}")
    if looks_binary(text):
        return NotText("the file is not text but looks like binary data")
    return Decoded(with_newlines(text), _family(encoding))


def encoding_of(data: bytes, *, whole: bool = True) -> str | NotText:
    """Name the encoding of ``data``; not ``whole``, it may end inside a character."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    wide = _zero_pattern(data[:_SAMPLE])
    if wide:
        return wide
    try:
        codecs.getincrementaldecoder(UTF8)().decode(data, final=whole)
    except UnicodeDecodeError as error:
        return _legacy(data, error.start)
    return UTF8


def codec_of(encoding: str) -> str:
    """The name Python has for an encoding; UTF-8 drops a byte order mark."""
    return _CODECS.get(encoding, encoding)


def looks_binary(text: str) -> bool:
    """Whether text holds a NUL, or more than one control character in a hundred."""
    head = text[:_SAMPLE]
    return "\x00" in text or sum(1 for _ in _CONTROL.finditer(head)) * 100 > max(len(head), 100)


def with_newlines(text: str) -> str:
    """Turn every ``\\r\\n`` and ``\\r`` into ``\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _magic(data: bytes) -> str | None:
    return next((name for magic, name in _MAGIC if data.startswith(magic)), None)


def _family(encoding: str) -> str:
    return encoding.removesuffix("-le").removesuffix("-be")


def _zero_pattern(sample: bytes) -> str | None:
    """UTF-16 of Latin letters has a zero in every second byte and hardly any elsewhere."""
    even, odd, half = sample[0::2].count(0), sample[1::2].count(0), max(len(sample) // 2, 1)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _legacy(data: bytes, damaged: int) -> str | NotText:
    """Windows-1252, unless the bytes are damaged UTF-8 or mostly another alphabet."""
    lenient = data.decode(UTF8, errors="replace")
    replaced = lenient.count("\ufffd")
    if sum(1 for _ in _HIGH.finditer(lenient)) > 2 * replaced:
        return NotText(f"the file is UTF-8 with a damaged byte at {damaged}")
    text = data.decode("cp1252", errors="replace")
    if looks_binary(text) or text.count("\ufffd") > 0:
        return NotText("the file is not text but looks like binary data")
    if sum(1 for _ in _HIGH.finditer(text)) * 4 > len(text):
        return NotText("the file is not text in UTF-8, UTF-16 or Windows-1252")
    return "windows-1252"
