"""The command line. Each command lives in its own module and is imported when it runs."""

from __future__ import annotations

import importlib
from typing import Any, cast

import click

import defocus
from defocus.errors import OutOfMemoryError
from defocus.room import NUMPY, check_room

# name → (where the click command lives, its one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "blur": ("defocus.cli.blur:blur", "Blur the background of photos as a fast lens would."),
    "batch": ("defocus.cli.batch:batch", "Apply one edit to a folder of photos."),
    "depth": ("defocus.cli.depth:depth", "Write the disparity of a photo."),
    "inspect": ("defocus.cli.inspect:inspect", "Show what a photo holds and where focus would go."),
    "looks": ("defocus.cli.looks:looks", "List, show, save and remove looks."),
    "models": ("defocus.cli.models:models", "List, fetch and verify depth models."),
    "doctor": ("defocus.cli.doctor:doctor", "Tell whether this installation works."),
    "edit": (
        "defocus.cli.edit:edit",
        "Edit photos in the browser and save over them: for editors.",
    ),
    "studio": ("defocus.cli.studio:studio", "Edit photos in the browser: click to focus."),
}


class LazyGroup(click.Group):
    """Commands that are imported when they run, so that ``--help`` is fast."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from defocus.cli._streams import settle

        settle()
        return super().__call__(*args, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        try:
            check_room(NUMPY)
            return cast("click.Command", getattr(importlib.import_module(module), attribute))
        except OutOfMemoryError as error:
            click.echo(f"defocus: {error}", err=True)
            ctx.exit(2)
        except ImportError as error:
            from defocus.blame import blamed

            fault = blamed(error)
            if fault is None:
                raise
            click.echo(f"defocus: {fault}", err=True)
            ctx.exit(2)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in COMMANDS or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        from defocus.cli._hints import unknown_command

        raise click.UsageError(unknown_command(args[0], list(COMMANDS)), ctx)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            from defocus.cli._hints import with_hint

            raise with_hint(error) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(defocus.__version__, prog_name="defocus")
def main() -> None:
    """Portrait mode for any photo.

    Start with:  defocus blur photo.jpg
    """
