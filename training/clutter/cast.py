"""Pictures of scenes by ray casting (Embree): direct light, soft shadows, ambient occlusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh

if TYPE_CHECKING:
    from shapes import Floats, Thing
    from stage import Scene, View

OVERSAMPLING = 1.5
_AMBIENT_RAYS = 2


class Model:
    """All triangles of a scene, and what is needed to shade a hit."""

    def __init__(self, parts: list[tuple[Thing, list[Floats]]]) -> None:
        points, uvs, normals, faces, textures, owners = [], [], [], [], [], []
        colours: list[Floats] = []
        start = 0
        for number, (thing, own) in enumerate(parts):
            for patch in thing:
                n, m = patch.points.shape[:2]
                index = start + np.arange(n * m).reshape(n, m)
                a, b, c, d = (
                    index[i : n - 1 + i, j : m - 1 + j] for i, j in ((0, 0), (1, 0), (0, 1), (1, 1))
                )
                quads = np.stack([np.stack([a, b, c], -1), np.stack([b, d, c], -1)]).reshape(-1, 3)
                points.append(patch.points.reshape(-1, 3))
                uvs.append(patch.uv.reshape(-1, 2))
                normals.append(_normals(patch.points).reshape(-1, 3))
                faces.append(quads)
                textures.append(np.full(len(quads), len(colours) + patch.texture))
                owners.append(np.full(len(quads), number))
                start += n * m
            colours += own
        self.points, self.faces = np.concatenate(points), np.concatenate(faces)
        self.uvs, self.normals = np.concatenate(uvs), np.concatenate(normals)
        self.textures, self.colours = np.concatenate(textures), np.stack(colours)
        self.owners = np.concatenate(owners)  # the number of the thing that a face belongs to
        self._scene = rtcore_scene.EmbreeScene()
        self._mesh = TriangleMesh(
            self._scene, self.points.astype(np.float32), self.faces.astype(np.int32)
        )

    def hits(self, start: Floats, direction: Floats) -> dict[str, np.ndarray]:
        """Nearest hit of each ray: ``primID`` (-1: none), ``tfar``, barycentric ``u``, ``v``."""
        return self._scene.run(start.astype(np.float32), direction.astype(np.float32), output=1)

    def at(self, face: np.ndarray, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Albedo and smooth normal at barycentric coordinates of faces."""
        corners = self.faces[face]
        weights = np.stack([1 - u - v, u, v], -1)[..., None]
        normal = (self.normals[corners] * weights).sum(1)
        uv = (self.uvs[corners] * weights).sum(1)
        return self._albedo(self.textures[face], uv), normal / (
            np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        )

    def _albedo(self, texture: np.ndarray, uv: Floats) -> Floats:
        size = self.colours.shape[1]
        at = (uv % 1) * size - 0.5
        low = np.floor(at).astype(int)
        x, y = (at - low).T.astype(np.float32)
        (x0, y0), (x1, y1) = (low % size).T, ((low + 1) % size).T
        top = (
            self.colours[texture, y0, x0] * (1 - x)[:, None]
            + self.colours[texture, y0, x1] * x[:, None]
        )
        end = (
            self.colours[texture, y1, x0] * (1 - x)[:, None]
            + self.colours[texture, y1, x1] * x[:, None]
        )
        return top * (1 - y)[:, None] + end * y[:, None]


def picture(
    scene: Scene, view: View, size_wh: tuple[int, int]
) -> tuple[Floats, Floats, np.ndarray]:
    """sRGB-encoded picture H×W×3 in 0..1, camera-space depth H×W in metres (inf: nothing), and the
    number of the scene's thing at each pixel, H×W int16 (-1: nothing)."""
    rng = scene.rng
    width, height = (round(n * OVERSAMPLING) for n in size_wh)
    model = Model(scene.parts)
    rays, forward = _rays(view, width, height, rng)
    start = np.broadcast_to(view.position, rays.shape)
    hit = model.hits(start, rays)
    seen = np.flatnonzero(hit["primID"] >= 0)
    depth = np.full(len(rays), np.inf, np.float32)
    depth[seen] = hit["tfar"][seen] * forward[seen]

    albedo, normal = model.at(hit["primID"][seen], hit["u"][seen], hit["v"][seen])
    facing = np.sign((normal * rays[seen]).sum(1, keepdims=True))
    normal = np.where(facing > 0, -normal, normal).astype(np.float32)
    place = view.position + rays[seen] * hit["tfar"][seen, None] + normal * 1e-3
    light = _ambient(scene, model, place, normal, (height, width), seen)
    gloss = rng.uniform(0, 0.4) if rng.random() < 0.5 else 0.0
    shine = np.zeros_like(light)
    for lamp in scene.lights:
        spot = lamp.position + lamp.radius_m * rng.standard_normal(place.shape).astype(np.float32)
        toward = spot - place
        away = np.linalg.norm(toward, axis=1, keepdims=True)
        toward /= away
        block = model.hits(place, toward)
        clear = (block["primID"] < 0) | (block["tfar"] > away[:, 0])
        clear = _smooth(clear.astype(np.float32), (height, width), seen)
        falloff = clear[:, None] * lamp.colour / np.maximum(away, 0.15) ** 2
        light += falloff * np.maximum((normal * toward).sum(1, keepdims=True), 0)
        half = toward - rays[seen]
        half /= np.linalg.norm(half, axis=1, keepdims=True)
        shine += gloss * falloff * np.maximum((normal * half).sum(1, keepdims=True), 0) ** 40
    colour = np.zeros((len(rays), 3), np.float32)
    colour[seen] = albedo * light + shine
    if scene.sky is not None:
        missed = np.flatnonzero(hit["primID"] < 0)
        colour[missed] = _sky(scene.sky, rays[missed])
    owner = np.full(len(rays), -1, np.int16)
    owner[seen] = model.owners[hit["primID"][seen]]
    nearest = cv2.INTER_NEAREST
    return (
        _developed(colour.reshape(height, width, 3), size_wh, rng),
        cv2.resize(depth.reshape(height, width), size_wh, interpolation=nearest),
        cv2.resize(owner.reshape(height, width), size_wh, interpolation=nearest),
    )


def _sky(colours: Floats, direction: Floats) -> Floats:
    """Paler toward the horizon, and drawn out as clouds there."""
    rise = np.maximum(direction[:, 2], 0.02)
    at = (direction[:, :2] / (rise[:, None] + 0.15) * 0.2 % 1 * len(colours)).astype(int)
    haze = np.exp(-6 * rise)[:, None]
    found = colours[at[:, 1] % len(colours), at[:, 0] % len(colours)]
    return (found * (1 - haze) + colours.mean((0, 1)) * 1.2 * haze).astype(np.float32)


def _normals(points: Floats) -> Floats:
    du, dv = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normal = np.cross(du, dv)
    return normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-12)


def _rays(view: View, width: int, height: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Unit directions (n, 3), jittered within their pixels, and their share along the axis."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    half = max(width, height) / 2
    jitter = rng.uniform(-0.4, 0.4, (2, height, width))
    x = (x + jitter[0] - width / 2) / half
    y = (y + jitter[1] - height / 2) / half
    right, up, ahead = view.rows
    rays = x[..., None] * right - y[..., None] * up + view.focal * ahead
    length = np.linalg.norm(rays, axis=-1, keepdims=True)
    return (rays / length).reshape(-1, 3).astype(np.float32), (view.focal / length).reshape(-1)


def _ambient(
    scene: Scene,
    model: Model,
    place: Floats,
    normal: Floats,
    size_hw: tuple[int, int],
    seen: np.ndarray,
) -> Floats:
    """Light from above and below, less where near things cover the hemisphere."""
    reach = 0.25 * (np.linalg.norm(scene.lights[0].position) + 0.5)
    free = np.zeros(len(place), np.float32)
    for _ in range(_AMBIENT_RAYS):
        ray = scene.rng.standard_normal(place.shape).astype(np.float32)
        ray = normal + 0.98 * ray / np.linalg.norm(ray, axis=1, keepdims=True)
        ray /= np.linalg.norm(ray, axis=1, keepdims=True) + 1e-9
        block = model.hits(place, ray)
        free += np.where(block["primID"] < 0, 1, np.clip(block["tfar"] / reach, 0, 1))
    smooth = _smooth(free / _AMBIENT_RAYS, size_hw, seen)
    above = 0.5 + 0.5 * normal[:, 2:]
    return smooth[:, None] * (above * scene.ambient[0] + (1 - above) * scene.ambient[1])


def _smooth(share: Floats, size_hw: tuple[int, int], seen: np.ndarray) -> Floats:
    """Few rays a pixel are noisy; their mean over a neighbourhood is not."""
    whole = np.ones(size_hw[0] * size_hw[1], np.float32)
    whole[seen] = share
    return cv2.GaussianBlur(whole.reshape(size_hw), (0, 0), 1.5).reshape(-1)[seen]


def _developed(linear: Floats, size_wh: tuple[int, int], rng: np.random.Generator) -> Floats:
    image = cv2.resize(linear, size_wh, interpolation=cv2.INTER_AREA)
    tone = image.mean(-1)
    white = 0.6 * np.median(tone) + 0.14 * np.percentile(tone, 95) + 1e-4
    image = image * rng.uniform(0.14, 0.34) / white
    image = image * (1 + image / 6) / (1 + image) * 1.15
    return np.clip(image, 0, 1).astype(np.float32) ** np.float32(1 / 2.2)
