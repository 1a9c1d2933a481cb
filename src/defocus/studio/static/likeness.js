// How like the photo's colours are to the one under a brush, for strokes that stop at edges:
// defocus.strokes, in JavaScript.

import { COLOUR_PACE, COLOUR_REACH, COLOUR_SIGMA, LIKE_COLOUR, OTHER_COLOUR } from "./constants.js";

/**
 * Pixels of a picture, RGBA.
 *
 * @typedef {{data: Uint8Array|Uint8ClampedArray, width: number, height: number}} Pixels
 */

/** @param {ImageBitmap} bitmap @returns {Pixels} */
export function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/**
 * For each point of a path: the point where the colour under the brush was taken last.
 *
 * @param {number[][]} points fractions of the picture
 * @param {number} radius fraction of its diagonal
 * @param {{width: number, height: number}} size of the picture
 */
export function stations(points, radius, { width, height }) {
  const pace = COLOUR_PACE * Math.max(radius * Math.hypot(width, height), 0.5);
  const found = [0];
  let gone = 0;
  for (let i = 1; i < points.length; i++) {
    const [x, y] = points[i];
    gone += Math.hypot((x - points[i - 1][0]) * width, (y - points[i - 1][1]) * height);
    const there = gone >= pace;
    if (there) gone = 0;
    found.push(there ? i : found[i - 1]);
  }
  return found;
}

/**
 * The median colour under the middle of a brush.
 *
 * @param {Pixels} picture the whole
 * @param {number[]} point fractions of it
 * @param {number} radius of the brush, fraction of the diagonal
 * @returns {number[]} red, green, blue
 */
export function colourUnder({ data, width, height }, [px, py], radius) {
  const reach = COLOUR_REACH * Math.max(radius * Math.hypot(width, height), 0.5);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const [x, y] = [px * width, py * height];
  const left = clamp(Math.floor(x - reach), 0, width - 1);
  const top = clamp(Math.floor(y - reach), 0, height - 1);
  const right = clamp(Math.floor(x + reach) + 1, left + 1, width);
  const bottom = clamp(Math.floor(y + reach) + 1, top + 1, height);
  const count = (right - left) * (bottom - top);
  return [0, 1, 2].map((channel) => {
    const values = new Uint8Array(count);
    let at = 0;
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        values[at++] = data[4 * (row * width + column) + channel];
      }
    }
    return values.sort()[count >> 1];
  });
}

/**
 * The likeness of the pixels of a box to a colour, 0 to 1.
 *
 * @param {Pixels} picture the box lies in
 * @param {{left: number, top: number, right: number, bottom: number}} box
 * @param {number[]} colour
 * @param {number} diagonal of the whole photo, in pixels of the picture
 * @returns {Float32Array} row by row
 */
export function likenessTo(picture, box, [red, green, blue], diagonal) {
  const smooth = smoothed(picture, box, COLOUR_SIGMA * diagonal);
  const likeness = new Float32Array(smooth.length / 3);
  for (let i = 0; i < likeness.length; i++) {
    const apart = Math.hypot(smooth[3 * i] - red, smooth[3 * i + 1] - green, smooth[3 * i + 2] - blue);
    likeness[i] = Math.min(1, Math.max(0, (OTHER_COLOUR - apart) / (OTHER_COLOUR - LIKE_COLOUR)));
  }
  return likeness;
}

// Red, green and blue of a box after a Gaussian; beyond the picture its border goes on.
function smoothed({ data, width, height }, { left, top, right, bottom }, sigma) {
  const apron = Math.ceil(2 * sigma);
  const weights = Array.from({ length: 2 * apron + 1 }, (_, i) => Math.exp(-((i - apron) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = weights.map((weight) => weight / total);
  const across = right - left;
  const down = bottom - top;
  const rows = new Float32Array(3 * across * (down + 2 * apron));
  const inside = (value, size) => Math.min(Math.max(value, 0), size - 1);
  for (let y = 0; y < down + 2 * apron; y++) {
    const row = inside(top + y - apron, height) * width;
    for (let x = 0; x < across; x++) {
      const to = 3 * (y * across + x);
      for (let k = 0; k < kernel.length; k++) {
        const from = 4 * (row + inside(left + x + k - apron, width));
        rows[to] += kernel[k] * data[from];
        rows[to + 1] += kernel[k] * data[from + 1];
        rows[to + 2] += kernel[k] * data[from + 2];
      }
    }
  }
  const out = new Float32Array(3 * across * down);
  for (let y = 0; y < down; y++) {
    for (let k = 0; k < kernel.length; k++) {
      const from = 3 * (y + k) * across;
      const to = 3 * y * across;
      for (let i = 0; i < 3 * across; i++) out[to + i] += kernel[k] * rows[from + i];
    }
  }
  return out;
}
