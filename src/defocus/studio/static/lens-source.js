// What is rendered, as textures: photo, disparity, opacity.

import { createTexture } from "./webgl.js";

/**
 * A picture twice: as light, and as the code values that sharp pixels keep.
 *
 * @param {ImageBitmap|HTMLCanvasElement} image sRGB
 */
export function uploadPhoto(gl, image) {
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  const [light, encoded] = [gl.SRGB8_ALPHA8, gl.RGBA8].map((format) => {
    const texture = createTexture(gl, gl.LINEAR_MIPMAP_NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, format, gl.RGBA, gl.UNSIGNED_BYTE, image);
    gl.generateMipmap(gl.TEXTURE_2D);
    return texture;
  });
  return { light, encoded };
}

/** Free what `uploadPhoto` made; null is fine. */
export function deletePhoto(photo) {
  photo?.light.delete();
  photo?.encoded.delete();
}

/** Disparity, and beside it the weight of the subject (or null). */
export function uploadDepth(gl, { values, width, height }, subject) {
  const both = new Float32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    both[2 * i] = values[i];
    both[2 * i + 1] = subject === null ? 0 : subject[i] / 255;
  }
  const texture = createTexture(gl, gl.LINEAR);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG16F, width, height, 0, gl.RG, gl.FLOAT, both);
  return texture;
}

/** Opacity 0..255 of the front samples. */
export function uploadAlpha(gl, alpha, { width, height }) {
  const texture = createTexture(gl, gl.LINEAR);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, width, height, 0, gl.RED, gl.UNSIGNED_BYTE, alpha);
  return texture;
}
