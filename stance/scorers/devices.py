"""Which device and dtype torch computes on and in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stance.errors import ConfigError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("auto", "float32", "bfloat16", "float16")


def choose_device(device: str) -> torch.device:
    """Return the device of a name; ``auto`` is CUDA if there is one, else mps, else the CPU.

    Raises:
        ConfigError: There is no such device here, or no such name.
    """
    import torch

    if device not in DEVICES:
        raise ConfigError(f"--device {device}: name one of {', '.join(DEVICES)}")
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if device == "auto":
        return torch.device(next(name for name, there in present.items() if there))
    if not present[device]:
        raise ConfigError(
            f"--device {device}: torch {torch.__version__} finds no such device on this machine; "
            "use --device auto, or install a torch that is built for it"
        )
    return torch.device(device)


def choose_dtype(dtype: str) -> torch.dtype:
    """Return the dtype of a name; ``auto`` is float32 on every device, for the same scores.

    Raises:
        ConfigError: There is no such dtype.
    """
    import torch

    if dtype not in DTYPES:
        raise ConfigError(f"--dtype {dtype}: name one of {', '.join(DTYPES)}")
    chosen: torch.dtype = getattr(torch, "float32" if dtype == "auto" else dtype)
    return chosen


def place_suffix(device: torch.device, dtype: torch.dtype) -> str:
    """Return what a fingerprint says of the place: nothing for float32, equal on every device."""
    name = str(dtype).removeprefix("torch.")
    return "" if name == "float32" else f":{name}:{device.type}"
