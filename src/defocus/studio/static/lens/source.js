// What is rendered: photo, disparity and soft edges as textures, and the blocks they fall into.

import { BLOCK_PX, Blocks } from "./blocks.js";
import { createTexture } from "./webgl.js";

export class Source {
  /** @type {Uint8Array|null|undefined} */
  #lights = undefined; // not looked for

  constructor(gl) {
    this.gl = gl;
    this.photo = null; // { light, encoded }
    this.depth = null; // { texture, blocks }
    this.soft = null; // { photo, depth, alpha }
    this.elsewhere = null; // { image, texture }: rendered elsewhere
    this.lamps = null; // { texture, values, width, height, extent }
    this.opaque = uploadAlpha(gl, new Uint8Array([255]), { width: 1, height: 1 });
  }

  get complete() {
    return this.photo !== null && this.depth !== null;
  }

  /** Forget everything. */
  clear() {
    this.setSoftEdges(null);
    this.setLamps(null);
    this.elsewhere?.texture.delete();
    this.elsewhere = null;
    deletePhoto(this.photo);
    this.depth?.texture.delete();
    this.photo = null;
    this.depth = null;
  }

  setPhoto(image, part) {
    this.clear();
    this.photo = uploadPhoto(this.gl, image);
    this.size = { width: image.width, height: image.height };
    this.part = part;
    this.#lights = undefined;
  }

  setDisparity(map, subject, changed = null) {
    this.setSoftEdges(null);
    if (changed !== null && this.depth !== null) {
      updateDepth(this.gl, this.depth, map, subject, changed);
      return;
    }
    this.depth?.texture.delete();
    this.depth = uploadDepth(this.gl, map, subject);
  }

  setLamps(lamps) {
    this.lamps?.texture.delete();
    this.#lights = undefined;
    this.lamps = lamps && { ...lamps, texture: uploadLamps(this.gl, lamps) };
  }

  /**
   * Which blocks have lights that the sensor clipped.
   *
   * @returns {Uint8Array|null} null if there are none
   */
  get lights() {
    if (this.#lights === undefined) this.#lights = this.lamps && this.#findLights();
    return this.#lights;
  }

  #findLights() {
    const { values, width, height, extent } = this.lamps;
    const { across, down } = this.front.depth.blocks;
    const lit = new Uint8Array(across * down);
    let any = false;
    for (let cell = 0; cell < width * height; cell++) {
      if (values[4 * cell + 3] === 0) continue;
      const [x, y] = [cell % width, Math.floor(cell / width)];
      const columns = this.#blocksOf(x, width, extent[0], this.part.x, this.part.width, this.size.width);
      const rows = this.#blocksOf(y, height, extent[1], this.part.y, this.part.height, this.size.height);
      for (let row = Math.max(0, rows[0]); row <= Math.min(down - 1, rows[1]); row++) {
        for (let column = Math.max(0, columns[0]); column <= Math.min(across - 1, columns[1]); column++) {
          lit[row * across + column] = 1;
          any = true;
        }
      }
    }
    return any ? lit : null;
  }

  // From which to which block a cell of the lamps reaches, along one axis.
  #blocksOf(cell, cells, extent, offset, share, px) {
    const block = (place) => Math.floor((((place / cells) * extent - offset) / share) * (px / BLOCK_PX));
    return [block(cell), block(cell + 1)];
  }

  /**
   * The texture of a picture of the photo's size that was rendered elsewhere.
   *
   * @param {ImageBitmap} image
   */
  finished(image) {
    if (this.elsewhere?.image !== image) {
      this.elsewhere?.texture.delete();
      this.elsewhere = { image, texture: uploadPicture(this.gl, image) };
    }
    return this.elsewhere.texture;
  }

  setSoftEdges(front) {
    if (this.soft !== null) {
      deletePhoto(this.soft.photo);
      this.soft.depth.texture.delete();
      this.soft.alpha.delete();
      this.soft = null;
    }
    if (front === null) return;
    this.soft = {
      alpha: uploadAlpha(this.gl, front.alpha, front.map),
      photo: uploadPhoto(this.gl, front.image),
      depth: uploadDepth(this.gl, front.map, front.subject, front.alpha),
    };
  }

  /** The samples in front, which the soft edges replace where there are some. */
  get front() {
    return this.soft ?? { photo: this.photo, depth: this.depth, alpha: this.opaque };
  }

  /** Diagonal of the whole picture, in pixels of the source. */
  get diagonal() {
    return Math.hypot(this.size.width / this.part.width, this.size.height / this.part.height);
  }
}

/**
 * A picture twice: as light, and as the code values that sharp pixels keep.
 *
 * @param {ImageBitmap|HTMLCanvasElement|ImageData} image sRGB
 */
function uploadPhoto(gl, image) {
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  const [light, encoded] = [gl.SRGB8_ALPHA8, gl.RGBA8].map((format) => {
    const texture = createTexture(gl, gl.LINEAR_MIPMAP_NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, format, gl.RGBA, gl.UNSIGNED_BYTE, image);
    gl.generateMipmap(gl.TEXTURE_2D);
    return texture;
  });
  return { light, encoded };
}

function uploadPicture(gl, image) {
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  const texture = createTexture(gl, gl.LINEAR);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, image);
  return texture;
}

function deletePhoto(photo) {
  photo?.light.delete();
  photo?.encoded.delete();
}

/** Disparity, and beside it the weight of the subject (or null). */
function uploadDepth(gl, map, subject, alpha = null) {
  const { width, height } = map;
  const both = depthWithin(map, subject, { left: 0, top: 0, right: width, bottom: height });
  const texture = createTexture(gl, gl.LINEAR);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG16F, width, height, 0, gl.RG, gl.FLOAT, both);
  return { texture, blocks: new Blocks(map, subject, alpha) };
}

function updateDepth(gl, { texture, blocks }, map, subject, box) {
  const both = depthWithin(map, subject, box);
  const size = [box.right - box.left, box.bottom - box.top];
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, texture.handle);
  gl.texSubImage2D(gl.TEXTURE_2D, 0, box.left, box.top, ...size, gl.RG, gl.FLOAT, both);
  blocks.update(map.values, box);
}

function depthWithin({ values, width }, subject, { left, top, right, bottom }) {
  const both = new Float32Array((right - left) * (bottom - top) * 2);
  let to = 0;
  for (let y = top; y < bottom; y++) {
    for (let at = y * width + left; at < y * width + right; at++) {
      both[to++] = values[at];
      both[to++] = subject === null ? 0 : subject[at] / 255;
    }
  }
  return both;
}

/** Colour and share of the gain of each cell. */
function uploadLamps(gl, { values, width, height }) {
  const texture = createTexture(gl, gl.NEAREST);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, values);
  return texture;
}

/** Opacity 0..255 of the front samples. */
function uploadAlpha(gl, alpha, { width, height }) {
  const texture = createTexture(gl, gl.LINEAR);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, width, height, 0, gl.RED, gl.UNSIGNED_BYTE, alpha);
  return texture;
}
