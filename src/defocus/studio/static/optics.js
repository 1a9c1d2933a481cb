// The optics of defocus/optics.py and defocus/focus.py, for a preview without a server.

import {
  FULL_FRAME_WIDTH_MM,
  MAX_FOCUS_RANGE as MAX_RANGE,
  MIN_FOCUS_RANGE as MIN_RANGE,
  POINT_REACH,
  RADIUS_PER_DIAGONAL,
} from "./constants.js";

const PATCH_VALUES = 40_000;

/** Blur radius in pixels for one unit of normalised disparity. */
export function gainPx(width, height, fNumber) {
  return (RADIUS_PER_DIAGONAL * Math.hypot(width, height)) / fNumber;
}

/** The same for metric disparity: a thin lens on a full frame that sees the same field. */
export function thinLensGainPx(unit, focal35mm, longSidePx, plane, fNumber) {
  const focusPerMetre = Math.max(unit.low + unit.perUnit * plane.disparity, 1e-4);
  const focusM = 1 / focusPerMetre;
  const focalPx = (focal35mm / FULL_FRAME_WIDTH_MM) * longSidePx;
  const focalM = focal35mm / 1000;
  const perMetre = ((focalPx * focalM) / (2 * fNumber)) * (focusM / Math.max(focusM - focalM, 1e-6));
  return unit.perUnit * perMetre;
}

/**
 * The blur radius of an edit, as defocus.layers.scene_gain_px has it: pixels of the whole photo for
 * one unit of normalised disparity.
 *
 * @param {any} scene the server's facts
 * @param {Edit} edit
 * @param {Plane} plane
 */
export function sceneGainPx(scene, edit, plane) {
  const { width, height, focal35mm, unit, closeness } = scene;
  const { amount, by_distance: byDistance, lens } = edit;
  if (focal35mm === null) {
    return amount * (byDistance ? closeness : 1) * gainPx(width, height, lens.f_number);
  }
  return amount * thinLensGainPx(unit, focal35mm, Math.max(width, height), plane, lens.f_number);
}

/**
 * The focal plane of an edit's focus.
 *
 * @param {{mode: string, at: number[], range: number|null}} focus
 * @param {DisparityMap} map with strokes
 * @param {Uint8Array|null} subject
 * @param {any} scene what the server found for whole pictures
 */
export function planeOf({ mode, at, range }, map, subject, scene) {
  let plane;
  if (mode === "point") {
    plane = planeAt(map, subject, at[0], at[1], scene.subjectRange);
  } else if (mode === "rectangle") {
    plane = planeIn(map, subject, at, scene.subjectRange);
  } else if (mode === "disparity") {
    plane = { disparity: at[0], range: MIN_RANGE, holdsSubject: false };
  } else {
    plane = scene.planes[mode];
  }
  return range === null ? plane : { disparity: plane.disparity, range, holdsSubject: false };
}

/**
 * The focal plane of a point, as defocus.focus does it.
 *
 * @param {{values: Float32Array, width: number, height: number}} map disparity with its strokes
 * @param {Uint8Array|null} subject weight of the subject, same size
 * @param {number} x fraction of the width
 * @param {number} y fraction of the height
 * @param {number} subjectRange band that keeps the subject whole
 */
export function planeAt(map, subject, x, y, subjectRange) {
  const disparity = medianAround(map, x, y);
  const column = clampIndex(x * map.width, map.width);
  const row = clampIndex(y * map.height, map.height);
  const onSubject = subject !== null && subject[row * map.width + column] > 127;
  return { disparity, range: onSubject ? subjectRange : MIN_RANGE, holdsSubject: onSubject };
}

/**
 * The focal plane of a rectangle, as defocus.focus does it.
 *
 * @param {DisparityMap} map
 * @param {Uint8Array|null} subject
 * @param {number[]} corners left, top, right, bottom, in fractions
 * @param {number} subjectRange
 */
export function planeIn(map, subject, [left, top, right, bottom], subjectRange) {
  const patch = patchOf(map.values, map, left, top, right, bottom);
  const disparity = patch[patch.length >> 1];
  if (subject !== null) {
    const weights = patchOf(subject, map, left, top, right, bottom);
    if (weights[weights.length >> 1] > 127) {
      return { disparity, range: subjectRange, holdsSubject: true };
    }
  }
  const span = patch[Math.floor(0.8 * patch.length)] - patch[Math.floor(0.2 * patch.length)];
  return {
    disparity,
    range: Math.min(MAX_RANGE, Math.max(MIN_RANGE, span)),
    holdsSubject: false,
  };
}

/** Median disparity of the small square around a point. */
export function medianAround(map, x, y) {
  const reach = POINT_REACH;
  const patch = patchOf(map.values, map, x - reach, y - reach, x + reach, y + reach);
  return patch[patch.length >> 1];
}

// The values of a rectangle in order; of a large one, some evenly spread.
function patchOf(values, { width, height }, x0, y0, x1, y1) {
  const left = clampIndex(x0 * width, width);
  const right = Math.max(left + 1, Math.min(width, Math.ceil(x1 * width)));
  const top = clampIndex(y0 * height, height);
  const bottom = Math.max(top + 1, Math.min(height, Math.ceil(y1 * height)));
  const step = Math.ceil(Math.sqrt(((right - left) * (bottom - top)) / PATCH_VALUES));
  const across = Math.ceil((right - left) / step);
  const patch = new values.constructor(across * Math.ceil((bottom - top) / step));
  let count = 0;
  for (let row = top; row < bottom; row += step) {
    for (let column = left; column < right; column += step) {
      patch[count++] = values[row * width + column];
    }
  }
  return patch.sort();
}

function clampIndex(value, size) {
  return Math.max(0, Math.min(size - 1, Math.floor(value)));
}
