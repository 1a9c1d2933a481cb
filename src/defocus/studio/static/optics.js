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

/** The focal plane of a rectangle (left, top, right, bottom), as defocus.focus does it. */
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

const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

/**
 * Paint one brush stroke on a disparity map, as defocus.strokes does.
 *
 * @param {{values: Float32Array, width: number, height: number}} map changed in place
 * @param {object} stroke of the edit
 * @param {object} part of the picture that the map shows, in fractions
 */
export function paintStroke(map, stroke, part = WHOLE) {
  const { width, height, values } = map;
  const diagonal = Math.hypot(width / part.width, height / part.height);
  const radius = Math.max(stroke.radius * diagonal, 0.5);
  const soft = Math.max(radius * (1 - stroke.hardness), 1);
  const points = stroke.points.map(([x, y]) => [
    ((x - part.x) / part.width) * width - 0.5,
    ((y - part.y) / part.height) * height - 0.5,
  ]);
  const xs = points.map((p) => p[0]);
  const ys = points.map((p) => p[1]);
  const x0 = Math.max(0, Math.floor(Math.min(...xs) - radius - 1));
  const x1 = Math.min(width, Math.ceil(Math.max(...xs) + radius + 2));
  const y0 = Math.max(0, Math.floor(Math.min(...ys) - radius - 1));
  const y1 = Math.min(height, Math.ceil(Math.max(...ys) + radius + 2));
  if (x0 >= x1 || y0 >= y1) return;
  const distance = new Float32Array((x1 - x0) * (y1 - y0)).fill(radius);
  points.forEach((from, index) => {
    const to = points[Math.min(index + 1, points.length - 1)];
    const box = [
      Math.max(x0, Math.floor(Math.min(from[0], to[0]) - radius)),
      Math.max(y0, Math.floor(Math.min(from[1], to[1]) - radius)),
      Math.min(x1, Math.ceil(Math.max(from[0], to[0]) + radius) + 1),
      Math.min(y1, Math.ceil(Math.max(from[1], to[1]) + radius) + 1),
    ];
    for (let y = box[1]; y < box[3]; y++) {
      for (let x = box[0]; x < box[2]; x++) {
        const cell = (y - y0) * (x1 - x0) + (x - x0);
        distance[cell] = Math.min(distance[cell], segmentDistance(x, y, from, to));
      }
    }
  });
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const away = distance[(y - y0) * (x1 - x0) + (x - x0)];
      const weight = Math.min(1, Math.max(0, (radius - away) / soft));
      const cell = y * width + x;
      values[cell] += weight * (stroke.disparity - values[cell]);
    }
  }
}

function segmentDistance(x, y, from, to) {
  const along = [to[0] - from[0], to[1] - from[1]];
  const length2 = along[0] ** 2 + along[1] ** 2;
  const dot = (x - from[0]) * along[0] + (y - from[1]) * along[1];
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, dot / length2));
  return Math.hypot(x - from[0] - t * along[0], y - from[1] - t * along[1]);
}
