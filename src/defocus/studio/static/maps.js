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
