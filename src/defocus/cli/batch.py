"""``defocus batch``: one edit for a folder of photos."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal

import click

from defocus.cli._batch_display import display_for
from defocus.cli._batch_report import Report
from defocus.cli._device import device_flag
from defocus.cli._run import EXIT_FAILED, EXIT_INTERRUPTED, FilePath, handled, say_error
from defocus.cli._streams import say
from defocus.cli.options import edit_flags, split_edit
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.batch import Entry, Options, Summary
    from defocus.edit import Edit


@click.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option(
    "--workers", type=click.IntRange(1, 1024),
    help="Photos at a time. Default: one a CPU, or fewer if the memory does not hold them.",
)  # fmt: skip
@click.option(
    "--memory", metavar="SIZE",
    help="What all workers together may use, such as 4G. Default: three quarters of what is free.",
)  # fmt: skip
@click.option(
    "--retry-failed", is_flag=True, help="Also try photos again that failed before, unchanged."
)
@click.option(
    "--overwrite", is_flag=True, help="Replace files in OUT that no batch into OUT has made."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--report", type=FilePath(dir_okay=False),
    help="Write a line of JSON for each photo to this file.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Worker processes here, or Ray.",
)  # fmt: skip
@click.option("--address", help="Of the Ray cluster. Default: Ray on this machine.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@device_flag
@edit_flags
@handled
def batch(
    source: str,
    target: str,
    workers: int | None,
    memory: str | None,
    retry_failed: bool,
    overwrite: bool,
    dry_run: bool,
    report: Path | None,
    engine: Literal["local", "ray"],
    address: str | None,
    quiet: bool,
    **choices: Any,
) -> None:
    """Apply one edit to all photos in the folder IN, into the folder OUT with the same tree.

    Run it again after new photos, an interruption or a crash: it does what is left. Photos that
    fail are listed at the end and do not stop the others; the exit code is then 2. IN and OUT may
    be URLs that fsspec opens, such as s3://bucket/photos.

    \b
    defocus batch holiday portraits                   all photos below holiday
    defocus batch holiday portraits --edit look.json  as one photo was edited before
    defocus batch holiday portraits --dry-run         what would be done
    """
    from defocus.batch import Options
    from defocus.batch.memory import parse_bytes

    if address and engine != "ray":
        raise DefocusError("--address is for --engine ray")
    options = Options(
        workers=workers,
        memory=parse_bytes(memory) if memory else None,
        retry_failed=retry_failed,
        overwrite=overwrite,
        engine=engine,
        address=address,
    )
    edit = split_edit(choices)
    with Report(report) as lines:
        if dry_run:
            _dry_run(source, target, edit, options, lines)
            return
        summary = _run(source, target, edit, options, lines, quiet=quiet)
    _conclude(summary, quiet=quiet)


def _dry_run(source: str, target: str, edit: Edit, options: Options, lines: Report) -> None:
    from defocus.batch import Entry, plan_batch

    plan = plan_batch(source, target, edit, options)
    for warning in plan.warnings:
        say_error(warning)
    planned = [Entry(job.source, job.target, "planned") for job in plan.jobs]
    for entry in sorted((*plan.settled, *planned), key=lambda entry: entry.source):
        click.echo(os.fsencode(_line(entry)))
        lines.add(entry)


def _run(
    source: str,
    target: str,
    edit: Edit,
    options: Options,
    lines: Report,
    *,
    quiet: bool,
) -> Summary:
    from defocus.batch import Interrupts, run_batch

    with display_for(quiet=quiet) as display, Interrupts(display.stopping) as interrupts:

        def on_entry(entry: Entry) -> None:
            display.show(entry)
            lines.add(entry)

        return run_batch(
            source,
            target,
            edit,
            options,
            on_plan=display.begin,
            on_entry=on_entry,
            interrupts=interrupts,
        )


def _conclude(summary: Summary, *, quiet: bool) -> None:
    """List the failures, sum up, and exit with the code that tells."""
    failed = [entry for entry in summary.entries if entry.status == "failed"]
    for entry in failed:
        say_error(f"{entry.source}: {entry.error}")
    if not quiet:
        _tell_notes(summary)
    if failed or not quiet:
        counts = [f"{summary.count('done')} done in {summary.seconds:.1f} s"]
        counts += [f"{summary.count('skipped')} done before"] if summary.count("skipped") else []
        counts += [f"{len(failed)} failed (--retry-failed tries again)"] if failed else []
        counts += [f"{summary.count('planned')} left"] if summary.interrupted else []
        say(f"{len(summary.entries)} photos: {', '.join(counts)}")
    if summary.interrupted:
        say_error("interrupted; nothing half written was left behind, run again for the rest")
        sys.exit(EXIT_INTERRUPTED)
    if failed:
        sys.exit(EXIT_FAILED)


def _tell_notes(summary: Summary) -> None:
    """What results lack, and how many; the report has it for each photo."""
    photos: dict[str, list[str]] = {}
    for entry in summary.entries:
        for note in entry.notes:
            photos.setdefault(note, []).append(entry.source)
    for note, names in photos.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        say_error(f"{min(names)}{more}: {note}")


def _line(entry: Entry) -> str:
    how = {"done": "done", "skipped": "done before", "planned": "to do", "failed": "failed"}
    tail = f": {entry.error}" if entry.error else ""
    return f"{entry.source} -> {entry.target}  {how[entry.status]}{tail}"
