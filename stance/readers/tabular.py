"""Rows to articles: which column is the text, the title, the date, and what becomes of others."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import final

from stance.errors import ConfigError, DataError
from stance.readers.addresses import without_credentials
from stance.readers.decode import UTF8, with_newlines
from stance.readers.places import Fault, Found
from stance.readers.plain import compose, find_omissions
from stance.readers.rows import Row
from stance.records import Article

ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "title": ("title", "headline"),
    "text": ("text", "body", "content", "article"),
    "date": ("date", "published"),
    "outlet": ("outlet", "source"),
    "url": ("url", "link"),
}
"""What a column can be, and the names it is known by, in the order they are tried."""


@final
@dataclass(frozen=True, slots=True)
class Table:
    """What the rows of a table share: where it is, what its articles are called after, columns."""

    path: str
    stored: str | None
    name: str
    columns: Mapping[str, str]


def check_columns(columns: Mapping[str, str]) -> None:
    """Refuse a role that does not exist, offering the nearest one."""
    for role in columns:
        if role not in ROLES:
            meant = _meant(role)
            hint = f"did you mean {meant}?" if meant else f"choose from {', '.join(ROLES)}"
            raise ConfigError(f"columns: there is no role {role!r}; {hint}")


def articles_of_rows(rows: Iterable[Row | Fault], table: Table) -> Iterator[Found | Fault]:
    """Turn rows into articles; columns are found in every row anew, for JSON lines may differ."""
    known: tuple[str, ...] = ()
    roles: Mapping[str, str] = {}
    for row in rows:
        if isinstance(row, Fault):
            yield row
            continue
        names = tuple(row.values)
        if names != known:
            roles = _roles(names, table, first=not known)
            known = names
        yield _article(row, roles, table)


def as_text(value: object) -> str | None:
    """A cell as text; None, NaN and blank cells are None."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False, default=str)
    isoformat = getattr(value, "isoformat", None)
    text = isoformat() if isoformat else str("" if value is None else value)
    return text if text.strip() else None


def _meant(role: str) -> str | None:
    """The role that has ``role`` among its names, or that is spelled nearly like it."""
    lowered = role.lower()
    alias = next((name for name, names in ROLES.items() if lowered in names), None)
    return alias or next(iter(get_close_matches(lowered, ROLES, n=1)), None)


def _roles(names: tuple[str, ...], table: Table, *, first: bool) -> dict[str, str]:
    """The column of every role; the first row must have the text and every column asked for."""
    roles = {role: found for role in ROLES if (found := _column(role, names, table.columns))}
    if not first:
        return roles
    for role, name in table.columns.items():
        if role not in roles:
            raise DataError(f"{table.path}: there is no column {name!r}; {_listed(names)}")
    if "text" not in roles:
        hint = "name the one with the text: --column text=NAME"
        raise DataError(f"{table.path}: there is no column of text; {_listed(names)}; {hint}")
    return roles


def _column(role: str, names: tuple[str, ...], columns: Mapping[str, str]) -> str | None:
    if role in columns:
        return _named(columns[role], names)
    free = tuple(name for name in names if name not in columns.values())
    return next((found for alias in ROLES[role] if (found := _named(alias, free))), None)


def _named(wanted: str, names: tuple[str, ...]) -> str | None:
    if wanted in names:
        return wanted
    return next((name for name in names if name.strip().lower() == wanted.strip().lower()), None)


def _listed(names: tuple[str, ...]) -> str:
    return f"the columns are {', '.join(names)}"


def _article(row: Row, roles: Mapping[str, str], table: Table) -> Found | Fault:
    cells = {role: row.values.get(name) for role, name in roles.items()}
    body = cells.get("text")
    if isinstance(body, list | dict | bytes):
        return Fault(row.place, f"the text is a {type(body).__name__} and not text")
    text = as_text(body)
    if text is None:
        return Fault(row.place, "the text is empty")
    identifier = as_text(cells.get("id")) if "id" in cells else f"{table.name}:{row.number}"
    if identifier is None:
        return Fault(row.place, "the id is empty")
    return _built(row, roles, table, identifier.strip(), text)


def _built(
    row: Row, roles: Mapping[str, str], table: Table, identifier: str, body: str
) -> Found | Fault:
    known = {role: as_text(row.values.get(name)) for role, name in roles.items()}
    text, headline = compose(with_newlines(known.get("title") or ""), with_newlines(body))
    metadata = _metadata(row, set(roles.values()))
    if not _encodable(identifier, text, *known.values(), *metadata.values()):
        return Fault(row.place, "the row holds half of a surrogate pair, which is not text")
    article = Article(
        id=identifier,
        text=text,
        headline=headline,
        omissions=find_omissions(text, headline.end if headline else 0),
        date=known.get("date"),
        outlet=known.get("outlet"),
        url=without_credentials(known.get("url")),
        path=table.stored,
        metadata=metadata,
    )
    return Found(row.place, article)


def _metadata(row: Row, used: set[str]) -> dict[str, str]:
    others = {name: as_text(value) for name, value in row.values.items() if name not in used}
    kept = {name: text for name, text in others.items() if text is not None}
    return kept if row.encoding == UTF8 else {"encoding": row.encoding, **kept}


def _encodable(*texts: str | None) -> bool:
    return all(text is None or text.isascii() or _encodes(text) for text in texts)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
