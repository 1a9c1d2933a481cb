"""A ComfyUI node: an image, and perhaps its depth, to a portrait with its depth and matte.

Put or link this folder into ComfyUI's ``custom_nodes`` and install defocus in ComfyUI's Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _array(pixels: Any) -> np.ndarray:
    """H×W×3 float32 of a tensor of any float type, on any device, in a graph or not."""
    import torch

    values = np.nan_to_num(pixels.detach().to("cpu", torch.float32).numpy())[..., :3]
    return values if values.shape[-1] == 3 else np.repeat(values[..., :1], 3, axis=-1)


class DefocusPortrait:
    """Portrait mode. Images are B×H×W×C floats in 0..1, masks B×H×W."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - ComfyUI's name
        number = {"step": 0.1, "round": False}
        return {
            "required": {
                "image": ("IMAGE",),
                "f_number": ("FLOAT", {"default": 2.0, "min": 0.95, "max": 16.0, **number}),
                "amount": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 4.0, **number}),
                "focus": (["auto", "point", "face", "eyes", "all", "near", "far"],),
                "x": ("FLOAT", {"default": 0.5, "min": 0.0, "max": 1.0, "step": 0.01}),
                "y": ("FLOAT", {"default": 0.5, "min": 0.0, "max": 1.0, "step": 0.01}),
            },
            "optional": {"depth": ("IMAGE", {"tooltip": "near is bright"})},
        }

    RETURN_TYPES = ("IMAGE", "IMAGE", "MASK")
    RETURN_NAMES = ("image", "depth", "matte")
    FUNCTION = "render"
    CATEGORY = "image/postprocessing"
    DESCRIPTION = "Blur the background as a fast lens would (defocus)."

    def render(
        self,
        image: Any,
        f_number: float,
        amount: float,
        focus: str,
        x: float,
        y: float,
        depth: Any = None,
    ) -> tuple[Any, Any, Any]:
        """One portrait for each image of the batch, float32, on the device of the images."""
        import torch

        from defocus import Disparity, Edit, Focus, Lens, Photo, prepare, render_scene
        from defocus.disparity import Estimate
        from defocus.pipeline import focal_plane, layered

        if not len(image) or (depth is not None and not len(depth)):
            raise ValueError("the batch holds no image: is what comes before switched off?")
        at = (x, y) if focus == "point" else ()
        edit = Edit(focus=Focus(focus, at), lens=Lens(f_number), amount=amount)
        done: list[tuple[Any, Any, Any]] = []
        for index, pixels in enumerate(image):
            codes = np.rint(np.clip(_array(pixels), 0, 1) * 65535)
            photo, estimate = Photo(codes.astype(np.uint16)), None
            if depth is not None:  # of a batch of its own, the last serves all that follow
                near = _array(depth[min(index, len(depth) - 1)]).mean(axis=2)
                estimate = Estimate(Disparity(near.astype(np.float32), source="ComfyUI"))
            scene = prepare(photo, edit, estimate=estimate)
            portrait = render_scene(scene, edit).pixels.astype(np.float32) / 65535
            near = np.clip(scene.disparity.values, 0, 1)
            matte = layered(scene, edit, focal_plane(scene, edit)).matte
            done.append((portrait, np.repeat(near[..., None], 3, axis=2), matte))
        portraits, depths, mattes = (
            torch.from_numpy(np.stack(one)).to(image.device) for one in zip(*done, strict=True)
        )
        return portraits, depths, mattes


NODE_CLASS_MAPPINGS = {"DefocusPortrait": DefocusPortrait}
NODE_DISPLAY_NAME_MAPPINGS = {"DefocusPortrait": "Portrait mode (defocus)"}
