// The aperture's shape, as points at which a gather looks.
//
// The same outline as the export's renderer (src/core/src/aperture.cpp): the area of the unit disc,
// coordinates like the picture's (y down).

import { CREAM_CONTRAST, CREAM_SCALE, RIM_CONTRAST, RIM_SCALE } from "../constants.js";

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** Radius of the aperture's outline in a direction, before its area is normalised. */
function outlineRadius(lens, angle) {
  if (lens.blades === 0) return 1;
  const sector = (2 * Math.PI) / lens.blades;
  const turned = angle + (lens.rotation_deg * Math.PI) / 180;
  const within = (((turned % sector) + sector) % sector) - sector / 2;
  const straight = Math.cos(sector / 2) / Math.cos(within);
  return straight + lens.roundness * (1 - straight);
}

/** Factor that gives the outline the area of the unit disc. */
function areaScale(lens) {
  if (lens.blades === 0) return 1;
  const steps = 720;
  let area = 0;
  for (let i = 0; i < steps; i++) {
    const radius = outlineRadius(lens, (2 * Math.PI * i) / steps);
    area += (radius * radius * Math.PI) / steps;
  }
  return Math.sqrt(Math.PI / area);
}

/** Light of a point at a fraction `reach` of the way to the rim: defocus.render.lens. */
function ringLight(ring, reach) {
  const scale = ring > 0 ? RIM_SCALE : CREAM_SCALE;
  const density = 1 - (ring > 0 ? RIM_CONTRAST : CREAM_CONTRAST) * ring;
  return reach < scale ? density : 1;
}

/**
 * Points spread evenly over the aperture on a Vogel spiral.
 *
 * @param {Lens} lens the edit's (blades, rotation_deg, roundness, squeeze, ring)
 * @param {number} count how many points
 * @param {number} turn a number that gives another spiral, so that several can be averaged
 * @returns {Float32Array} four numbers a point: x, y in radii, the fraction of the way to the rim,
 *   and the light that passes there
 */
export function aperturePoints(lens, count, turn = 0) {
  const points = new Float32Array(count * 4);
  const scale = areaScale(lens);
  const widen = Math.sqrt(lens.squeeze);
  const shift = (0.5 + turn * 0.7548776662) % 1;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const reach = Math.sqrt((i + (turn === 0 ? 0.5 : shift)) / count);
    const angle = i * GOLDEN_ANGLE + turn * 2.399963 * 0.618034;
    const outline = scale * outlineRadius(lens, angle);
    // The outline stretches the spiral: where it is wider, a point stands for a larger area.
    const light = outline * outline * ringLight(lens.ring, reach);
    points.set(
      [
        reach * outline * Math.cos(angle) * widen,
        (reach * outline * Math.sin(angle)) / widen,
        reach,
        light,
      ],
      i * 4,
    );
    total += light;
  }
  for (let i = 0; i < count; i++) points[i * 4 + 3] *= count / total;
  return points;
}

/** An SVG path of the aperture in a box from -1 to 1, for the icon beside the controls. */
export function aperturePath(lens) {
  const widen = Math.sqrt(lens.squeeze);
  const parts = [];
  for (let i = 0; i < 180; i++) {
    const angle = (2 * Math.PI * i) / 180;
    const radius = 0.86 * outlineRadius(lens, angle);
    const x = (radius * Math.cos(angle) * widen).toFixed(3);
    const y = ((radius * Math.sin(angle)) / widen).toFixed(3);
    parts.push(`${i === 0 ? "M" : "L"}${x} ${y}`);
  }
  return `${parts.join("")}Z`;
}
