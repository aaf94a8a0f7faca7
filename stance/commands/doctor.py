"""``stance doctor``: whether this installation works."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from stance.commands import options


@click.command()
@options.form("table", "json")
def doctor(form: str) -> None:
    """Print versions, devices, extras, and the state of model and cache; exit 1 if one is broken.

    Nothing is downloaded or written.
    """
    from stance.commands.printing import print_json
    from stance.diagnosis import diagnose
    from stance.errors import harmless

    found = diagnose()
    if form == "json":
        print_json([asdict(finding) for finding in found])
    else:
        for part in dict.fromkeys(finding.part for finding in found):
            click.echo(part)
            for finding in (each for each in found if each.part == part):
                mend = f"; {finding.mend}" if finding.mend and finding.state != "ok" else ""
                detail = harmless(f"{finding.detail}{mend}")
                click.echo(f"  {finding.name:<14}{finding.state:<8}{detail}")
    sys.exit(any(finding.state == "broken" for finding in found))
