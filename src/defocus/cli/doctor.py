"""``defocus doctor``: what a bug report needs to know."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from defocus.cli._run import EXIT_FAILED, handled, say_error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--no-self-test", is_flag=True, help="Do not blur the sample.")
@handled
def doctor(as_json: bool, no_self_test: bool) -> None:
    """Tell whether this installation works: libraries, folders, memory, and a self-test.

    Paste what it says into a bug report. The exit code is 2 if something is wrong.
    """
    from defocus.doctor import examine

    facts = examine(self_test=not no_self_test)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo("\n".join(_lines(facts)))
        for problem in facts["problems"]:
            say_error(problem)
        if not facts["problems"]:
            click.echo("all is well")
    if facts["problems"]:
        sys.exit(EXIT_FAILED)


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = []
    for topic, found in facts.items():
        if topic == "problems" or not found:
            continue
        title = topic.replace("_", " ")
        if isinstance(found, dict):
            lines += [title, *(f"  {name}: {_text(value)}" for name, value in found.items())]
        else:
            lines.append(f"{title}: {_text(found)}")
    return lines


def _text(value: Any) -> str:
    if value is None:
        return "not installed"
    if isinstance(value, dict):
        return ", ".join(_fact(name, fact) for name, fact in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _fact(name: str, fact: Any) -> str:
    if name in ("version", "licence", "path"):
        return str(fact)
    return f"{name.replace('_', ' ')} {_text(fact)}"
