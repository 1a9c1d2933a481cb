"""What can be chosen, for the page: defaults, ranges, models and formats, from their one source."""

from __future__ import annotations

import json
from typing import Any, get_args

from defocus.edit import Edit, FocusMode, Quality
from defocus.edit.looks import looks
from defocus.edit.methods import METHODS
from defocus.errors import EditError
from defocus.optics import LENS_RANGES
from defocus.studio.last_export import last_export

# Full and half stops that lenses are sold with.
F_STOPS = (0.95, 1.2, 1.4, 1.8, 2.0, 2.4, 2.8, 3.5, 4.0, 4.8, 5.6, 6.7, 8.0, 9.5, 11.0, 13.0, 16.0)


def schema() -> dict[str, Any]:
    """JSON-able."""
    from defocus import __version__
    from defocus.depth.store import is_offline
    from defocus.formats import FORMATS, suffix_for

    edit: dict[str, Any] = json.loads(Edit().to_json())
    del edit["defocus_edit"]
    return {
        "version": __version__,
        "edit": edit,
        "ranges": {name: list(span) for name, span in LENS_RANGES.items()},
        "stops": list(F_STOPS),
        "focusModes": list(get_args(FocusMode)),
        "methods": list(METHODS),
        "qualities": list(get_args(Quality)),
        "formats": [known.name for known in FORMATS if known.writable and known.is_installed],
        "formatOf": {
            suffix: format_of(suffix_for(suffix, None))
            for known in FORMATS
            for suffix in known.all_suffixes
        },
        "embeds": [known.name for known in FORMATS if known.holds and known.holds.depth],
        "suffixes": sorted({suffix for known in FORMATS for suffix in known.all_suffixes}),
        "models": models(),
        "looks": [
            {"name": look.name, "title": look.title, "about": look.about, "edit": dict(look.edit)}
            for look in looks().values()
        ],
        "offline": is_offline(),
        "lastExport": last_export(),
    }


def format_of(suffix: str) -> str | None:
    """The name of the format whose files end so."""
    from defocus.formats import FORMATS

    return next((known.name for known in FORMATS if suffix in known.all_suffixes), None)


def models() -> list[dict[str, Any]]:
    """The depth models that the page may choose: what needs no path, each with its licence."""
    from defocus.depth.registry import plugin_names
    from defocus.depth.store import MODELS, is_on_disk

    offered: list[dict[str, Any]] = [
        {"name": "auto", "about": "The photo's own depth, else the best model here", "ready": True},
        {"name": "builtin", "about": "Comes with defocus", "ready": True},
        {"name": "embedded", "about": "What the phone stored in the photo", "ready": True},
    ]
    for model in MODELS.values():
        offered.append(
            {
                "name": model.name,
                "about": model.about,
                "ready": is_on_disk(model),
                "bytes": model.size,
                "licence": model.licence,
                "url": model.url,
            }
        )
    offered += [{"name": name, "about": "A plugin", "ready": True} for name in plugin_names()]
    return offered


def parse_edit(text: bytes) -> Edit:
    """An edit from the page: as in :meth:`Edit.from_json`, and no model that is a path or a hub id.

    Raises:
        EditError: see there; or a model that the studio does not offer.
    """
    edit = Edit.from_json(text)
    known = {model["name"] for model in models()}
    if edit.model not in known:
        raise EditError(f"the studio offers no depth model {edit.model!r}: choose one of its list")
    return edit
