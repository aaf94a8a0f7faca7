"""YAML read strictly, and the faults of what does not fit told in one line with near names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError


class _Loader(yaml.SafeLoader):
    """A safe loader by the core rules of YAML 1.2: yes, no, on, off and dates stay text.

    It refuses duplicate keys, keys that are not text, tags, anchors and aliases.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node unless it is an alias or has an anchor."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            problem = f"the anchor or alias {event.anchor!r} is not read; write the value out"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        if getattr(event, "tag", None):
            problem = f"the tag {event.tag!r} is not read; write the value without it"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key, line = loader.construct_object(key_node, deep=True), key_node.start_mark.line + 1
        if not isinstance(key, str | int | float | bool):
            problem = "a key must be text"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        if key in seen:
            problem = f"the key {key!r} is there twice, in lines {seen[key]} and {line}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        seen[key] = line
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _letters in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", _FLOAT, "-+0123456789."),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_letters)
    )
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def parse_mapping(text: str, what: str, keys: str) -> dict[str, Any]:
    """Return the mapping written in YAML; ``what`` it is and its first ``keys`` are for messages.

    Raises:
        ValueError: As in `parse_yaml`, or it is no mapping.
    """
    raw = parse_yaml(text)
    if not isinstance(raw, dict):
        raise ValueError(f"a {what} is a YAML mapping with the keys {keys}")
    return raw


def parse_yaml(text: str) -> Any:
    """Return what a YAML document holds.

    Raises:
        ValueError: It is not YAML, has a key twice, or uses anchors; the message names the line and
            the mend.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(_yaml_fault(error)) from error


def _yaml_fault(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        before = f"{error.context}, " if str(error.problem).startswith("but ") else ""
        problem = f"{before}{error.problem}"
        if r"'\t'" in problem:
            problem = "a tab stands where only spaces may"
        return f"line {error.problem_mark.line + 1}: {problem}; mend the YAML there"
    return f"is not valid YAML ({' '.join(str(error).split())})"


def faults_of(error: ValidationError, model: type[BaseModel], *, whole: str) -> list[str]:
    """Return every fault of what was validated, each with its path and, for a key, near names.

    Args:
        error: What pydantic found.
        model: The model that was to be validated.
        whole: What the whole is called where a fault has no path.
    """
    return [_fault(dict(fault), model, whole) for fault in error.errors(include_url=False)]


def _fault(fault: dict[str, Any], model: type[BaseModel], whole: str) -> str:
    path = fault["loc"]
    place = ".".join(str(part) for part in path if part != "[key]") or whole
    if fault["type"] != "extra_forbidden":
        return f"{place}: {str(fault['msg']).removeprefix('Value error, ')}"
    near = get_close_matches(str(path[-1]), _keys_at(model, path[:-1]), n=1)
    return f"{place}: unknown key" + (f" (did you mean {near[0]}?)" if near else "")


def _keys_at(model: type[BaseModel], path: Sequence[object]) -> list[str]:
    for part in path:
        if part in model.model_fields:
            model = _model_in(model.model_fields[str(part)].annotation) or model
    return sorted(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
