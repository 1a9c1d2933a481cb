"""``defocus models``: which depth models there are, and fetching them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from defocus.cli._bar import bar
from defocus.cli._run import handled
from defocus.errors import ModelError

if TYPE_CHECKING:
    from defocus.depth.hub import HubModel
    from defocus.depth.store import PinnedFile


# of a model on the hub, by what is pinned: what a listing says, and what a check has found
_PINNED = {
    "SHA-256": "pinned",
    "size": "commit and size are pinned, the SHA-256 is not",
    "commit": "the commit is pinned, size and SHA-256 are not",
    "no": "not pinned: what is newest there",
}
_CHECKED = {
    "SHA-256": "is whole",
    "size": "has the pinned size; its SHA-256 is not pinned",
    "commit": "is of the pinned commit; its bytes are not pinned",
    "no": "is there; nothing of it is pinned",
}
_LINE = "{:30}{:9}{:9}{}"


@click.group()
def models() -> None:
    """List, fetch and verify depth models. Nothing is downloaded before you ask for it."""


@models.command("list")
@handled
def list_models() -> None:
    """Show every model that is known by name, and whether it is on disk."""
    click.echo(_LINE.format("name", "on disk", "size", "licence"))
    for name, there, size, licence, about in _rows():
        click.echo(_LINE.format(name, there, size, licence).rstrip())
        click.echo(f"    {about}")


@models.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask: the licence is accepted.")
@handled
def fetch(name: str, yes: bool) -> None:
    """Download the model NAME, or a hub id such as owner/name@revision.

    Licence and size are shown first. An interrupted download is resumed by the next; what arrives
    is checked before it is used.
    """
    from defocus.depth.store import find_model

    if name == "builtin":
        click.echo("builtin ships with defocus")
    elif _is_hub_name(name):
        _fetch_hub(name, yes)
    else:
        _fetch_pinned(find_model(name), yes)


@models.command()
@click.argument("names", nargs=-1)
@handled
def verify(names: tuple[str, ...]) -> None:
    """Compare NAMES, or every model on disk, with what is pinned of them."""
    for name in names or _on_disk():
        click.echo(_verified(name))
    if not (names or _on_disk()):
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


def _on_disk() -> list[str]:
    """Names of the fetched models that something is pinned of."""
    from defocus.depth.hub import HUB_NAMES, HubModel, is_in_hub_cache
    from defocus.depth.store import MATTE_MODELS, MODELS, path_of

    files = [name for name, model in (MODELS | MATTE_MODELS).items() if path_of(model).exists()]
    hub = {name: HubModel.parse(name) for name in HUB_NAMES}
    return files + [name for name, model in hub.items() if model.pin and is_in_hub_cache(model)]


def _verified(name: str) -> str:
    from defocus.depth import store
    from defocus.depth.hub import HubModel, verify_snapshot

    if not _is_hub_name(name):
        model = store.find_model(name)
        return f"{model.name}: {store.verify(model)} is whole"
    hub_model = HubModel.parse(name)
    folder = verify_snapshot(hub_model)
    return f"{name}: {folder} {_CHECKED[_pinned(hub_model)]}"


def _pinned(model: HubModel) -> str:
    """What of a model on the hub is pinned, in a word."""
    pin = model.pin
    if pin is None:
        return "no"
    return "SHA-256" if pin.sha256 else "size" if pin.size else "commit"


def _rows() -> list[tuple[str, str, str, str, str]]:
    from defocus.depth.builtin import MODEL_PATH
    from defocus.depth.hub import HUB_NAMES, HubModel, is_in_hub_cache
    from defocus.depth.registry import BACKENDS, model_names
    from defocus.depth.store import MATTE_MODELS, MODELS, is_on_disk

    def tick(there: bool) -> str:
        return "yes" if there else ""

    size = _megabytes(MODEL_PATH.stat().st_size)
    rows = [("builtin", "yes", size, "MIT AND Apache-2.0", "ships with defocus")]
    for model in (*MODELS.values(), *MATTE_MODELS.values()):
        there, size = tick(is_on_disk(model)), _megabytes(model.size)
        rows.append((model.name, there, size, model.licence, model.about))
    for name, repository in HUB_NAMES.items():
        hub_model = HubModel.parse(name)
        there = tick(is_in_hub_cache(hub_model))
        size = _megabytes(hub_model.pin.size) if hub_model.pin and hub_model.pin.size else ""
        about = f"{repository}, extra 'torch'; {_PINNED[_pinned(hub_model)]}"
        rows.append((name, there, size, "", about))
    plugins = [name for name in model_names() if name not in BACKENDS]
    rows += [(name, "yes", "", "", "of an installed plugin") for name in plugins]
    return rows


def _is_hub_name(name: str) -> bool:
    from defocus.depth.hub import HUB_NAMES

    return name in HUB_NAMES or "/" in name


def _fetch_pinned(model: PinnedFile, yes: bool) -> None:
    from defocus.depth.download import fetch as download
    from defocus.depth.store import is_on_disk

    if not is_on_disk(model):
        _agree(model.name, model.about, model.licence, model.size, model.url, yes)

    layout = "{bar:30} {n_fmt}B of {total_fmt}B, {remaining} left  {desc}"
    with bar(layout, model.size, desc=model.name, unit_scale=True) as shown:
        target = download(
            model, progress=lambda stage, done: shown.update(done * model.size - shown.n)
        )
    click.echo(target)


def _fetch_hub(name: str, yes: bool) -> None:
    from defocus.depth.hub import HubModel, ask_hub, fetch_from_hub

    model = HubModel.parse(name)
    offer = ask_hub(model)
    where = f"https://huggingface.co/{model.repository}/tree/{offer.commit}"
    if model.revision is None:  # what is pinned has one
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
