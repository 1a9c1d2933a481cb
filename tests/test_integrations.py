"""integrations/: each as far as it runs without its program."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "integrations"


def comfyui() -> Any:
    spec = importlib.util.spec_from_file_location("node", FOLDER / "comfyui" / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Tensor(np.ndarray):  # type: ignore[type-arg]
    """What of a torch tensor the node uses; it says to which devices it was sent."""

    device = "a card"

    def detach(self) -> Tensor:
        return self

    def to(self, device: str, kind: type = np.float32) -> Tensor:
        sent = self.astype(kind).view(Tensor)
        sent.device = device
        return sent

    def numpy(self) -> np.ndarray:
        return np.asarray(self)


def tensor(values: np.ndarray) -> Tensor:
    return values.astype(np.float32).view(Tensor)


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    stand_in: Any = types.ModuleType("torch")
    stand_in.from_numpy, stand_in.float32 = tensor, np.float32
    monkeypatch.setitem(sys.modules, "torch", stand_in)


def test_the_comfyui_node_keeps_its_contract(torch: None, quick_network: None) -> None:
    node = comfyui().NODE_CLASS_MAPPINGS["DefocusPortrait"]
    asked = node.INPUT_TYPES()
    assert asked["required"]["image"][0] == "IMAGE"
    usual = {
        name: kind[1]["default"] if kind[0] == "FLOAT" else kind[0][0]
        for name, kind in asked["required"].items()
        if name != "image"
    }
    image = tensor(np.random.default_rng(1).random((2, 48, 64, 3)))
    given = {**usual, "amount": 4.0, "focus": "point", "x": 0.0}
    results = getattr(node(), node.FUNCTION)(image=image, **given)
    assert len(results) == len(node.RETURN_TYPES) == len(node.RETURN_NAMES)
    portrait, depth, matte = results
    assert (portrait.shape, depth.shape, matte.shape) == (
        (2, 48, 64, 3), (2, 48, 64, 3), (2, 48, 64),
    )  # fmt: skip
    for result in results:
        assert result.device == "a card"  # where the image is
        assert result.dtype == np.float32
        assert 0 <= result.min() <= result.max() <= 1
    assert np.abs(portrait - image).max() > 0.1


def test_the_comfyui_node_takes_depth_from_elsewhere(torch: None) -> None:
    node = comfyui().DefocusPortrait()
    image = tensor(np.random.default_rng(2).random((2, 48, 64, 3)))
    near_left = tensor(np.tile(np.linspace(1, 0, 64)[None, None, :, None], (1, 48, 1, 3)))
    _, depth, matte = node.render(image, 1.4, 4.0, "near", 0.5, 0.5, depth=near_left)
    assert depth[1, :, :8].mean() > 0.8 > 0.2 > depth[1, :, -8:].mean()
    assert matte[1, :, :8].mean() > 0.5 > matte[1, :, -8:].mean()


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_the_comfyui_node_takes_every_kind_of_tensor(kind: str, quick_network: None) -> None:
    torch = pytest.importorskip("torch")
    node = comfyui().DefocusPortrait()
    image = torch.rand(3, 24, 32, 3, generator=torch.Generator().manual_seed(1))
    usual = (2.0, 1.0, "auto", 0.5, 0.5)
    plain = node.render(image, *usual)
    given = image.to(getattr(torch, kind)).requires_grad_()
    depth = torch.linspace(0, 1, 32).expand(1, 24, 32)[..., None].to(given.dtype)
    for results in (node.render(given, *usual), node.render(given, *usual, depth=depth)):
        for result, expected in zip(results, plain, strict=True):
            assert (result.shape, result.dtype) == (expected.shape, torch.float32)
            assert not result.requires_grad
            assert torch.isfinite(result).all()
    assert torch.abs(node.render(given, *usual)[0] - plain[0]).mean() < 0.01


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_comfyui_node_takes_grey_and_transparent_images(
    channels: int, quick_network: None
) -> None:
    torch = pytest.importorskip("torch")
    image = torch.rand(1, 24, 32, channels)
    image[0, 0, 0] = float("nan")
    portrait, depth, matte = comfyui().DefocusPortrait().render(image, 2.0, 1.0, "far", 0.5, 0.5)
    assert (portrait.shape, matte.shape) == ((1, 24, 32, 3), (1, 24, 32))
    assert torch.isfinite(torch.cat([portrait, depth])).all()


def test_the_comfyui_node_says_that_a_batch_is_empty(quick_network: None) -> None:
    torch = pytest.importorskip("torch")
    node, image = comfyui().DefocusPortrait(), torch.rand(1, 24, 32, 3)
    for images, depths in ((image[:0], None), (image, image[:0])):
        with pytest.raises(ValueError, match="holds no image"):
            node.render(images, 2.0, 1.0, "auto", 0.5, 0.5, depth=depths)


DARKTABLE = """
local asked = {}
local image = {path = arg[2], filename = "a photo.nef", group_leader = "leader"}
package.preload.darktable = function()
  return {
    new_format = function(name)
      return {write_image = function(self, _, to)
        io.open(to, "w"):close()
        asked[#asked + 1] = name .. " " .. self.bpp
      end}
    end,
    control = {execute = function(words) asked[#asked + 1] = words; return tonumber(arg[3]) end},
    database = {import = function(name)
      return {group_with = function(_, leader) asked[#asked + 1] = name .. " in " .. leader end}
    end},
    gui = {libs = {image = {register_action = function(_, _, act) action = act end}}},
    print = print,
  }
end
dofile(arg[1])
action(nil, {image})
print(table.concat(asked, "\\n"))
"""


@pytest.mark.parametrize("code", [0, 1, 256])  # done, cancelled; 256 is 1 as C's system() has it
def test_darktable_exports_edits_and_imports_or_cleans_up(code: int, tmp_path: Path) -> None:
    lua = shutil.which("lua5.4") or shutil.which("lua")
    if lua is None:
        pytest.skip("no Lua here: apt-get install lua5.4")
    folder = tmp_path / "it's here"
    folder.mkdir()
    (folder / "a photo-portrait.tif").write_text("of last week")
    (tmp_path / "stand-in.lua").write_text(DARKTABLE)
    words = [lua, tmp_path / "stand-in.lua", FOLDER / "darktable" / "defocus.lua", folder, code]
    said = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True).stdout
    made = folder / "a photo-portrait-2.tif"
    assert said.splitlines()[:2] == [
        "tiff 16",
        "defocus edit --keep-original no '" + str(made).replace("'", "'\\''") + "'",
    ]
    assert (f"{made} in leader" in said) == (code == 0) == made.exists()
    assert "failed" not in said
    assert (folder / "a photo-portrait.tif").read_text() == "of last week"


def test_darktable_calls_a_command_whose_path_has_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lua = shutil.which("lua5.4") or shutil.which("lua")
    if lua is None:
        pytest.skip("no Lua here: apt-get install lua5.4")
    command = tmp_path / "my programs" / "defocus"
    command.parent.mkdir()
    command.touch()
    (tmp_path / "stand-in.lua").write_text(DARKTABLE)
    words = [lua, tmp_path / "stand-in.lua", FOLDER / "darktable" / "defocus.lua", tmp_path, 0]
    for given, called in ((f"{command}", f"'{command}'"), ("flatpak run defocus",) * 2):
        monkeypatch.setenv("DEFOCUS_COMMAND", given)
        said = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True)
        assert said.stdout.splitlines()[1].startswith(f"{called} edit --keep-original no '")


@pytest.mark.parametrize("fails", [False, True])
def test_the_quick_action_passes_names_on_and_shows_what_went_wrong(
    fails: bool, tmp_path: Path
) -> None:
    if os.name == "nt":
        pytest.skip("a shell script")
    log = tmp_path / "log"
    stand_ins = {
        "defocus": f'printf "%s\\n" "$@" >> "{log}"; echo "no \\"photo\\""; exit {int(fails)}',
        "osascript": f'echo "alert $defocus_said" >> "{log}"',
    }
    places = tmp_path / ".local" / "bin"
    places.mkdir(parents=True)
    for name, script in stand_ins.items():
        (places / name).write_text(f"#!/bin/sh\n{script}\n")
        (places / name).chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", FOLDER / "macos" / "portrait.sh", "a b.jpg", "c.jpg"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    told = ['alert no "photo"'] if fails else []
    assert log.read_text().splitlines() == [
        "blur", "--quiet", "--keep-both", "a b.jpg", "c.jpg", *told,
    ]  # fmt: skip
    assert done.returncode == int(fails)


def test_the_gimp_plugin_is_python_in_a_folder_of_its_name_that_gimp_may_run() -> None:
    path = FOLDER / "gimp" / "defocus" / "defocus.py"
    compile(path.read_text("utf-8"), str(path), "exec")
    assert path.stat().st_mode & stat.S_IXUSR
