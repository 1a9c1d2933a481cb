// Renders a shallow depth of field with WebGL2: photo + disparity in, picture on a canvas out.
//
//   const renderer = new LensRenderer(canvas);
//   renderer.setPhoto(bitmap);
//   renderer.setDisparity({ values, width, height }, subject);
//   renderer.render({ plane, gain, lens, foreground });   // one quick frame
//   while (renderer.refine()) await nextFrame();          // then better and better
//
// It knows nothing of the page or the server.

import { aperturePoints } from "./aperture.js";
import {
  BOX,
  COMPOSITE,
  ENCODE_CELLS,
  FULL_SCREEN,
  GATHER,
  MASK_COMPOSITE,
  MAX_POINTS,
  PREPARE,
  SPREAD,
  TILE,
  TILES,
} from "./lens-shaders.js";
import { deletePhoto, uploadAlpha, uploadDepth, uploadPhoto } from "./lens-source.js";
import { Program, Target } from "./webgl.js";

// How much work one quick frame does, least first: share of the photo's size on the canvas, photo
// pixels per cell at least, cells per largest radius, points of the aperture.
const LEVELS = [
  { scale: 0.4, cell: 5, radius: 8, points: 14 },
  { scale: 0.5, cell: 4, radius: 10, points: 20 },
  { scale: 0.75, cell: 4, radius: 10, points: 24 },
  { scale: 1, cell: 4, radius: 12, points: 28 },
  { scale: 1, cell: 2, radius: 20, points: 48 },
  { scale: 1, cell: 1, radius: 32, points: 64 },
];
const START_LEVEL = 2;
const SLOW_MS = 170;
const QUICK_MS = 9;

// A picture at rest: average this many frames of 64 points; cells of at most this many pixels.
const REST_FRAMES = { quick: 16, slow: 6 };

const SHADERS = {
  prepare: PREPARE,
  tiles: TILES,
  spread: SPREAD,
  gather: GATHER,
  encodeCells: ENCODE_CELLS,
  composite: COMPOSITE,
  box: BOX,
  maskComposite: MASK_COMPOSITE,
};

/** The page cannot render: the browser lacks WebGL2 or float targets. */
export class UnsupportedError extends Error {}

export class LensRenderer {
  /** @param {HTMLCanvasElement} canvas its size follows the photo */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      depth: false,
      preserveDrawingBuffer: true,
      powerPreference: "high-performance",
    });
    if (gl === null || gl.getExtension("EXT_color_buffer_float") === null) {
      throw new UnsupportedError("This browser offers no WebGL2 with float targets.");
    }
    gl.getExtension("OES_texture_float_linear");
    this.canvas = canvas;
    this.gl = gl;
    this.maxSize = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    this.programs = Object.fromEntries(
      Object.entries(SHADERS).map(([name, source]) => [name, new Program(gl, FULL_SCREEN, source)]),
    );
    this.vertexArray = gl.createVertexArray();
    gl.bindVertexArray(this.vertexArray);
    this.targets = new Map();
    this.photo = null; // { light, encoded }
    this.depth = null;
    this.soft = null; // { photo, depth, alpha }
    this.opaque = uploadAlpha(gl, new Uint8Array([255]), { width: 1, height: 1 });
    this.level = START_LEVEL;
    this.frameMs = 0;
    this.rest = null;
  }

  /**
   * @param {ImageBitmap|HTMLCanvasElement} image sRGB
   * @param {{x: number, y: number, width: number, height: number}} part of the whole picture that
   *   it shows, in fractions
   */
  setPhoto(image, part = { x: 0, y: 0, width: 1, height: 1 }) {
    this.setSoftEdges(null);
    deletePhoto(this.photo);
    this.photo = uploadPhoto(this.gl, image);
    this.rest = null;
    this.size = { width: image.width, height: image.height };
    this.part = part;
  }

  /**
   * @param {{values: Float32Array, width: number, height: number}} map normalised disparity
   * @param {Uint8Array|null} subject weight of the subject 0..255, same size
   */
  setDisparity(map, subject) {
    this.setSoftEdges(null);
    this.depth?.delete();
    this.depth = uploadDepth(this.gl, map, subject);
    this.rest = null;
  }

  /**
   * Where what is in focus has soft edges, such as hair: its own colours, disparity and opacity.
   * They hold for one focal plane; another photo, disparity or null ends them.
   *
   * @param {{image: ImageBitmap, map: object, subject: Uint8Array|null, alpha: Uint8Array}|null}
   *   front all of the photo's size
   */
  setSoftEdges(front) {
    const { gl } = this;
    if (this.soft === null && front === null) return;
    this.rest = null;
    if (this.soft !== null) {
      deletePhoto(this.soft.photo);
      this.soft.depth.delete();
      this.soft.alpha.delete();
      this.soft = null;
    }
    if (front === null) return;
    this.soft = {
      alpha: uploadAlpha(gl, front.alpha, front.map),
      photo: uploadPhoto(this.gl, front.image),
      depth: uploadDepth(this.gl, front.map, front.subject),
    };
  }

  /**
   * Draw one quick frame.
   *
   * @param {object} params
   * @param {{disparity: number, range: number, holdsSubject: boolean}} params.plane focal plane
   * @param {number} params.gain photo pixels of radius per unit of disparity
   * @param {object} params.lens the edit's lens
   * @param {number} params.foreground 0 to 1
   * @param {number} [params.split] show the original left of this fraction of the width
   * @param {"none"|"disparity"|"peaking"} [params.overlay]
   * @param {{threshold: number, width: number}|null} [params.mask] instead of a lens: blur with a
   *   box of this width in photo pixels what lies behind this disparity
   */
  render(params) {
    if (this.photo === null || this.depth === null) return;
    const started = performance.now();
    const level = LEVELS[this.level];
    this.params = params;
    if (params.mask) {
      this.#renderMask();
      this.#settle(started);
      return;
    }
    const cell = this.#cellFor(level.cell, level.radius);
    this.#resize(level.scale);
    this.#prepare(cell, 2);
    this.#gather("blurred", level.points, 0, level.points < 40 ? 0.8 : 0.4);
    this.#encodeCells("blurred", 1);
    this.#composite(cell);
    this.#settle(started);
    this.rest = { frame: 0, strip: 0 };
  }

  /** Make the last frame better. @returns {boolean} whether there is more to do */
  refine() {
    if (this.rest === null) return false;
    const slow = this.level < 4;
    const frames = slow ? REST_FRAMES.slow : REST_FRAMES.quick;
    if (this.rest.frame >= frames) return false;
    const started = performance.now();
    if (this.rest.frame === 0 && this.rest.strip === 0) {
      const cell = slow ? this.#cellFor(2, 24) : this.#cellFor(1, 64);
      this.rest.cell = cell;
      this.rest.strips = slow ? 6 : 1;
      this.#prepare(cell, 4);
    }
    // A slow machine gathers a frame in strips, so that the page stays responsive.
    this.#gather("sum", MAX_POINTS, this.rest.frame + 1, 0.9, this.rest);
    this.rest.strip += 1;
    if (this.rest.strip >= this.rest.strips) {
      this.rest.strip = 0;
      this.rest.frame += 1;
      this.#resize(1);
      this.#encodeCells("sum", 0);
      this.#composite(this.rest.cell);
    }
    this.#wait();
    this.refineMs = performance.now() - started;
    return this.rest.frame < frames;
  }

  /** Free all GPU memory. The canvas cannot be used again. */
  dispose() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  // The method of defocus.render.mask at preview size: a box over code values, then a choice.
  #renderMask() {
    const { gl } = this;
    const { width, height } = this.size;
    this.rest = null;
    this.#resize(1);
    const box = Math.max(1, Math.round(this.params.mask.width));
    const row = this.#target("row", width, height, [gl.RGBA8]);
    const column = this.#target("column", width, height, [gl.RGBA8]);
    const boxed = { photoSize: [width, height], box };
    row.draw(this.programs.box, { ...boxed, picture: this.photo.encoded, along: [1, 0] });
    column.draw(this.programs.box, { ...boxed, picture: row.textures[0], along: [0, 1] });
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    this.programs.maskComposite.draw({
      encodedPhoto: this.photo.encoded,
      depth: this.depth,
      blurred: column.textures[0],
      threshold: this.params.mask.threshold,
      split: this.params.split ?? 0,
    });
  }

  #cellFor(least, cellsPerRadius) {
    const largest = this.#largestRadius();
    return Math.max(least, Math.min(16, Math.ceil(largest / cellsPerRadius)));
  }

  // Of the whole picture, in pixels of the source.
  #diagonal() {
    return Math.hypot(this.size.width / this.part.width, this.size.height / this.part.height);
  }

  #largestRadius() {
    const { plane, gain } = this.params;
    return Math.max(1.2 - plane.disparity, plane.disparity + 0.2) * gain;
  }

  #resize(scale) {
    const width = Math.max(1, Math.round(this.size.width * scale));
    const height = Math.max(1, Math.round(this.size.height * scale));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
  }

  #target(name, width, height, formats) {
    const { gl } = this;
    const present = this.targets.get(name);
    if (present !== undefined && present.width === width && present.height === height) {
      return present;
    }
    present?.delete();
    const made = new Target(gl, width, height, formats);
    this.targets.set(name, made);
    return made;
  }

  #prepare(cell, side) {
    const { gl } = this;
    const width = Math.max(1, Math.ceil(this.size.width / cell));
    const height = Math.max(1, Math.ceil(this.size.height / cell));
    const cells = this.#target("cells", width, height, [gl.RGBA16F, gl.RGBA16F, gl.R16F]);
    const { lens } = this.params;
    cells.draw(this.programs.prepare, {
      ...this.#optics(),
      photoSize: [this.size.width, this.size.height],
      cellPx: cell,
      side: { int: Math.min(side, cell) },
      gainAmount: lens.highlights,
      gainThreshold: lens.highlight_threshold,
      aroundLod: Math.log2(Math.max(1, 0.03 * this.#diagonal())),
    });
    const across = Math.ceil(width / TILE);
    const down = Math.ceil(height / TILE);
    const tiles = this.#target("tiles", across, down, [gl.RG16F]);
    const [farCells, , nearRadii] = cells.textures;
    tiles.draw(this.programs.tiles, { farCells, nearRadii });
    const reach = Math.ceil((1.6 * this.#largestRadius()) / cell / TILE) + 1;
    this.#target("reach", across, down, [gl.RG16F]).draw(this.programs.spread, {
      tiles: tiles.textures[0],
      reach: { int: Math.min(reach, 16) },
    });
  }

  #gather(name, pointCount, turn, jitter, part = null) {
    const { gl } = this;
    const cells = this.targets.get("cells");
    const [farCells, nearCells, nearRadii] = cells.textures;
    const blurred = this.#target(name, cells.width, cells.height, [gl.RGBA16F, gl.RGBA16F]);
    const { lens } = this.params;
    const inputs = {
      farCells,
      nearCells,
      nearRadii,
      tiles: this.targets.get("reach").textures[0],
      points: { vec4: aperturePoints(lens, pointCount, turn) },
      pointCount: { int: pointCount },
      jitter,
      hasMatte: Number(this.soft !== null),
      catEye: lens.cat_eye,
      squeeze: Math.sqrt(lens.squeeze),
      window: [this.part.x, this.part.y, this.part.width, this.part.height],
    };
    if (part === null) {
      blurred.draw(this.programs.gather, inputs);
      return;
    }
    const rows = Math.ceil(cells.height / part.strips);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(0, part.strip * rows, cells.width, rows);
    gl.enable(gl.BLEND);
    gl.blendColor(0, 0, 0, 1 / (part.frame + 1));
    gl.blendFunc(gl.CONSTANT_ALPHA, gl.ONE_MINUS_CONSTANT_ALPHA);
    blurred.draw(this.programs.gather, inputs);
    gl.disable(gl.BLEND);
    gl.disable(gl.SCISSOR_TEST);
  }

  #encodeCells(name, smoothing) {
    const { gl } = this;
    const blurred = this.targets.get(name);
    const [behindCells, beforeCells] = blurred.textures;
    const formats = [gl.RGBA8, gl.RGBA16F, gl.RGBA16F];
    this.#target("shown", blurred.width, blurred.height, formats).draw(this.programs.encodeCells, {
      behindCells,
      beforeCells,
      smoothing: { int: smoothing },
    });
  }

  #composite(cell = this.shownCell) {
    const { gl } = this;
    this.shownCell = cell;
    const [encodedCells, behindCells, beforeCells] = this.targets.get("shown").textures;
    const overlays = { none: 0, disparity: 1, peaking: 2 };
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    this.programs.composite.draw({
      ...this.#optics(),
      encodedPhoto: (this.soft?.photo ?? this.photo).encoded,
      original: this.photo.encoded,
      encodedCells,
      behindCells,
      beforeCells,
      softPx: Math.max(1, 0.7 * cell),
      split: this.params.split ?? 0,
      overlay: { int: overlays[this.params.overlay ?? "none"] },
      photoSize: [this.size.width, this.size.height],
      oneToOne: { int: Number(this.canvas.width === this.size.width) },
      shrunk: Math.round(Math.log2(this.size.width / this.canvas.width)),
    });
  }

  #optics() {
    const { plane, gain, foreground } = this.params;
    return {
      photo: (this.soft?.photo ?? this.photo).light,
      depth: this.soft?.depth ?? this.depth,
      alphaMatte: this.soft?.alpha ?? this.opaque,
      hasMatte: Number(this.soft !== null),
      planeDisparity: plane.disparity,
      planeRange: plane.range,
      gain,
      foreground,
      holdsSubject: Number(plane.holdsSubject),
    };
  }

  // Reading a pixel waits until the frame is really drawn.
  #wait() {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  #settle(started) {
    this.#wait();
    this.frameMs = performance.now() - started;
    const fall = this.frameMs > 2 * SLOW_MS ? 2 : Number(this.frameMs > SLOW_MS);
    const rise = Number(this.frameMs < QUICK_MS);
    this.level = Math.min(LEVELS.length - 1, Math.max(0, this.level - fall + rise));
  }
}
