"""Several photos exported at once, in worker processes."""

from __future__ import annotations

import io
import json
import multiprocessing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette")

from starlette.testclient import TestClient
from waiting import PATIENCE_S

from defocus import read_photo
from defocus.edit import Edit, Output
from defocus.optics import Lens
from defocus.pipeline import apply
from defocus.studio.app import make_app
from defocus.studio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("quick_network")

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def three(photo_file: Path) -> list[Path]:
    """The photo under three names, each with other bytes."""
    paths = [photo_file.with_name(f"{name}.jpg") for name in "abc"]
    for path in paths:
        path.write_bytes(photo_file.read_bytes() + path.name.encode())
    return paths


@pytest.fixture
def workspace(three: list[Path]) -> Workspace:
    return Workspace(tuple(three))


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    app = make_app(workspace, token=TOKEN, port=8123)
    headers = {"x-defocus-token": TOKEN, "x-page": "tab"}
    with TestClient(app, base_url="http://127.0.0.1:8123", headers=headers) as made:
        yield made


def upload(client: TestClient, path: Path) -> str:
    answer = client.post(
        "/api/photos", content=path.read_bytes(), headers={"x-name": path.name}
    ).json()
    return str(answer["id"])


def start(client: TestClient, orders: list[tuple[str, Edit]], **query: str) -> Any:
    body = [{"id": photo, "edit": json.loads(edit.to_json())} for photo, edit in orders]
    return client.post("/api/shoots", content=json.dumps(body), params=query)


def ended(client: TestClient, workspace: Workspace, shoot: dict[str, Any]) -> dict[str, Any]:
    assert workspace.find_shoot(shoot["id"]).job.wait(PATIENCE_S)
    status: dict[str, Any] = client.get(f"/api/shoots/{shoot['id']}").json()
    return status


def test_each_photo_is_what_the_library_makes_of_it_with_its_own_edit(
    client: TestClient, workspace: Workspace, three: list[Path]
) -> None:
    edits = [Edit(lens=Lens(n), output=Output("png")) for n in (1.2, 2.8, 8)]
    ids = [upload(client, path) for path in three]
    answer = start(client, list(zip(ids, edits, strict=True)), name="{number} {name} f{f}", size="")
    assert answer.status_code == 201
    status = ended(client, workspace, answer.json())
    assert (status["state"], status["ended"], status["fraction"]) == ("ready", 3, 1)
    assert [made["name"] for made in status["exports"]] == [
        "001 a f1.2.png",
        "002 b f2.8.png",
        "003 c f8.png",
    ]
    for made, path, edit in zip(status["exports"], three, edits, strict=True):
        file = client.get(f"/api/exports/{made['id']}/file")
        exported = np.asarray(Image.open(io.BytesIO(file.content)))
        np.testing.assert_array_equal(exported, apply(read_photo(path), edit).photo.pixels)
    assert client.get("/api/studio").json()["lastExport"]["recipe"]["name"] == (
        "{number} {name} f{f}"
    )
    # Forgotten, nothing of it is left.
    assert client.delete(f"/api/shoots/{status['id']}").status_code == 204
    assert client.get(f"/api/shoots/{status['id']}").status_code == 410
    assert client.get(f"/api/exports/{status['exports'][0]['id']}/file").status_code == 410
    assert list(workspace.folder.glob("shoot-*")) == []


def test_results_are_saved_beside_never_over_a_file_and_a_fault_stops_no_other(
    client: TestClient, workspace: Workspace, three: list[Path]
) -> None:
    taken = three[0].with_name("a-defocus.jpg")
    taken.write_bytes(b"mine")
    ids = [client.post(f"/api/open/{number}").json()["id"] for number in range(3)]
    for photo in ids:
        assert workspace.photo(photo).job.wait(PATIENCE_S)
    three[1].write_bytes(b"no photo any more")
    answer = start(client, [(photo, Edit()) for photo in ids], beside="1")
    status = ended(client, workspace, answer.json())
    assert [made["state"] for made in status["exports"]] == ["ready", "failed", "ready"]
    assert "b.jpg" in status["exports"][1]["error"]
    assert str(three[1].parent) not in status["exports"][1]["error"]
    assert status["exports"][0]["name"] == "a-defocus-2.jpg"
    assert taken.read_bytes() == b"mine"
    client.delete(f"/api/shoots/{status['id']}")  # what is saved stays
    for name in ("a-defocus-2.jpg", "c-defocus.jpg"):
        assert read_photo(three[0].with_name(name)).size_wh == (160, 120)


def test_a_cancelled_shoot_ends_at_once_with_its_workers(
    client: TestClient, workspace: Workspace, three: list[Path]
) -> None:
    ids = [upload(client, path) for path in three]
    started = start(client, [(photo, Edit()) for photo in ids]).json()
    shoot = workspace.find_shoot(started["id"])
    assert client.delete(f"/api/shoots/{started['id']}").status_code == 204
    assert shoot.job.wait(PATIENCE_S)
    assert shoot.status()["state"] == "cancelled"
    assert {made["state"] for made in shoot.status()["exports"]} <= {"cancelled", "ready"}
    assert multiprocessing.active_children() == []
    assert list(workspace.folder.glob("shoot-*")) == []


def test_what_is_no_list_of_photos_with_edits_is_refused(
    client: TestClient, three: list[Path]
) -> None:
    photo = upload(client, three[0])
    for body in ("", "[]", "{}", "[1]", json.dumps([{"id": photo, "edit": 1}])):
        assert client.post("/api/shoots", content=body).status_code == 422, body
    senseless = json.dumps([{"id": photo, "edit": {"foreground": 7}}])
    answer = client.post("/api/shoots", content=senseless)
    assert answer.status_code == 422
    assert "foreground" in answer.json()["error"]
    assert start(client, [("gone", Edit())]).status_code == 410
    assert start(client, [(photo, Edit())], beside="1").status_code == 400
    raw = replace(Edit(), output=Output("jpeg"))
    assert start(client, [(photo, raw)], size="wide").status_code == 422
