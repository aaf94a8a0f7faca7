"""Label Studio: the tasks it imports, the labelling configuration, and its exports as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from stance.errors import DataError
from stance.records import Polarity

TOGETHER = "frames"
"""Name of a control with one multiple choice for all frames: what is not chosen is 0."""


def labelling_config(definitions: Mapping[str, str], targets: Collection[str] = ()) -> str:
    """Return the labelling configuration: one radio 1 / 0 / NA a frame, with its definition.

    One radio favor / against / neutral / NA a target follows, which may be left open; the field
    ``targets`` of a task says which ones its sentence names.

    Args:
        definitions: Frame → definition, in the order to be shown.
        targets: The targets whose stance is asked for.
    """
    shown = ("before", "text", "after")
    texts = [f"<Text name='{name}' value='${name}'/>" for name in shown]
    frames = [
        _radio(frame, f"{frame}: {definition}", ("1", "0", "NA"), required=True)
        for frame, definition in definitions.items()
    ]
    named = ["<Header size='5' value='Stance toward: $targets'/>"] if targets else []
    stances = [
        _radio(f"stance:{target}", f"toward {target}", [p.value for p in Polarity], required=False)
        for target in targets
    ]
    lines = "\n".join(f"  {line}" for line in (*texts, *frames, *named, *stances))
    return f"<View>\n{lines}\n</View>\n"


def _radio(name: str, head: str, choices: Sequence[str], *, required: bool) -> str:
    options = "".join(f"<Choice value='{choice}'/>" for choice in choices)
    return (
        f"<Header size='5' value={quoteattr(head)}/>\n"
        f"  <Choices name={quoteattr(name)} toName='text' choice='single-radio' "
        f"showInline='true' required='{str(required).lower()}'>{options}</Choices>"
    )


def rows_of_tasks(tasks: Any, place: str, frames: Collection[str] | None) -> list[dict[str, Any]]:
    """Return an export (JSON or JSON-MIN) as rows in wide form, one a task and annotator.

    Raises:
        DataError: It is no list of tasks, a task has no data, or a multiple choice is given where
            the frames are not known.
    """
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise DataError(f"{place}: is not an export of Label Studio, which is a list of tasks")
    if not any("annotations" in task for task in tasks):
        return [dict(task) for task in tasks]
    return [
        row
        for number, task in enumerate(tasks, start=1)
        for row in _rows_of_task(task, f"{place}: task {number}", frames)
    ]


def _rows_of_task(
    task: Mapping[str, Any], place: str, frames: Collection[str] | None
) -> Iterator[dict[str, Any]]:
    if not isinstance(task.get("data"), dict):
        raise DataError(f"{place}: has no data; export the tasks as JSON")
    about = {
        name: task["data"].get(name)
        for name in ("article_id", "sentence_id", "text", "outlet", "inclusion_probability")
        if name in task["data"]
    }
    for annotation in task.get("annotations", []):
        if not annotation.get("was_cancelled"):
            chosen = _chosen(annotation.get("result", []), place, frames)
            yield {**about, "coder": _coder(annotation), **chosen}


def _coder(annotation: Mapping[str, Any]) -> str:
    who = annotation.get("completed_by")
    return str(who.get("email") or who.get("id")) if isinstance(who, dict) else str(who)


def _chosen(
    results: Sequence[Mapping[str, Any]], place: str, frames: Collection[str] | None
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for result in results:
        if result.get("type") != "choices":
            continue
        choices = result["value"]["choices"]
        if result["from_name"] != TOGETHER:
            row[result["from_name"]] = choices[0]
            continue
        if frames is None:
            raise DataError(f"{place}: chooses among all frames; name the codebook they are from")
        row |= {frame: int(frame in choices) for frame in frames}
        row |= dict.fromkeys(choices, 1)
    return row
