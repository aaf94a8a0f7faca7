"""The config of a run: YAML, checked as a whole and frozen; every fault is told at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from stance.errors import ConfigError
from stance.records import TargetName
from stance.strict_yaml import faults_of, parse_mapping, parse_yaml
from stance.targets.written import read_targets, written_targets

Check: TypeAlias = Callable[[str], "str | None"]
"""Returns what is wrong with a value, or None."""


@final
@dataclass(frozen=True, slots=True)
class Checks:
    """What a config names and cannot judge itself: each check returns the fault of a value.

    Each of them judges a name or a path.
    """

    model: Check = field(default=lambda _: None)
    codebook: Check = field(default=lambda _: None)
    input: Check = field(default=lambda _: None)
    calibration: Check = field(default=lambda _: None)


def _checked(kind: str) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        checks: Checks = info.context or Checks()
        fault: str | None = getattr(checks, kind)(value)
        if fault:
            raise ValueError(fault)
        return value

    return AfterValidator(check)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _names(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


def _truth(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(f"{value!r} is text, not a truth value; write true or false")
    return value


def _number(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError(f"{value!r} is not a number")
    return value


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise ValueError("a value is there twice")
    return values


def _wordings(value: object) -> Literal["all"] | tuple[int, ...]:
    if value == "all":
        return "all"
    numbers = value if isinstance(value, list) else [value]
    if numbers and all(type(number) is int and number > 0 for number in numbers):
        return tuple(_distinct(tuple(numbers)))
    raise ValueError(
        f"{value!r} is not a choice of wordings; write all, a number from 1 or a list of numbers"
    )


def _choices(value: object) -> Literal["each"] | tuple[Literal["all"] | tuple[int, ...], ...]:
    if value == "each":
        return "each"
    if not isinstance(value, list) or not value:
        raise ValueError(f"{value!r} is not a list of wordings; write each or a list")
    return tuple(_distinct(tuple(map(_wordings, value))))


def _filled(value: object) -> object:
    return {} if value is None else value


_Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")]
_Truth: TypeAlias = Annotated[StrictBool, BeforeValidator(_truth)]
_Whole: TypeAlias = Annotated[StrictInt, Field(ge=0), BeforeValidator(_number)]
_Place: TypeAlias = Annotated[StrictInt, Field(ge=1), BeforeValidator(_number)]
_Model: TypeAlias = Annotated[_Text, _checked("model")]
_Codebook: TypeAlias = Annotated[_Text, _checked("codebook")]
_Threshold: TypeAlias = Annotated[float, Field(gt=0, lt=1), BeforeValidator(_number)]
_AS_IT_IS = PlainSerializer(lambda value: value)
Wordings: TypeAlias = Annotated[
    Literal["all"] | tuple[int, ...], PlainValidator(_wordings), _AS_IT_IS
]
"""Which wordings of every frame count: all, or some by their numbers from 1."""

_Targets: TypeAlias = Annotated[
    Literal["auto", "none"] | tuple[TargetName, ...] | None,
    PlainValidator(read_targets),
    PlainSerializer(written_targets),
]

_FROZEN = ConfigDict(extra="forbid", frozen=True)


class Grid(BaseModel):
    """What is varied; a run measures every combination. An empty list is what the config says.

    ``wordings: each`` is all, then every wording alone.
    """

    model_config = _FROZEN

    models: Annotated[tuple[_Model, ...], AfterValidator(_distinct)] = ()
    codebooks: Annotated[tuple[_Codebook, ...], AfterValidator(_distinct)] = ()
    wordings: Annotated[
        Literal["each"] | tuple[Literal["all"] | tuple[int, ...], ...],
        PlainValidator(_choices),
        _AS_IT_IS,
    ] = ()
    thresholds: Annotated[tuple[_Threshold, ...], AfterValidator(_distinct)] = ()


class RunConfig(BaseModel):
    """Everything that a run is made of.

    Paths are relative to the folder of the config. ``targets`` takes the place of those of every
    codebook; ``calibration`` is a file that `stance calibrate` wrote. ``part`` is the number of
    sentences in a part that is scored and kept as one; ``labels`` says what the columns of a
    checkpoint are, where its own names do not; ``by`` and ``period`` say which groups the table of
    cells shows.
    """

    model_config = _FROZEN

    name: _Name
    inputs: Annotated[
        tuple[Annotated[_Text, _checked("input")], ...],
        Field(min_length=1),
        BeforeValidator(_listed),
    ]
    columns: dict[str, str] = {}
    skip_bad: _Truth = False
    limit: _Place | None = None
    codebook: _Codebook = "diplomacy"
    model: _Model = "mini"
    wordings: Wordings = "all"
    threshold: _Threshold | None = None
    targets: _Targets = None
    calibration: Annotated[_Text, _checked("calibration")] | None = None
    by: _Text | None = None
    period: Literal["year", "month", "week", "day"] | None = None
    seed: _Whole = 0
    threads: _Whole = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    labels: Annotated[tuple[_Text, ...], BeforeValidator(_names)] = ()
    part: _Place = 512
    report: _Truth = True
    grid: Annotated[Grid, BeforeValidator(_filled)] = Grid()

    @model_validator(mode="after")
    def _said_once(self) -> RunConfig:
        twice = [
            f"{one} and grid.{many} are both there; write one of them"
            for one, many in _AXES
            if one in self.model_fields_set and getattr(self.grid, many)
        ]
        if self.calibration and max(len(self.grid.models), len(self.grid.codebooks)) > 1:
            twice.append("calibration is of one model and codebook; vary neither beside it")
        if twice:
            raise ValueError("; ".join(twice))
        return self

    def digest(self) -> str:
        """Return eight hexadecimal digits that change with anything that can change a figure.

        A key that is null counts as one that there is not.
        """
        unsaid = {name for name in ("dtype", "labels") if getattr(self, name) in ("auto", ())}
        left_out = {"threads", "device", *unsaid}
        content = self.model_dump(mode="json", exclude=left_out, exclude_none=True)
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


_AXES = (
    ("model", "models"),
    ("codebook", "codebooks"),
    ("wordings", "wordings"),
    ("threshold", "thresholds"),
)


def load_config(path: Path, settings: Sequence[str] = (), *, checks: Checks) -> RunConfig:
    """Load the config of a run and change it by settings such as ``grid.thresholds=[0.3, 0.5]``.

    Raises:
        ConfigError: The file cannot be read or does not fit; the message tells every fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such config; check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as a config: {error}") from error
    return parse_config(text, str(path), settings, checks=checks)


def parse_config(
    text: str, place: str, settings: Sequence[str] = (), *, checks: Checks | None = None
) -> RunConfig:
    """Return the config written in YAML; ``place`` names it in messages.

    Raises:
        ConfigError: As in `load_config`.
    """
    try:
        raw = parse_mapping(text, "config", "name and inputs")
    except ValueError as error:
        raise ConfigError(f"{place}: {error}") from error
    for setting in settings:
        raw = _changed(raw, setting)
    try:
        return RunConfig.model_validate(raw, context=checks)
    except ValidationError as error:
        faults = faults_of(error, RunConfig, whole="config")
        raise ConfigError(f"{place}: {'; '.join(faults)}") from error


def _changed(raw: Mapping[Any, Any], setting: str) -> dict[Any, Any]:
    path, equals, text = setting.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"--set {setting}: write it as --set a.b=value")
    try:
        value = parse_yaml(text)
    except ValueError as error:
        raise ConfigError(f"--set {setting}: {error}") from error
    return _replaced(raw, keys, value, setting)


def _replaced(
    raw: Mapping[Any, Any], keys: Sequence[str], value: object, setting: str
) -> dict[Any, Any]:
    first, *rest = keys
    if not rest:
        return {**raw, first: value}
    inner = raw.get(first) or {}
    if not isinstance(inner, Mapping):
        raise ConfigError(f"--set {setting}: {first} is a value, not a mapping, and holds no key")
    return {**raw, first: _replaced(inner, rest, value, setting)}
