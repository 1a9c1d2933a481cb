"""The studio's server: who may talk to it, and what it does with photos, edits and exports."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from waiting import PATIENCE_S, wait_until

from defocus import Photo, apply, read_photo, write_photo
from defocus.disparity import Disparity, Estimate
from defocus.edit import Edit, Focus, Output
from defocus.errors import DefocusError, ModelError
from defocus.optics import Lens
from defocus.session import payloads
from defocus.session import results as results_module
from defocus.session import scenes as scenes_module
from defocus.session.jobs import Job
from defocus.studio import photo_routes
from defocus.studio import workspace as workspace_module
from defocus.studio.app import make_app
from defocus.studio.front import STATIC
from defocus.studio.server import Studio
from defocus.studio.warm import warm_up
from defocus.studio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


TOKEN = "a-token-that-nobody-guesses"
PORT = 8123
TAB = "tab1"


pytestmark = pytest.mark.usefixtures("quick_network")


@pytest.fixture
def offered(photo_file: Path) -> Iterator[TestClient]:
    """A client whose studio was started with the photo on the command line."""
    yield from _client(Workspace((photo_file,)))


@pytest.fixture
def client() -> Iterator[TestClient]:
    yield from _client(Workspace())


def _client(workspace: Workspace) -> Iterator[TestClient]:
    app = make_app(workspace, token=TOKEN, port=PORT)
    headers = {"x-defocus-token": TOKEN, "x-page": TAB}
    with TestClient(
        app, base_url=f"http://127.0.0.1:{PORT}", headers=headers, raise_server_exceptions=False
    ) as made:
        yield made


def wait(client: TestClient, path: str) -> dict[str, Any]:
    status: dict[str, Any] = {}

    def is_done() -> bool:
        status.clear()
        status.update(client.get(path).json())
        return status["state"] != "working"

    wait_until(is_done, f"{path} to be done")
    return status


def upload(client: TestClient, data: bytes, name: str = "photo.jpg") -> dict[str, Any]:
    answer = client.post("/api/photos", content=data, headers={"x-name": name})
    assert answer.status_code == 201, answer.text
    return wait(client, f"/api/photos/{answer.json()['id']}")


# -- who may talk to it ----------------------------------------------------------------------------


def test_the_link_becomes_a_cookie_that_scripts_cannot_read(client: TestClient) -> None:
    del client.headers["x-defocus-token"]
    welcome = client.get(f"/?token={TOKEN}", follow_redirects=False)
    assert welcome.status_code == 303
    cookie = welcome.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").status_code == 200  # the cookie is kept
    assert TOKEN not in client.get("/").text


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
def test_without_the_token_nothing_is_answered(client: TestClient, token: str) -> None:
    client.headers["x-defocus-token"] = token
    for path in ("/", "/app.js", "/api/studio"):
        assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"evil.example:{PORT}"},
        {"host": "127.0.0.1:1"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_hosts_and_pages_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/api/studio").status_code == 200
    assert client.get("/api/studio", headers=headers).status_code == 403


def test_a_change_with_the_cookie_needs_the_pages_origin(client: TestClient) -> None:
    del client.headers["x-defocus-token"]
    client.get(f"/?token={TOKEN}")
    assert client.post("/api/alive").status_code == 403
    own = {"origin": f"http://127.0.0.1:{PORT}"}
    assert client.post("/api/alive", headers=own).status_code == 204


def test_answers_are_hardened(client: TestClient) -> None:
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/../app.py", "/..%2fapp.py", "/%2e%2e/app.py", "//etc/passwd"])
def test_only_static_files_are_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (403, 404)


# -- photos ----------------------------------------------------------------------------------------


def test_a_photo_becomes_what_the_page_needs(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    assert status["state"] == "ready"
    scene = status["scene"]
    assert (scene["width"], scene["height"]) == (160, 120)
    assert set(scene["planes"]) == {"auto", "near", "far", "face", "eyes", "all"}
    assert max(scene["histogram"]) == 1
    layers = f"/api/photos/{status['id']}/layers"
    preview = Image.open(io.BytesIO(client.get(f"{layers}/photo").content))
    assert preview.size == (160, 120)
    codes = np.frombuffer(client.get(f"{layers}/disparity").content, "<u2").reshape(120, 160)
    assert codes[:, :20].min() > codes[:, -20:].max()  # left is near
    assert client.get(f"{layers}/thumbnail").headers["content-type"] == "image/jpeg"
    assert client.get(f"{layers}/secret").status_code == 409
    # What a page asked for by an earlier picture, this one need not have.
    assert client.get(f"{layers}/lamps").status_code in (200, 204)
    assert client.get(f"{layers}/subject").status_code == 204


def test_a_region_is_pixel_for_pixel(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}/region"
    data = client.get(path, params={"x": 40, "y": 10, "width": 64, "height": 48}).content
    head, _, rest = data.partition(b"\n")
    facts = json.loads(head)
    assert (facts["width"], facts["height"]) == (64, 48)
    part = np.asarray(Image.open(io.BytesIO(rest[: facts["photoBytes"]]))).astype(float)
    whole = read_photo(photo_file).pixels[10:58, 40:104].astype(float)
    assert np.abs(part - whole).mean() < 8  # JPEG of noise
    fewer = {"x": 0, "y": 0, "width": 160, "height": 120, "across": 80}
    head, _, rest = client.get(path, params=fewer).content.partition(b"\n")
    assert (json.loads(head)["width"], json.loads(head)["height"]) == (80, 60)
    assert client.get(path, params={"x": 100, "y": 0, "width": 64, "height": 8}).status_code == 422
    assert client.get(path, params={"x": "a", "y": 0, "width": 1, "height": 1}).status_code == 422


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "empty"), (b"not a photo", "not a photo"), (b"\xff\xd8\xff\xe0 cut", "photo.jpg")],
)
def test_a_broken_photo_is_explained_and_harms_no_other(
    client: TestClient, photo_file: Path, data: bytes, says: str
) -> None:
    answer = client.post("/api/photos", content=data, headers={"x-name": "photo.jpg"})
    if answer.status_code == 201:
        status = wait(client, f"/api/photos/{answer.json()['id']}")
        assert status["state"] == "failed"
        message = status["error"]
    else:
        message = answer.json()["error"]
    assert says in message
    assert "defocus-studio-" not in message  # no path of ours
    assert upload(client, photo_file.read_bytes())["state"] == "ready"


def test_an_upload_that_is_too_large_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("defocus.studio.photo_routes.MAX_UPLOAD_BYTES", 1000)
    folder = client.app.app.state.workspace.folder  # type: ignore[attr-defined]
    for content in (b"x" * 1001, iter([b"x" * 600, b"x" * 600])):  # with and without a length
        answer = client.post("/api/photos", content=content)
        assert answer.status_code == 413
        assert "defocus blur" in answer.json()["error"]
    assert list(folder.iterdir()) == []


def test_too_many_pixels_are_refused(
    client: TestClient, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_module, "MAX_PIXELS", 1000)
    status = upload(client, photo_file.read_bytes())
    assert status["state"] == "failed"
    assert "pixels" in status["error"]


def test_the_clients_name_is_no_path(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes(), "..%2F..%2Fetc%2Fcron.d%2Fevil.jpg")
    assert status["name"] == "evil.jpg"
    assert not status["savesBeside"]
    opened = client.app.app.state.workspace.photo(status["id"])  # type: ignore[attr-defined]
    assert opened.path.parent == client.app.app.state.workspace.folder  # type: ignore[attr-defined]


def test_a_closed_photo_is_gone_with_its_file(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    path = client.app.app.state.workspace.photo(status["id"]).path  # type: ignore[attr-defined]
    assert path.exists()
    assert client.delete(f"/api/photos/{status['id']}").status_code == 204
    assert not path.exists()
    assert client.get(f"/api/photos/{status['id']}").status_code == 410


def test_a_tab_that_leaves_frees_its_photos_unless_it_returns(
    client: TestClient, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_module, "PAGE_LEFT_S", 0.0)
    workspace = client.app.app.state.workspace  # type: ignore[attr-defined]
    upload(client, photo_file.read_bytes())
    client.post(f"/api/leave?page={TAB}")
    client.post("/api/alive")  # a reload
    workspace.sweep()
    assert len(workspace.photos(TAB)) == 1
    client.post(f"/api/leave?page={TAB}")
    monkeypatch.setattr(workspace_module, "clock", lambda: time.monotonic() + 1)
    workspace.sweep()
    assert workspace.photos(TAB) == []


def test_twenty_photos_in_a_row_keep_memory_bounded(
    client: TestClient, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes_module, "SCENE_PIXELS", 3 * 160 * 120)
    for _ in range(20):
        assert upload(client, photo_file.read_bytes())["state"] == "ready"
    workspace = client.app.app.state.workspace  # type: ignore[attr-defined]
    assert len(workspace.photos(TAB)) == 20
    assert len(workspace.scenes) == 3
    first = workspace.photos(TAB)[0].id  # its scene was dropped, and is made again
    query = {"x": 0, "y": 0, "width": 8, "height": 8}
    assert client.get(f"/api/photos/{first}/region", params=query).status_code == 200


# -- news ------------------------------------------------------------------------------------------


def test_news_of_a_photo_is_told_at_once_and_old_news_after_a_while(
    client: TestClient, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}"
    monkeypatch.setattr(photo_routes, "_NEWS_S", 3 * PATIENCE_S)
    begin = time.monotonic()
    assert client.get(path, params={"seen": "something else"}).json()["stamp"] == status["stamp"]
    assert time.monotonic() - begin < PATIENCE_S
    monkeypatch.setattr(photo_routes, "_NEWS_S", 0.3)
    begin = time.monotonic()
    assert client.get(path, params={"seen": status["stamp"]}).json()["stamp"] == status["stamp"]
    assert time.monotonic() - begin >= 0.3


def test_a_photo_whose_news_a_page_waits_for_goes_first(
    client: TestClient, photo_file: Path
) -> None:
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}"
    photo = client.app.app.state.workspace.photo(status["id"])  # type: ignore[attr-defined]
    photo.job.hurry(0)
    client.get(path)
    assert not photo.awaited
    client.get(path, params={"seen": "something else"})
    assert photo.awaited


@pytest.mark.parametrize("how", ["seen", "next"])
def test_a_photo_gets_its_best_picture_once_it_is_looked_at_or_may_be_next(
    client: TestClient, photo_file: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(payloads, "PREVIEW_PX", 80)
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}"
    assert (status["state"], status["depths"], status["best"]) == ("ready", 1, False)
    assert client.get(path).json()["state"] == "ready"  # to ask is not to look
    status = client.get(path, params={how: status["stamp"]}).json()
    assert not status["best"] or status["depths"] == 2
    status = wait(client, path)
    assert (status["best"], status["depths"]) == (True, 2)


def test_warming_up_runs_the_network_and_its_fault_stays_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from defocus.depth.builtin import Builtin

    asked = []

    def estimate(self: Builtin, pixels: np.ndarray, quality: str = "default") -> Estimate:
        asked.append(pixels.shape)
        raise ModelError("it is broken")

    monkeypatch.setattr(Builtin, "estimate", estimate)
    warming = Job()
    warming.run(warm_up)
    assert warming.state == "failed"
    assert len(asked) == 1


# -- edits -----------------------------------------------------------------------------------------


def test_an_edit_is_kept_for_the_same_photo(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    edit = Edit(lens=Lens(f_number=1.2))
    answer = client.put(f"/api/photos/{status['id']}/edit", content=edit.to_json())
    assert answer.status_code == 200
    headers = {"x-name": "renamed.jpg"}
    again = client.post("/api/photos", content=photo_file.read_bytes(), headers=headers).json()
    assert Edit.from_json(json.dumps(again["edit"])) == edit


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '{"lens": {"f_number": -1}}',
        '{"unknown": 1}',
        '{"model": "/etc/passwd.onnx"}',
        '{"model": "someone/model"}',
        '{"model": "../depth.png"}',
    ],
)
def test_a_senseless_edit_is_refused(client: TestClient, photo_file: Path, text: str) -> None:
    status = upload(client, photo_file.read_bytes())
    answer = client.put(f"/api/photos/{status['id']}/edit", content=text)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_versions_of_an_edit_are_kept_with_the_photo(client: TestClient, photo_file: Path) -> None:
    named = {"x-name": "photo.jpg"}
    status = client.post("/api/photos", content=photo_file.read_bytes(), headers=named).json()
    assert status["versions"] == []
    versions = [{"name": "soft", "edit": {"foreground": 0.5}}]
    path = f"/api/photos/{status['id']}/versions"
    assert client.put(path, content=json.dumps(versions)).status_code == 204
    again = client.post("/api/photos", content=photo_file.read_bytes(), headers=named).json()
    assert [one["name"] for one in again["versions"]] == ["soft"]
    assert again["versions"][0]["edit"]["foreground"] == 0.5
    assert client.put(path, content="[1]").status_code == 422


def test_a_virtual_copy_is_the_photo_with_an_edit_of_its_own(
    client: TestClient, photo_file: Path
) -> None:
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}/copies"
    edits = [Edit(foreground=0.5), Edit(foreground=0.2)]
    made = [client.post(path, content=edit.to_json()).json() for edit in edits]
    assert [one["name"] for one in made] == ["photo (2).jpg", "photo (3).jpg"]
    assert [one["edit"]["foreground"] for one in made] == [0.5, 0.2]
    for one in made:
        assert wait(client, f"/api/photos/{one['id']}")["state"] == "ready"
    client.put(f"/api/photos/{made[0]['id']}/edit", content=Edit(foreground=0.1).to_json())
    photos = client.get("/api/studio").json()["photos"]
    assert [photo["edit"]["foreground"] for photo in photos] == [1, 0.1, 0.2]
    # One that was closed leaves the others their pixels.
    assert client.delete(f"/api/photos/{status['id']}").status_code == 204
    export = client.post(f"/api/photos/{made[1]['id']}/exports", content=edits[1].to_json()).json()
    assert wait(client, f"/api/exports/{export['id']}")["state"] == "ready"


def test_strokes_move_the_focal_planes(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    stroke = {"points": [[0, 0.5], [1, 0.5]], "radius": 1, "disparity": 0.25, "hardness": 1}
    text = json.dumps({"strokes": [stroke]})
    changed = client.put(f"/api/photos/{status['id']}/edit", content=text).json()
    for mode in ("near", "far"):
        assert changed["scene"]["planes"][mode]["disparity"] == pytest.approx(0.25)


def test_soft_edges_come_packed_or_not_at_all(client: TestClient, tmp_path: Path) -> None:
    pixels = np.full((240, 320, 3), 200, np.uint8)
    pixels[60:180, 100:220] = 40
    values = np.zeros((240, 320), np.float32)
    values[60:180, 100:220] = 1
    output = Output(embed_disparity=True, quality=95)
    path = tmp_path / "square.jpg"
    write_photo(Photo(pixels), path, output=output, disparity=Disparity(values))
    status = upload(client, path.read_bytes())
    soft = f"/api/photos/{status['id']}/soft-edges"
    # Enough blur for soft edges, whatever distance such a picture looks taken from.
    near = client.post(soft, content=Edit(focus=Focus("near"), by_distance=False).to_json())
    assert near.status_code == 200
    head, _, rest = near.content.partition(b"\n")
    facts = json.loads(head)
    count = facts["width"] * facts["height"]
    subject = count if facts["hasSubject"] else 0
    assert len(rest) == facts["photoBytes"] + 2 * count + subject + count
    alpha = np.frombuffer(rest[-count:], np.uint8).reshape(240, 320)
    assert alpha[120, 160] == 255
    # Nothing far has an edge before something farther.
    far = Edit(focus=Focus("far"), by_distance=False)
    assert client.post(soft, content=far.to_json()).status_code == 204


def test_the_portrait_at_rest_is_what_an_export_shows(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    edit = Edit(focus=Focus("near"), by_distance=False)
    path = f"/api/photos/{status['id']}/portrait"
    answer = client.post(path, content=edit.to_json())
    assert answer.headers["content-type"] == "image/jpeg"
    shown = np.asarray(Image.open(io.BytesIO(answer.content)), float)
    export = apply(read_photo(photo_file), edit).photo.pixels
    assert np.abs(shown - export).mean() < 3  # of a JPEG of noise
    part = client.post(f"{path}?x=40&y=20&width=80&height=60", content=edit.to_json())
    seen = np.asarray(Image.open(io.BytesIO(part.content)), float)
    assert np.abs(seen - export[20:80, 40:120]).mean() < 3
    assert client.post(path, content=b"{").status_code == 422


def test_the_page_is_told_of_all_its_modules_at_once(client: TestClient) -> None:
    links = client.get("/").headers["link"]
    for script in ("app.js", "lens/webgl.js", "panel/dial.js"):
        assert f"</{script}>; rel=modulepreload" in links


def test_the_first_sight_of_the_page_needs_no_second_answer(client: TestClient) -> None:
    answer = client.get("/")
    assert 'rel="stylesheet"' not in answer.text
    style = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)[0]
    for sheet in sorted(STATIC.glob("css/*.css")):
        assert sheet.read_text("utf-8") in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_another_model_prepares_anew(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    assert "embedded" in status["scene"]["source"]
    edit = Edit(model="builtin", quality="fast")
    client.put(f"/api/photos/{status['id']}/edit", content=edit.to_json())
    changed = wait(client, f"/api/photos/{status['id']}")
    assert changed["scene"]["source"] == "builtin"


# -- exports ---------------------------------------------------------------------------------------


def test_an_export_is_what_the_library_makes(client: TestClient, photo_file: Path) -> None:
    from defocus.pipeline import apply

    status = upload(client, photo_file.read_bytes())
    edit = Edit(lens=Lens(f_number=1.2), output=Output("png"))
    path = f"/api/photos/{status['id']}/exports"
    started = client.post(path, content=edit.to_json()).json()
    assert started["name"] == "photo-defocus.png"
    export = f"/api/exports/{started['id']}"
    assert wait(client, export)["state"] == "ready"
    answer = client.get(f"{export}/file")
    assert "attachment" in answer.headers["content-disposition"]
    exported = np.asarray(Image.open(io.BytesIO(answer.content)))
    np.testing.assert_array_equal(exported, apply(read_photo(photo_file), edit).photo.pixels)
    assert client.delete(export).status_code == 204
    assert client.get(export).status_code == 410


def test_an_export_has_the_size_and_name_asked_for_and_the_next_may_be_likewise(
    client: TestClient, photo_file: Path
) -> None:
    status = upload(client, photo_file.read_bytes())
    assert client.get("/api/studio").json()["lastExport"] is None
    edit = Edit(lens=Lens(f_number=1.2), output=Output("png"))
    path = f"/api/photos/{status['id']}/exports"
    query = {"size": "80", "name": "{number} of {name} at {f}", "number": "1"}
    started = client.post(path, content=edit.to_json(), params=query).json()
    assert started["name"] == "001 of photo at 1.2.png"
    wait(client, f"/api/exports/{started['id']}")
    answer = client.get(f"/api/exports/{started['id']}/file")
    assert Image.open(io.BytesIO(answer.content)).size == (80, 60)
    assert client.get("/api/studio").json()["lastExport"] == {
        "output": {"format": "png", "quality": None, "embed_disparity": False},
        "recipe": {"long_side_px": 80, "name": query["name"]},
        "beside": False,
    }


@pytest.mark.parametrize(
    "query", [{"size": "wide"}, {"size": "1"}, {"name": "../x"}, {"name": ""}, {"number": "-1"}]
)
def test_an_export_of_a_senseless_size_or_name_is_not_begun(
    client: TestClient, photo_file: Path, query: dict[str, str]
) -> None:
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}/exports"
    assert client.post(path, content=Edit().to_json(), params=query).status_code == 422


def test_two_exports_at_once(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}/exports"
    lenses = (Lens(f_number=1.2), Lens(f_number=8))
    ids = [client.post(path, content=Edit(lens=lens).to_json()).json()["id"] for lens in lenses]
    files = []
    for export_id in ids:
        assert wait(client, f"/api/exports/{export_id}")["state"] == "ready"
        files.append(client.get(f"/api/exports/{export_id}/file").content)
    assert files[0] != files[1]


def test_saving_beside_never_replaces_a_file(offered: TestClient, photo_file: Path) -> None:
    status = wait(offered, f"/api/photos/{offered.post('/api/open/0').json()['id']}")
    assert status["savesBeside"]
    path = f"/api/photos/{status['id']}/exports?beside=1"
    names = []
    for _ in range(2):
        export = offered.post(path, content=Edit().to_json()).json()
        names.append(wait(offered, f"/api/exports/{export['id']}")["savedAs"])
    assert names == [
        str(photo_file.with_name("near-left-defocus.jpg")),
        str(photo_file.with_name("near-left-defocus-2.jpg")),
    ]
    offered.delete(f"/api/photos/{status['id']}")
    assert photo_file.exists()  # the original is not ours to delete


def test_an_upload_cannot_be_saved_beside(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    path = f"/api/photos/{status['id']}/exports?beside=1"
    answer = client.post(path, content=Edit().to_json())
    assert answer.status_code == 400
    assert "command line" in answer.json()["error"]


def test_an_export_that_cannot_be_written_says_why(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    edit = replace(Edit(), output=Output("png", embed_disparity=True))
    started = client.post(f"/api/photos/{status['id']}/exports", content=edit.to_json()).json()
    failed = wait(client, f"/api/exports/{started['id']}")
    assert failed["state"] == "failed"
    assert "JPEG" in failed["error"]


def test_commands_come_with_the_edit(client: TestClient, photo_file: Path) -> None:
    status = upload(client, photo_file.read_bytes())
    edit = Edit(lens=Lens(f_number=1.2, highlights=0.3))
    path = f"/api/photos/{status['id']}/commands"
    made = client.post(path, content=edit.to_json()).json()
    assert made["cli"] == "defocus blur photo.jpg --f 1.2"
    assert Edit.from_json(made["edit"]) == edit


# -- the process -----------------------------------------------------------------------------------


def test_the_schema_is_the_edits(client: TestClient) -> None:
    schema = client.get("/api/studio").json()
    assert Edit.from_json(json.dumps(schema["edit"])) == Edit()
    assert {"auto", "builtin"} <= {model["name"] for model in schema["models"]}
    for model in schema["models"]:
        assert model["ready"] or model["licence"]


def test_a_taken_port_is_explained() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(DefocusError, match="--port"):
            Studio(port=port)


def test_a_tab_killed_in_the_middle_of_an_upload_leaves_nothing() -> None:
    import http.client
    import socket

    studio = Studio()
    ready = threading.Event()
    thread = threading.Thread(target=studio.run, args=(ready.set,))
    thread.start()
    ready.wait(10)
    folder = studio.workspace.folder
    try:
        head = (
            f"POST /api/photos HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nX-Page: t\r\n"
            f"X-Defocus-Token: {studio.token}\r\nContent-Length: 1000000\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", studio.port)) as tab:
            tab.sendall(head.encode() + b"x" * 1000)
            wait_until(lambda: len(list(folder.iterdir())) == 1, "the upload on disk")
        wait_until(lambda: list(folder.iterdir()) == [], "an empty folder")
        connection = http.client.HTTPConnection("127.0.0.1", studio.port)
        connection.request("GET", "/", headers={"X-Defocus-Token": studio.token})
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        studio.stop()
        thread.join(PATIENCE_S)
    assert not folder.exists()


def test_the_page_weighs_little() -> None:
    from defocus.studio.app import STATIC
    from defocus.studio.photo_routes import SAMPLE

    weight = sum(file.stat().st_size for file in STATIC.iterdir() if file != SAMPLE)
    assert weight <= 300_000


# -- pages that follow each other ------------------------------------------------------------------


def about(client: TestClient, page: str, **query: str) -> list[dict[str, Any]]:
    """The photos of a page."""
    answer = client.get("/api/studio", headers={"x-page": page}, params=query)
    photos: list[dict[str, Any]] = answer.json()["photos"]
    return photos


def test_a_page_that_is_loaded_again_has_its_photos(client: TestClient, photo_file: Path) -> None:
    first = upload(client, photo_file.read_bytes())
    assert [photo["id"] for photo in about(client, "two", before=TAB, reloaded="1")] == [
        first["id"]
    ]
    assert about(client, TAB) == []


def test_coming_back_to_a_page_that_was_left_has_its_photos(
    client: TestClient, photo_file: Path
) -> None:
    first = upload(client, photo_file.read_bytes())
    client.post(f"/api/leave?page={TAB}")
    assert [photo["id"] for photo in about(client, "two", before=TAB)] == [first["id"]]


def test_a_duplicated_tab_has_photos_of_its_own(client: TestClient, photo_file: Path) -> None:
    first = upload(client, photo_file.read_bytes(), "one.jpg")
    copies = about(client, "two", before=TAB)
    assert [photo["name"] for photo in copies] == ["one.jpg"]
    assert copies[0]["id"] != first["id"]
    client.delete(f"/api/photos/{copies[0]['id']}")
    assert client.get(f"/api/photos/{first['id']}").json()["state"] == "ready"
    assert [photo["id"] for photo in about(client, TAB)] == [first["id"]]


def test_a_page_is_kept_through_a_night_and_a_page_that_was_left_for_a_while(
    client: TestClient, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = client.app.app.state.workspace  # type: ignore[attr-defined]
    upload(client, photo_file.read_bytes())
    now = time.monotonic()
    # Its own clock: with the one of the whole process, servers that run beside would fall asleep.
    monkeypatch.setattr(workspace_module, "clock", lambda: now + 12 * 3600)
    workspace.sweep()
    assert len(about(client, TAB)) == 1
    client.post(f"/api/leave?page={TAB}")
    monkeypatch.setattr(workspace_module, "clock", lambda: now + 12.5 * 3600)
    workspace.sweep()
    assert len(workspace.photos(TAB)) == 1


def test_pages_that_were_left_make_room_for_new_photos(
    client: TestClient, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_module, "MAX_PHOTOS", 2)
    for _ in range(2):
        upload(client, photo_file.read_bytes())
    refused = client.post("/api/photos", content=photo_file.read_bytes())
    assert refused.status_code == 400
    client.post(f"/api/leave?page={TAB}")
    client.headers["x-page"] = "two"
    assert upload(client, photo_file.read_bytes())["state"] == "ready"


# -- answers to odd questions ----------------------------------------------------------------------

HARDENED = {
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "cache-control",
}


@pytest.mark.parametrize("which", ["²", "٣", "-1", "99", "1e3", "nothing"])
def test_a_photo_that_the_command_line_did_not_name_is_no_fault_of_ours(
    client: TestClient, which: str
) -> None:
    assert client.post(f"/api/open/{which}").status_code == 400


@pytest.mark.parametrize("number", ["²", "٣", "-1", "1e3", "", "9" * 30])
def test_a_region_is_four_plain_numbers(client: TestClient, photo_file: Path, number: str) -> None:
    photo = upload(client, photo_file.read_bytes())
    region = {"x": 0, "y": 0, "width": number, "height": 4}
    answer = client.get(f"/api/photos/{photo['id']}/region", params=region)
    assert answer.status_code == 422


def test_every_answer_is_hardened(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    strange = {"x-defocus-token": "wrong"}

    def fault() -> None:
        raise RuntimeError("something unforeseen")

    answers = [
        client.get("/"),
        client.get("/api/nowhere"),
        client.get("/", headers=strange),
        client.get("/", headers={**strange, "accept": "text/html"}),
        client.get(f"/?token={TOKEN}", headers=strange, follow_redirects=False),
        client.get("/", headers={"host": "evil.example"}),
        client.post("/api/alive", headers={"origin": "http://evil.example"}),
        client.delete("/api/studio"),
    ]
    monkeypatch.setattr("defocus.studio.app.schema", fault)
    answers.append(client.get("/api/studio"))
    assert [answer.status_code for answer in answers] == [
        200,
        404,
        403,
        403,
        303,
        403,
        403,
        405,
        500,
    ]
    for answer in answers:
        assert set(answer.headers) >= HARDENED, answer.url


def test_a_person_with_an_old_link_gets_a_page(client: TestClient) -> None:
    headers = {"x-defocus-token": "of yesterday", "accept": "text/html,*/*"}
    answer = client.get("/", headers=headers)
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>defocus studio</h1>" in answer.text
    assert "defocus studio&#x27;" in answer.text  # which command prints a link that holds
