// People as targets: whose face lies where, and a focal plane that holds some of them.

import { MAX_FOCUS_RANGE, MIN_FOCUS_RANGE } from "./constants.js";

/**
 * A face: its box in fractions of the photo.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Face
 */

const HELD_WEIGHT = 127; // of 255: inside the subject
const SAME_BODY = 0.2; // normalised disparity: farther from the face is somebody else, or a wall
const SAMPLES = 60; // along the longer side of a box: enough for its depths
const BODY = { aside: 0.9, above: 0.4, below: 5 }; // in widths and heights of the face

/** The number of the face at a place, the smallest if several are; -1 if none is. */
export function faceAt(faces, { x, y }) {
  let found = -1;
  faces.forEach((face, index) => {
    const inside = x >= face.x && x <= face.x + face.width && y >= face.y && y <= face.y + face.height;
    if (inside && (found < 0 || face.width < faces[found].width)) found = index;
  });
  return found;
}

/**
 * The depth of a person: of the face, and from where to where the body reaches.
 *
 * @param {DisparityMap} map
 * @param {Uint8Array|null} subject weights 0 to 255, same size
 * @param {Face} face
 */
export function depthOf(map, subject, face) {
  const { x, y, width, height } = face;
  const at = faceDepth(map, face);
  const body = valuesIn(
    map,
    x - BODY.aside * width,
    y - BODY.above * height,
    x + (1 + BODY.aside) * width,
    y + (1 + BODY.below) * height,
    (value, index) =>
      Math.abs(value - at) < SAME_BODY && (subject === null || subject[index] > HELD_WEIGHT),
  ).sort();
  if (body.length === 0) return { at, low: at, high: at };
  const share = (part) => body[Math.floor(part * (body.length - 1))];
  return { at, low: Math.min(at, share(0.1)), high: Math.max(at, share(0.9)) };
}

/** The depth of the middle of a face, away from what lies behind it. */
function faceDepth(map, { x, y, width, height }) {
  const middle = valuesIn(map, x + width / 4, y + height / 4, x + 0.75 * width, y + 0.75 * height);
  return middle.sort()[middle.length >> 1];
}

/**
 * The focus that holds these people and no others, as far as their depth tells them apart.
 *
 * @param {DisparityMap} map
 * @param {Uint8Array|null} subject
 * @param {Face[]} faces at least one
 * @returns {Focus}
 */
export function focusOn(map, subject, faces) {
  const depths = faces.map((face) => depthOf(map, subject, face));
  const low = Math.min(...depths.map((depth) => depth.low));
  const high = Math.max(...depths.map((depth) => depth.high));
  if (faces.length > 1) {
    const range = Math.min(1, Math.max(MIN_FOCUS_RANGE, high - low));
    return { mode: "disparity", at: [round((low + high) / 2)], range: round(range) };
  }
  const [{ x, y, width, height }] = faces;
  const [{ at }] = depths;
  const range = Math.max(MIN_FOCUS_RANGE, Math.min(MAX_FOCUS_RANGE, 2 * Math.max(high - at, at - low)));
  const box = [x, y, x + width, y + height].map((value) => round(Math.min(1, Math.max(0, value))));
  return { mode: "rectangle", at: box, range: round(range) };
}

/**
 * The numbers of the faces that a focal plane holds.
 *
 * @param {DisparityMap} map
 * @param {Face[]} faces
 * @param {Plane} plane
 */
export function heldBy(map, faces, plane) {
  return faces.flatMap((face, index) => {
    const at = faceDepth(map, face);
    const held = plane.holdsSubject || Math.abs(at - plane.disparity) <= plane.range / 2 + 1e-4;
    return held ? [index] : [];
  });
}

function valuesIn({ values, width, height }, x0, y0, x1, y1, wanted = (_value, _index) => true) {
  const clamp = (value, size) => Math.max(0, Math.min(size, Math.round(value * size)));
  const [left, right, top, bottom] = [clamp(x0, width), clamp(x1, width), clamp(y0, height), clamp(y1, height)];
  const found = [];
  const step = Math.max(1, Math.floor(Math.max(right - left, bottom - top) / SAMPLES));
  for (let row = top; row < Math.max(bottom, top + 1); row += step) {
    for (let column = left; column < Math.max(right, left + 1); column += step) {
      const index = Math.min(row, height - 1) * width + Math.min(column, width - 1);
      if (wanted(values[index], index)) found.push(values[index]);
    }
  }
  return Float32Array.from(found);
}

const round = (value) => Math.round(value * 1e5) / 1e5;
