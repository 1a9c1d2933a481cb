"""``defocus models``: which depth models there are, and fetching them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from defocus.cli._run import handled
from defocus.errors import ModelError

if TYPE_CHECKING:
    from defocus.depth.store import PinnedFile


@click.group()
def models() -> None:
    """List, fetch and verify depth models. Nothing is downloaded before you ask for it."""


@models.command("list")
@handled
def list_models() -> None:
    """Show every model that --model knows by name, and whether it is on disk."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "on disk", "size", "licence"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what it is", overflow="fold")
    for row in _rows():
        table.add_row(*row)
    Console().print(table)


@models.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask: the licence is accepted.")
@handled
def fetch(name: str, yes: bool) -> None:
    """Download the model NAME, or a hub id such as owner/name@revision.

    Licence and size are shown first. An interrupted download is resumed by the next; what arrives
    is checked before it is used.
    """
    from defocus.depth.store import ALIASES, MODELS, find_model

    if name == "builtin":
        click.echo("builtin ships with defocus")
    elif name in MODELS or name in ALIASES:
        _fetch_pinned(find_model(name), yes)
    elif _is_hub_name(name):
        _fetch_hub(name, yes)
    else:
        find_model(name)


@models.command()
@click.argument("names", nargs=-1)
@handled
def verify(names: tuple[str, ...]) -> None:
    """Compare the SHA-256 of NAMES, or of every model on disk, with the pinned one."""
    from defocus.depth import store

    chosen = [store.find_model(name) for name in names]
    if not names:
        chosen = [model for model in store.MODELS.values() if store.path_of(model).exists()]
    for model in chosen:
        click.echo(f"{model.name}: {store.verify(model)} is whole")
    if not chosen:
        click.echo("no fetched model is on disk")


@models.command()
@click.argument("name", required=False)
@handled
def path(name: str | None) -> None:
    """Print the folder of fetched models, or the file of the model NAME."""
    from defocus.depth import store
    from defocus.depth.builtin import MODEL_PATH
    from defocus.folders import cache_dir

    if name is None:
        click.echo(cache_dir())
    elif name == "builtin":
        click.echo(MODEL_PATH)
    else:
        model = store.find_model(name)
        if not store.is_on_disk(model):
            raise ModelError(f"{name} is not on disk: run 'defocus models fetch {name}'")
        click.echo(store.path_of(model))


def _rows() -> list[tuple[str, str, str, str, str]]:
    from defocus.depth.builtin import MODEL_PATH
    from defocus.depth.hub import MIDAS_TWINS, HubModel, is_in_hub_cache
    from defocus.depth.registry import BACKENDS, model_names
    from defocus.depth.store import MODELS, is_on_disk

    def tick(there: bool) -> str:
        return "yes" if there else ""

    size = _megabytes(MODEL_PATH.stat().st_size)
    rows = [("builtin", "yes", size, "MIT AND Apache-2.0", "ships with defocus")]
    for model in MODELS.values():
        there = tick(is_on_disk(model))
        rows.append((model.name, there, _megabytes(model.size), model.licence, model.about))
    for name, repository in MIDAS_TWINS.items():
        there = tick(is_in_hub_cache(HubModel(repository)))
        rows.append((name, there, "", "", f"{repository}, newest revision, extra 'torch'"))
    plugins = [name for name in model_names() if name not in BACKENDS]
    rows += [(name, "yes", "", "", "of an installed plugin") for name in plugins]
    return rows


def _is_hub_name(name: str) -> bool:
    from defocus.depth.hub import MIDAS_TWINS

    return name in MIDAS_TWINS or "/" in name


def _fetch_pinned(model: PinnedFile, yes: bool) -> None:
    from defocus.depth.download import fetch as download
    from defocus.depth.store import is_on_disk

    if not is_on_disk(model):
        _agree(model.name, model.about, model.licence, model.size, model.url, yes)
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(model.name, total=model.size)
        target = download(
            model,
            progress=lambda stage, done: bar.update(task, completed=done * model.size),
        )
    click.echo(target)


def _fetch_hub(name: str, yes: bool) -> None:
    from defocus.depth.hub import HubModel, ask_hub, fetch_from_hub

    model = HubModel.parse(name)
    offer = ask_hub(model)
    where = f"https://huggingface.co/{model.repository}/tree/{offer.commit}"
    if model.revision is None:
        where += (
            "\nnot pinned: this is the newest revision, and may change; these very files are "
            f"{model.repository}@{offer.commit}"
        )
    _agree(name, model.repository, offer.licence, offer.size, where, yes)
    click.echo(fetch_from_hub(model, show_progress=True))


def _agree(name: str, about: str, licence: str, size: int, where: str, yes: bool) -> None:
    """Show what would come; go on only if that is wanted."""
    click.echo(f"{name}: {about}\nlicence {licence}, {_megabytes(size)}\n{where}", err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise ModelError(f"nobody is there to agree: 'defocus models fetch {name} --yes'")
    if not click.confirm("Fetch it?", default=True, err=True):
        raise ModelError(f"{name} was not fetched")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
