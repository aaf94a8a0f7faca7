"""Where trials are made: the commands, what they give undisturbed, and fresh folders."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from .cases import Case, make_cases
from .checks import Tree, half_written, repeated, sentence_faults, tree
from .children import Child, Ended, start
from .forks import import_like, import_most


@dataclass(frozen=True)
class Outcome:
    """What came of one trial; ``struck`` tells whether the fault met the command at work."""

    fault: str
    case: str
    struck: bool
    violations: tuple[str, ...] = ()
    detail: str = ""
    skipped: bool = False


@dataclass(frozen=True)
class Undisturbed:
    """What a command gives when nothing happens, its seconds and its changes of the disk."""

    whole: Tree
    before: Tree
    seconds: float
    steps: tuple[str, ...]
    violations: tuple[str, ...]


class Lab:
    """A folder for trials, and what the commands give there when nothing happens."""

    def __init__(self, folder: Path, commands: Collection[str] = ()) -> None:
        self.folder, self._commands = folder, commands
        folder.chmod(0o755)
        (folder / "in").mkdir()
        self.cases = make_cases(folder / "in")
        self._settings = {"RAY_TMPDIR": str(folder / "ray"), "RAY_USAGE_STATS_ENABLED": "0"}
        self._numbers = count()
        self._undisturbed: dict[str, Undisturbed] = {}
        listed = folder / "steps.txt"
        import_most()
        self.must(self.cases["result"].command, folder, FAULTS_STEPS=str(listed))
        import_like(listed)

    @contextmanager
    def place(self) -> Iterator[Path]:
        """Make an empty folder, and remove it."""
        place = self.folder / f"trial-{next(self._numbers)}"
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def start(
        self,
        command: tuple[str, ...],
        place: Path,
        settings: Mapping[str, str] | None = None,
        *,
        fresh: bool = False,
    ) -> Child:
        """Start a command in a folder."""
        return start(command, place, settings={**self._settings, **(settings or {})}, fresh=fresh)

    def must(self, command: tuple[str, ...], place: Path, **settings: str) -> Ended:
        """Run a command that has to end well.

        Raises:
            RuntimeError: It does not.
        """
        ended = self.start(command, place, settings).wait()
        if ended.status != 0:
            raise RuntimeError(f"{' '.join(command)}: {ended.status}\n{ended.errors}")
        return ended

    def undisturbed(self, case: Case) -> Undisturbed:
        """Run a command twice in peace, once to count its steps and once for the time."""
        if case.name not in self._undisturbed:
            self._undisturbed[case.name] = self._measure(case)
        return self._undisturbed[case.name]

    def _measure(self, case: Case) -> Undisturbed:
        before: Tree = {}
        with self.place() as place:
            if case.before:
                self.must(case.before, place)
                before = tree(place, case.results)
            listed = self.folder / "steps.txt"
            self.must(case.command, place, FAULTS_STEPS=str(listed))
            import_like(listed)
            whole, steps = tree(place, case.results), listed.read_text(encoding="utf-8")
        with self.place() as place:
            seconds = self.must(case.command, place).seconds
            violations = (*repeated(place, case, whole), *sentence_faults(place, case))
        return Undisturbed(whole, before, seconds, tuple(steps.splitlines()), tuple(violations))

    def among(self, names: Iterable[str]) -> list[str]:
        """Return those of the commands that are to be tried."""
        return [name for name in names if not self._commands or name in self._commands]

    def in_peace(self) -> list[Outcome]:
        """Return, for every command that was tried, whether two runs in peace gave the same."""
        found = self._undisturbed.items()
        return [Outcome("none", name, False, own.violations, "run twice") for name, own in found]

    def prepare(self, case: Case, place: Path, *, earlier: bool) -> Tree:
        """Lay the earlier result under the names of the new one, and return it."""
        if not earlier or case.before is None:
            return {}
        self.must(case.before, place)
        return tree(place, case.results)

    def aftermath(self, case: Case, place: Path, before: Tree) -> list[str]:
        """Return what is wrong right after the fault, and after the command is given again."""
        whole = self.undisturbed(case).whole
        return half_written(place, case, whole, before) + self.again(case, place)

    def again(self, case: Case, place: Path) -> list[str]:
        """Give the command again, and return what is wrong then."""
        whole = self.undisturbed(case).whole
        child = self.start(case.command, place)
        ended = child.wait()
        wrong = [f"the repeat left {name} running" for name in child.left_running()]
        if ended.status != 0:
            return [*wrong, f"the repeat ended with {ended.status}: {last_line(ended.errors)}"]
        return wrong + repeated(place, case, whole)


def ended_well(ended: Ended) -> list[str]:
    """Return what is wrong with an end that is neither success nor one sentence of error."""
    if ended.status is None:
        return ["hung"]
    if ended.status == 0 or ended.one_sentence:
        return []
    return [f"ended with {ended.status}, not in one sentence: {last_line(ended.errors)}"]


def last_line(text: str) -> str:
    """Return the last line that says something, cut short."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "nothing was said"
