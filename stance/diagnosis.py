"""Whether this installation works: versions, processor, devices, extras, model and cache.

Nothing heavy is imported, and nothing is written.
"""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, final

from stance.cache import FILE, cache_folder
from stance.cache.database import FORM, damaged
from stance.errors import StanceError

NEEDED = (
    "click",
    "jaxtyping",
    "jinja2",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyyaml",
    "rich",
    "scikit-learn",
    "scipy",
    "tokenizers",
)
"""What `stance` cannot do without, by the names of the distributions."""
EXTRAS = {
    "html": ("trafilatura", "lxml_html_clean"),
    "agreement": ("krippendorff",),
    "hf": ("torch", "transformers", "datasets", "safetensors"),
    "ray": ("ray",),
    "onnx": ("torch", "transformers", "safetensors", "onnx"),
    "fast": ("openvino",),
    "notebooks": ("ipykernel", "nbclient"),
}
"""The modules of every extra that a user may want."""

_MODEL = Path(__file__).parent / "assets" / "models" / "mini"
_NATIVE = ("numpy", "pyarrow", "onnxruntime", "tokenizers")
_BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16")
_MEGABYTE = 1_000_000


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``ok``, something ``absent`` that is optional, or ``broken``.

    ``mend`` says what to do, where there is something to do.
    """

    part: str
    name: str
    state: Literal["ok", "absent", "broken"]
    detail: str
    mend: str = ""


def diagnose(*, model: Path = _MODEL, cache: Path | None = None) -> tuple[Finding, ...]:
    """Look at everything.

    Args:
        model: The folder of the shipped model.
        cache: The folder of the score cache; by default that of the user.
    """
    return (
        *_versions(),
        *_processor(),
        _accelerator(),
        *_extras(),
        _model(model),
        _cache(cache_folder() if cache is None else cache),
    )


def _versions() -> Iterator[Finding]:
    yield Finding("versions", "python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield Finding("versions", "platform", "ok", platform.platform())
    again = "pip install --force-reinstall stance"
    for name in ("stance", *NEEDED):
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            own = name == "stance"
            state: Literal["absent", "broken"] = "absent" if own else "broken"
            yield Finding("versions", name, state, "not installed", f"pip install {name}")
            continue
        fault = _import_fault(name) if name in _NATIVE else ""
        if fault:
            yield Finding(
                "versions", name, "broken", f"{found}, cannot be imported: {fault}", again
            )
        else:
            yield Finding("versions", name, "ok", found)


def _import_fault(name: str) -> str:
    """Return why a library cannot be imported; a compiled one fails with any kind of exception."""
    try:
        import_module(name)
    except Exception as error:
        return " ".join(str(error).split())[:200] or type(error).__name__
    return ""


def _processor() -> Iterator[Finding]:
    cores = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    detail = f"{platform.machine()}, {allowed} of {cores} cores"
    yield Finding("processor", "cores", "ok", detail)
    flags = _flags()
    if flags is None:
        yield Finding("processor", "bfloat16", "absent", "this system does not tell")
        return
    found = [flag for flag in _BFLOAT16 if flag in flags]
    state: Literal["ok", "absent"] = "ok" if found else "absent"
    why = ", ".join(found) or "not there; leave out --precision fast"
    yield Finding("processor", "bfloat16", state, why)


def _flags() -> set[str] | None:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return set(found[1].split()) if found else None


def _accelerator() -> Finding:
    """Tell by the files of driver and torch, since importing torch takes seconds."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return Finding("devices", "accelerator", "absent", "cpu only: torch is not installed")
    version = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    cuda = re.search(r"^cuda\b[^=]*= *['\"]([\d.]+)", version, re.MULTILINE)
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Finding("devices", "accelerator", "ok", "mps")
    if cuda and Path("/dev/nvidiactl").exists():
        return Finding("devices", "accelerator", "ok", f"cuda {cuda[1]}")
    why = "torch was built without cuda" if cuda is None else "there is no NVIDIA driver"
    return Finding("devices", "accelerator", "absent", f"cpu only: {why}")


def _extras() -> Iterator[Finding]:
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if find_spec(name) is None]
        if missing:
            mend = f"pip install 'stance[{extra}]'"
            yield Finding("extras", extra, "absent", f"without {', '.join(missing)}", mend)
        else:
            yield Finding("extras", extra, "ok", ", ".join(modules))


def _model(folder: Path) -> Finding:
    try:
        from stance.scorers.bundled import verify_model

        hashes = verify_model(folder)
    except ImportError as error:
        return Finding("model", "mini", "broken", f"cannot be loaded: {error}")
    except StanceError as error:
        return Finding("model", "mini", "broken", str(error))
    return Finding("model", "mini", "ok", f"{len(hashes)} files with the listed SHA-256: {folder}")


def _cache(folder: Path) -> Finding:
    path = folder / FILE
    mend = f"stance cache clear, or remove {path}"
    if not path.exists():
        return Finding("cache", "scores", "absent", f"{path}: not there; --cache on makes it")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            (form,) = opened.execute("PRAGMA user_version").fetchone()
            opened.execute("SELECT key FROM scores LIMIT 1").fetchone()
    except sqlite3.Error as error:
        return Finding("cache", "scores", "broken", f"{path}: cannot be read ({error})", mend)
    if form != FORM:
        return Finding("cache", "scores", "broken", f"{path}: has form {form}, not {FORM}", mend)
    aside = len(damaged(path))
    also = f", {aside} damaged ones set aside" if aside else ""
    size = path.stat().st_size / _MEGABYTE
    return Finding("cache", "scores", "ok", f"{path}: {size:.1f} MB{also}")
