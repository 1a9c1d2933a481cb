"""The small scenes: what a lens must do, one question each.

A scene is code values, a normalised disparity and choices; its truth is computed by
``defocus.render.render_reference`` (see ``make.py``). Seeds are fixed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from defocus.optics import Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

WIDTH, HEIGHT = 128, 96
PLANE = 32768 / 65535  # disparity of the focal plane, exact in sixteen bits


@dataclass(frozen=True)
class Scene:
    """One question.

    Attributes:
        name: of its folder.
        about: what is asked, in a sentence.
        photo: H×W×3 uint8 or uint16 code values.
        radius_px: H×W signed radius that the disparity shall give, before range and foreground.
        lens: the shape of the aperture and the treatment of highlights.
        gain_px: pixels of radius per unit of disparity.
        focus_range: width of the sharp band in disparity.
        foreground: factor on the blur before the plane.
        space: ``srgb`` or ``display-p3``: what the code values mean.
        metric: ``low`` and ``per_unit`` of 1/m and ``focal_35mm``, in place of a gain, or None.
        step_px: radii that the truth tells apart.
        complete: the picture without what is before the plane, or None. With it the truth knows
            what a foreground hides; the scene is then two surfaces, each of one radius.
        answer: the truth where it is known without any renderer, or None.
    """

    name: str
    about: str
    photo: NDArray[Any]
    radius_px: NDArray[np.float32]
    lens: Lens = field(default_factory=Lens)
    gain_px: float = 64.0
    focus_range: float = 0.0
    foreground: float = 1.0
    space: str = "srgb"
    metric: dict[str, float] | None = None
    step_px: float = 0.5
    complete: NDArray[Any] | None = None
    answer: NDArray[Any] | None = None


def texture(seed: int, low: int = 40, high: int = 210) -> NDArray[np.uint8]:
    """Noise of every scale, as photos have it."""
    rng = np.random.default_rng(seed)
    total = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for cells in (4, 8, 16, 32, 64):
        grid = rng.random((cells, cells, 3), np.float32) - 0.5
        total += cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) * cells**-0.4
    total = (total - total.min()) / np.ptp(total)
    return np.rint(low + (high - low) * total).astype(np.uint8)


def flat(radius: float) -> NDArray[np.float32]:
    return np.full((HEIGHT, WIDTH), radius, np.float32)


def grey(code: int) -> NDArray[np.uint8]:
    return np.full((HEIGHT, WIDTH, 3), code, np.uint8)


def disc(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    yy, xx = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(np.hypot(xx - x, yy - y) <= radius)


def lamps(code: int = 0) -> NDArray[np.uint8]:
    """Lights of three pixels on something flat, over the whole picture."""
    photo = grey(code)
    for y in (16, 48, 80):
        for x in (16, 64, 112):
            photo[y - 1 : y + 2, x - 1 : x + 2] = (255, 240, 220)
    return photo


def shapes() -> Iterator[Scene]:
    kinds = {
        "round": (Lens(), "A lamp becomes a disc with an even light and a clean edge."),
        "blades-5": (Lens(blades=5), "A straight pentagon with the area of the disc."),
        "blades-6-turned": (Lens(blades=6, rotation_deg=20), "The hexagon turns with the lens."),
        "blades-3": (Lens(blades=3, rotation_deg=90), "A triangle with a corner up."),
        "roundness": (Lens(blades=7, roundness=0.6), "Blades are bent towards the circle."),
        "squeeze-narrow": (Lens(squeeze=0.6), "An anamorphic lens draws upright ovals."),
        "squeeze-wide": (Lens(squeeze=1.6, blades=8), "Squeezing acts on the turned polygon."),
        "ring-bubble": (Lens(ring=0.8), "Light gathers at the rim."),
        "ring-cream": (Lens(ring=-0.8), "Light gathers in the middle."),
    }
    for name, (lens, about) in kinds.items():
        yield Scene(f"lamp-{name}", about, lamps(), flat(-9), lens)
    yield Scene(
        "lamp-before-the-plane",
        "Before the plane the aperture stands as it does behind.",
        lamps(30),
        flat(9),
        Lens(blades=3, rotation_deg=90),
    )
    for name, lens in {
        "cat-eye": Lens(cat_eye=0.9),
        "cat-eye-blades": Lens(cat_eye=0.6, blades=6, rotation_deg=15, squeeze=0.8),
    }.items():
        about = "The barrel clips discs towards the corners, not in the middle."
        yield Scene(f"lamp-{name}", about, lamps(), flat(-8), lens)


def surfaces() -> Iterator[Scene]:
    subject = disc(64, 60, 24)
    ground, thing = texture(1), texture(2, 90, 250)
    both = np.where(subject[..., None], thing, ground)
    back = np.where(subject, 0, -8).astype(np.float32)
    front = np.where(subject, 8, 0).astype(np.float32)
    yield Scene("subject-sharp", "A sharp subject keeps every pixel; none of it leaks.", both, back)
    wall = np.clip(texture(6, 120, 136) + np.arange(-48, 48)[:, None, None] // 2, 0, 255)
    wall = wall.astype(np.uint8)
    before = np.where(subject[..., None], thing, wall)
    yield Scene(
        "foreground",
        "A blurred foreground covers, and shows through what goes on behind it.",
        before,
        front,
        complete=wall,
    )
    for amount in (0.2, 0.0):
        yield Scene(
            f"foreground-{amount * 100:.0f}-percent",
            "Only what is before the plane is blurred by less.",
            both,
            np.where(subject, 8, -5).astype(np.float32),
            foreground=amount,
        )
    yield Scene(
        "foreground-ring",
        "A ring before the plane, whose weights overshoot.",
        before,
        front,
        Lens(ring=0.7),
        complete=wall,
    )
    for radius in (0.8, 1.6, 3.0, 9.0, -2.0, -9.0):
        side = "before" if radius > 0 else "behind"
        yield Scene(
            f"grey-{side}-by-{abs(radius):g}".replace(".", "-"),
            "A flat grey stays that grey, whatever its radius.",
            grey(128),
            flat(radius),
        )
    for radius in (-1.5, 2.5, -24.0):
        yield Scene(
            f"texture-{'before' if radius > 0 else 'behind'}-by-{abs(radius):g}".replace(".", "-"),
            "An even blur of a texture.",
            texture(3),
            flat(radius),
        )
    slope = np.linspace(-8, 8, HEIGHT, dtype=np.float32)[:, None] + flat(0)
    yield Scene(
        "ground", "A slanted ground passes through the plane without a seam.", ground, slope
    )
    yield Scene(
        "ground-with-range",
        "The band around the plane is sharp; blur begins at its edges from nothing.",
        ground,
        slope,
        focus_range=8 / 64,
    )
    wire = np.zeros((HEIGHT, WIDTH), bool)
    wire[:, 60:63] = True
    yield Scene(
        "wire-before",
        "A thin dark wire before the plane becomes a veil, and what it hides is filled in.",
        np.where(wire[..., None], np.uint8(20), ground),
        np.where(wire, 6, -6).astype(np.float32),
    )
    dark = grey(60)
    dark[:, :40] = 255
    step = flat(0)
    step[:, :40] = -16
    step[:, 43:] = -2.2
    step[:, 43] = -1.1
    yield Scene(
        "step-in-a-dark-surface",
        "Where a dark surface leaves the plane, the white far behind it does not shine through.",
        dark,
        step,
        answer=dark,  # the dark surface goes on beneath its sharp part
    )


def lights() -> Iterator[Scene]:
    glow = Lens(highlights=0.5)
    night = grey(12)
    for x, y, colour in ((30, 30, (255, 190, 110)), (90, 60, (130, 180, 255))):
        night[disc(x, y, 2.5)] = colour
        night[disc(x, y, 1)] = 255
    yield Scene("lamps-by-night", "Lamps glow, each in its colour.", night, flat(-9), glow)
    one = grey(8)
    one[disc(64, 48, 1)] = 255
    yield Scene(
        "lamp-alone", "One light becomes one disc.", one, flat(-9), Lens(blades=6, highlights=1)
    )
    sky = texture(7, 180, 235)
    sky[disc(64, 48, 1.5)] = 255
    yield Scene(
        "clipped-in-the-sky", "What is bright among the bright is no lamp.", sky, flat(-9), glow
    )
    wall = grey(30)
    wall[30:70, 70:110] = 255
    yield Scene("lit-wall", "A large clipped surface is no lamp.", wall, flat(-6), glow)
    subject = np.zeros((HEIGHT, WIDTH), bool)
    subject[:, :60] = True
    rim = np.where(subject[..., None], np.uint8(70), night)
    rim[20:50, 60:62] = 255  # its sunlit rim, which the depth map gave to the background
    back = np.where(subject, 0, -9).astype(np.float32)
    yield Scene(
        "glint-on-a-sharp-rim", "A rim that is lit by the sun does not glow.", rim, back, glow
    )


def encodings() -> Iterator[Scene]:
    subject = disc(64, 60, 24)
    both = np.where(subject[..., None], texture(5, 90, 250), texture(4))
    back = np.where(subject, 0, -8).astype(np.float32)
    deep = both.astype(np.uint16) * 257
    yield Scene("sixteen-bits", "Sixteen bits are blurred as eight are.", deep, back)
    yield Scene(
        "display-p3",
        "Another space of colour, blended in its own light.",
        both,
        back,
        space="display-p3",
    )
    # 85 mm on a full frame at f/0.5; disparity 0..1 spans 0.1 to 2.1 per metre.
    metric = {"low": 0.1, "per_unit": 2.0, "focal_35mm": 85.0}
    yield Scene(
        "metric-depth",
        "Depth in metres and a focal length: the thin lens itself, not the convention.",
        both,
        back,
        Lens(f_number=0.5),
        metric=metric,
    )


def scenes() -> list[Scene]:
    return [*shapes(), *surfaces(), *lights(), *encodings()]
