// Maps of other sizes.

/**
 * A smaller map: of each place the value in its middle, so that no edge becomes a slope.
 *
 * @template {Float32Array|Uint8Array} T
 * @param {T} values
 * @param {{width: number, height: number}} size theirs
 * @param {number} width
 * @param {number} height
 * @returns {T}
 */
export function sampled(values, size, width, height) {
  const small = /** @type {T} */ (new /** @type {any} */ (values.constructor)(width * height));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) / height) * size.height) * size.width;
    for (let x = 0; x < width; x++) {
      small[y * width + x] = values[row + Math.floor(((x + 0.5) / width) * size.width)];
    }
  }
  return small;
}

/** Disparity from its 16-bit codes. */
export function expand(codes, { width, height, low, high }) {
  const numbers = new Uint16Array(codes);
  const values = new Float32Array(numbers.length);
  const step = (high - low) / 65535;
  for (let i = 0; i < numbers.length; i++) values[i] = low + numbers[i] * step;
  return { values, width, height };
}
