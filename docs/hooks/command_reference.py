"""A hook of mkdocs: the page of commands is written from the commands themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import click

MARK = "<!-- commands -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the mark by the reference of every command; called by mkdocs for every page."""
    if MARK not in markdown:
        return markdown
    from stance.cli import commands

    return markdown.replace(MARK, reference(commands))


def leaves(
    group: click.Group, path: tuple[str, ...] = ("stance",)
) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with its full name, in alphabetical order."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def reference(group: click.Group) -> str:
    """Return the reference of all commands in Markdown: usage, help, options."""
    return "\n".join(_section(name, command) for name, command in leaves(group))


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join((name, *command.collect_usage_pieces(context)))
    options = [p for p in command.get_params(context) if isinstance(p, click.Option)]
    listed = "\n".join(_option(option, context) for option in options if not option.hidden)
    text = _as_markdown(command.help or "")
    return f"## `{name}`\n\n```text\n{usage}\n```\n\n{text}\n\n{listed}"


def _option(option: click.Option, context: click.Context) -> str:
    metavar = "" if option.is_flag else f" {option.make_metavar(context)}"
    names = ", ".join((*option.opts, *option.secondary_opts))
    marks = [_as_markdown(option.help or "")]
    if option.required:
        marks.append("Required.")
    if option.multiple:
        marks.append("May be given again.")
    if option.show_default and not option.is_flag and option.default is not None:
        marks.append(f"Default: `{option.default}`.")
    return f"`{names}{metavar}`\n:   {' '.join(mark for mark in marks if mark)}\n"


def _as_markdown(text: str) -> str:
    """Return help with words that are options or files in code, so that dashes stay dashes."""
    return re.sub(
        r"(?<![\w`-])(--[a-z][a-z-]*)", r"`\1`", inspect.cleandoc(text).replace("\b\n", "")
    )
