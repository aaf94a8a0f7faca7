"""Codebooks: what is asked of every sentence, loaded from YAML and checked as a whole."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from stance.errors import CodebookError
from stance.polarity_terms import AGAINST_TERMS, FAVOR_TERMS
from stance.records import TargetName
from stance.strict_yaml import faults_of, parse_mapping
from stance.targets import target_faults

SHIPPED = Path(__file__).parent / "assets" / "codebooks"
DEFAULT = "diplomacy"

_Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def _needs_target(wording: str) -> str:
    if "{target}" not in wording:
        raise ValueError("a stance wording must contain {target}")
    return wording


_StanceWording: TypeAlias = Annotated[_Text, AfterValidator(_needs_target)]
_FROZEN = ConfigDict(extra="forbid", frozen=True)

FAVOR = (
    "The text is favorable to {target}.",
    "{target} is portrayed positively.",
    "The author supports {target}.",
)
AGAINST = (
    "The text is critical of {target}.",
    "{target} is portrayed negatively.",
    "The author opposes {target}.",
)
RELEVANCE = ("The text mentions {target}.",)


class Frame(BaseModel):
    """One frame: definition for people, hypotheses for a model, terms for the lexical scorer."""

    model_config = _FROZEN

    definition: _Text
    hypotheses: tuple[_Text, ...] = Field(min_length=1)
    terms: tuple[_Text, ...] = ()
    threshold: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _distinct(self) -> Frame:
        if len(set(self.hypotheses)) < len(self.hypotheses):
            raise ValueError("two hypotheses are the same")
        return self


class Target(BaseModel):
    """Somebody or something that a stance is taken toward."""

    model_config = _FROZEN

    name: str
    aliases: tuple[str, ...] = ()


class StanceWordings(BaseModel):
    """How stance is asked: the targets, and wordings with ``{target}`` in favour and against.

    The relevance wordings are a gate: a sentence that does not entail them is not about the target.
    The default wordings are those that the shipped calibration was fitted with; terms are for the
    lexical scorer.
    """

    model_config = _FROZEN

    targets: Literal["auto"] | tuple[Target, ...] = "auto"
    favor: tuple[_StanceWording, ...] = Field(default=FAVOR, min_length=1)
    against: tuple[_StanceWording, ...] = Field(default=AGAINST, min_length=1)
    relevance: tuple[_StanceWording, ...] = RELEVANCE
    favor_terms: tuple[_Text, ...] = FAVOR_TERMS
    against_terms: tuple[_Text, ...] = AGAINST_TERMS

    @property
    def wordings(self) -> tuple[str, ...]:
        """Every wording: favor, against, relevance."""
        return (*self.favor, *self.against, *self.relevance)

    @property
    def names(self) -> tuple[TargetName, ...]:
        """The declared targets; none where they are proposed from the corpus."""
        declared = () if self.targets == "auto" else self.targets
        return tuple(TargetName(target.name, target.aliases) for target in declared)

    @model_validator(mode="after")
    def _findable(self) -> StanceWordings:
        faults = "; ".join(target_faults(self.names))
        if faults:
            raise ValueError(faults)
        return self


class Codebook(BaseModel):
    """A codebook: frames in order, an optional stance part, and the threshold of a tag."""

    model_config = _FROZEN

    name: _Name
    version: int = Field(default=1, ge=1)
    frames: dict[_Name, Frame] = Field(min_length=1)
    stance: StanceWordings | None = None
    threshold: float = Field(default=0.5, gt=0, lt=1)

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """Every wording of every frame, in order."""
        return tuple(wording for frame in self.frames.values() for wording in frame.hypotheses)

    def threshold_of(self, frame: str) -> float:
        """Return the probability from which a sentence carries a frame."""
        own = self.frames[frame].threshold
        return self.threshold if own is None else own


def shipped_names() -> tuple[str, ...]:
    """Return the names of the shipped codebooks, the default first."""
    names = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    return (DEFAULT, *(name for name in names if name != DEFAULT))


def load_codebook(name_or_path: str | Path) -> Codebook:
    """Load a codebook by the name it ships under, or from a YAML file.

    Raises:
        CodebookError: The name is unknown, or the file cannot be read, is not YAML, has a key
            twice, or does not fit; the message names every fault with its path.
    """
    path = _find(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CodebookError(f"{path}: cannot be read as a codebook: {error}") from error
    return parse_codebook(text, str(path))


def parse_codebook(text: str, place: str) -> Codebook:
    """Return the codebook written in YAML; ``place`` names it in messages.

    Raises:
        CodebookError: As in `load_codebook`.
    """
    try:
        raw = parse_mapping(text, "codebook", "name and frames")
    except ValueError as error:
        raise CodebookError(f"{place}: {error}") from error
    try:
        return Codebook.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(faults_of(error, Codebook, whole="codebook"))
        raise CodebookError(f"{place}: {faults}") from error


def _find(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if text in shipped_names():
        return SHIPPED / f"{text}.yaml"
    path = Path(name_or_path)
    if os.path.isfile(path):  # noqa: PTH113 - False for a name that is too long
        return path
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        raise CodebookError(f"{text}: there is no such codebook file; check the path")
    near = get_close_matches(text, shipped_names(), n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else "or give the path of a YAML file"
    raise CodebookError(
        f"unknown codebook {text!r}; the shipped ones are {', '.join(shipped_names())} ({hint})"
    )
