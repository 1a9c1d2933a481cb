// Things as targets: which of them lies where, and a focal plane that holds one whole.

import { MAX_FOCUS_RANGE, MIN_FOCUS_RANGE } from "./constants.js";
import { planeIn } from "./optics.js";

/**
 * Whose each place of a photo is: 0, or the number of a thing (defocus.session.things).
 *
 * @typedef {{labels: Uint8Array, width: number, height: number}} Things
 */

const ENDS = 0.05; // of its depths at either end: a rim, not the thing
const MOST = 0.6; // of the subject: more than two equal things have
const FRAMES = [1, 0.7, 0.5, 0.35, 0.25]; // shares of its box around the place that was clicked

/** The number of the thing at a place; 0 if none is. */
export function thingAt(things, { x, y }) {
  if (things === null || x < 0 || y < 0 || x >= 1 || y >= 1) return 0;
  const { labels, width, height } = things;
  return labels[Math.floor(y * height) * width + Math.floor(x * width)];
}

/**
 * Whether a thing is most of the subject, and not one of several that are salient together.
 *
 * @param {DisparityMap} map
 * @param {Uint8Array|null} subject of the map's size
 * @param {Things} things
 * @param {number} thing
 */
export function isMostOf(map, subject, { labels, width, height }, thing) {
  let all = 0;
  let own = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = Math.floor(((Math.floor(i / width) + 0.5) / height) * map.height);
    const column = Math.floor((((i % width) + 0.5) / width) * map.width);
    if (subject === null || subject[row * map.width + column] < 128) continue;
    all++;
    if (labels[i] === thing) own++;
  }
  return own > MOST * all;
}

/**
 * From where to where a thing reaches.
 *
 * @param {DisparityMap} map
 * @param {Things} things
 * @param {number} thing
 */
export function depthOfThing(map, { labels, width, height }, thing) {
  const found = [];
  for (let y = 1; y < height - 1; y++) {
    const row = Math.floor(((y + 0.5) / height) * map.height) * map.width;
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const inner = [at, at - 1, at + 1, at - width, at + width].every((i) => labels[i] === thing);
      if (inner) found.push(map.values[row + Math.floor(((at - y * width + 0.5) / width) * map.width)]);
    }
  }
  const sorted = Float32Array.from(found).sort();
  const last = sorted.length - 1;
  return { low: sorted[Math.floor(ENDS * last)], high: sorted[Math.ceil((1 - ENDS) * last)] };
}

/**
 * The focus that holds a thing: a frame in it, in whose middle depth the plane lies, and a band as
 * deep as the thing. Null if it is too thin to have a depth of its own.
 *
 * @param {DisparityMap} map
 * @param {Things} things
 * @param {number} thing
 * @param {{x: number, y: number}} place in it
 * @returns {Focus|null}
 */
export function focusOnThing(map, things, thing, place) {
  const { low, high } = depthOfThing(map, things, thing);
  if (low === undefined) return null;
  const box = boxOf(things, thing);
  let best = null;
  for (const share of FRAMES) {
    const at = frameAround(box, place, share);
    const { disparity } = planeIn(map, null, at, MIN_FOCUS_RANGE);
    const range = 2 * Math.max(high - disparity, disparity - low);
    if (best === null || range < best.range) best = { at, range };
  }
  const range = Math.max(MIN_FOCUS_RANGE, Math.min(MAX_FOCUS_RANGE, best.range));
  return { mode: "rectangle", at: best.at, range: round(range) };
}

/**
 * The focus that holds a thing beside what is in focus already.
 *
 * @param {DisparityMap} map
 * @param {Things} things
 * @param {number} thing
 * @param {Plane} plane
 * @returns {Focus|null}
 */
export function focusOnBoth(map, things, thing, plane) {
  const { low, high } = depthOfThing(map, things, thing);
  if (low === undefined) return null;
  const half = plane.range / 2;
  const [from, to] = [Math.min(low, plane.disparity - half), Math.max(high, plane.disparity + half)];
  return { mode: "disparity", at: [round((from + to) / 2)], range: round(Math.min(1, to - from)) };
}

/** @returns {[number, number, number, number]} left, top, right, bottom, in fractions */
function boxOf({ labels, width, height }, thing) {
  const box = { left: width, top: height, right: 0, bottom: 0 };
  labels.forEach((label, at) => {
    if (label !== thing) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y + 1);
  });
  return [box.left / width, box.top / height, box.right / width, box.bottom / height];
}

/** @returns {[number, number, number, number]} as `boxOf` */
function frameAround([left, top, right, bottom], { x, y }, share) {
  const within = (at, edge) => round(Math.min(1, Math.max(0, at + share * (edge - at))));
  return [within(x, left), within(y, top), within(x, right), within(y, bottom)];
}

const round = (value) => Math.round(value * 1e5) / 1e5;
