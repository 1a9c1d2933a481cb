"""Write docs/cli.md from the commands' own help. A test checks that it is up to date.

./dev python docs/make_cli_help.py
"""

from __future__ import annotations

from pathlib import Path

import click

from defocus.cli import COMMANDS, main

TARGET = Path(__file__).parent / "cli.md"
HEAD = """# The command line

Made by `docs/make_cli_help.py` from the commands' own help; do not edit.
"""


def help_of(command: click.Command, words: list[str]) -> list[str]:
    """A heading and the help of one command, then of those below it."""
    names = main.context_settings["help_option_names"]  # the commands inherit them when they run
    context = click.Context(command, info_name=" ".join(words), help_option_names=names)
    context.terminal_width = context.max_content_width = 100
    parts = [f"## {' '.join(words)}\n\n```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                parts += help_of(below, [*words, name])
    return parts


def text() -> str:
    """The whole page."""
    context = click.Context(main, info_name="defocus")
    parts = [HEAD]
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is not None:
            parts += help_of(command, ["defocus", name])
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(text())
