// Shapes of bokeh that lenses are known for, each as a picture of one light out of focus.

import { aperturePath } from "../lens/aperture.js";
import { element } from "./controls.js";

const PLAIN = { blades: 0, rotation_deg: 0, roundness: 0, cat_eye: 0, squeeze: 1, ring: 0 };

/** @type {{name: string, lens: typeof PLAIN}[]} */
export const SHAPES = [
  { name: "Round", lens: PLAIN },
  { name: "Rounded blades", lens: { ...PLAIN, blades: 9, roundness: 0.6 } },
  { name: "Six blades", lens: { ...PLAIN, blades: 6 } },
  { name: "Five blades", lens: { ...PLAIN, blades: 5, rotation_deg: 18 } },
  { name: "Cat-eye", lens: { ...PLAIN, cat_eye: 0.6 } },
  { name: "Anamorphic", lens: { ...PLAIN, squeeze: 0.65 } },
  { name: "Bubbles", lens: { ...PLAIN, ring: 0.8 } },
  { name: "Cream", lens: { ...PLAIN, ring: -0.8 } },
];

/** Which of them a lens has, or null. */
export function shapeOf(lens) {
  const same = (shape) => Object.keys(PLAIN).every((key) => shape.lens[key] === lens[key]);
  return SHAPES.find(same)?.name ?? null;
}

/** @param {(lens: typeof PLAIN) => void} onChoose */
export function bokehShapes(onChoose) {
  const tiles = SHAPES.map(({ name, lens }) => {
    const tile = element("button", {
      type: "button",
      class: "shape",
      title: name,
      "aria-label": name,
      onclick: () => onChoose(lens),
    });
    tile.append(drawing(lens));
    return { name, tile };
  });
  const shelf = element("div", { class: "shapes", role: "group", "aria-label": "Shape of bokeh" });
  shelf.append(...tiles.map(({ tile }) => tile));
  return {
    element: shelf,
    show(lens) {
      const now = shapeOf(lens);
      for (const { name, tile } of tiles) tile.setAttribute("aria-pressed", String(name === now));
    },
  };
}

// As towards a corner of the picture, where the barrel clips it from two sides.
const EYE = "M0 -.9A1.05 1.05 0 0 1 0 .9A1.05 1.05 0 0 1 0 -.9Z";

const svg = (tag, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

// The disc of one light: brighter at its rim or in its middle, clipped as near a corner.
function drawing(lens) {
  const picture = svg("svg", { viewBox: "-1 -1 2 2", "aria-hidden": "true" });
  const rim = lens.ring > 0 ? "bubble" : lens.ring < 0 ? "cream" : "even";
  const path = lens.cat_eye > 0 ? { d: EYE, transform: "rotate(45)" } : { d: aperturePath(lens) };
  picture.append(svg("path", { ...path, class: rim }));
  return picture;
}
