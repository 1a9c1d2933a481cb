// Renders a shallow depth of field with WebGL2: photo + disparity in, picture on a canvas out.
//
//   const renderer = new LensRenderer(canvas);
//   renderer.setPhoto(bitmap);
//   renderer.setDisparity({ values, width, height }, subject);
//   renderer.render({ plane, gain, lens, foreground });   // one quick frame
//   while (renderer.refine()) await nextFrame();          // then better and better
//   renderer.showFinished(bitmap);                        // or what somebody else has rendered
//
// It knows nothing of the page or the server.

import { BLOCK_PX } from "./blocks.js";
import { MAX_POINTS } from "./cell-shaders.js";
import { Passes } from "./passes.js";
import { Source } from "./source.js";

// How much work one quick frame does, least first: share of the photo's size on the canvas, photo
// pixels per cell at least, cells per largest radius, points of the aperture.
const LEVELS = [
  { scale: 0.4, cell: 8, radius: 8, points: 14 },
  { scale: 0.5, cell: 4, radius: 10, points: 20 },
  { scale: 0.75, cell: 4, radius: 12, points: 24 },
  { scale: 1, cell: 4, radius: 16, points: 28 },
  { scale: 1, cell: 2, radius: 20, points: 48 },
  { scale: 1, cell: 1, radius: 32, points: 64 },
];
const START_LEVEL = 2;
const FULL_SIZE_LEVEL = 3;
const SLOW_MS = 200;
const QUICK_MS = 9;
const SMALL_QUICK_MS = 60; // quick enough to try a larger picture

// A picture at rest: average this many frames of 64 points; cells of at most this many pixels.
const REST_FRAMES = { quick: 16, slow: 12 };
const SLOW_STRIPS = 6;
// Around lights a slow machine gathers once more, in small cells: so many frames, as long as that
// is about half the work of a picture at rest; where it would be fewer than the least, none.
const LIGHT_FRAMES = { most: 24, least: 8 };
const LIGHT_CELLS = 3e6; // of all these frames
const STRIP_CELLS = 8e4;

const FLOATS = ["EXT_color_buffer_float", "EXT_color_buffer_half_float"];
const UNSUPPORTED = "This browser offers no WebGL2 with float targets.";

/** The page cannot render: the browser lacks WebGL2 or float targets. */
export class UnsupportedError extends Error {}

export class LensRenderer {
  /**
   * @param {HTMLCanvasElement} canvas its size follows the photo
   * @param {() => void} [onRestored] the browser took the graphics away and gave them back: all
   *   must be set anew
   */
  constructor(canvas, onRestored = () => {}) {
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      depth: false,
      preserveDrawingBuffer: true,
      powerPreference: "high-performance",
    });
    if (gl === null) throw new UnsupportedError(UNSUPPORTED);
    this.canvas = canvas;
    this.gl = gl;
    this.#begin();
    this.level = START_LEVEL;
    this.frameMs = 0;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.#begin();
      onRestored();
    });
  }

  #begin() {
    const { gl } = this;
    // All targets are half floats; older phones can draw into these and into no others.
    const floats = FLOATS.map((name) => gl.getExtension(name));
    if (floats.every((found) => found === null) && !this.lost) throw new UnsupportedError(UNSUPPORTED);
    this.source = new Source(gl);
    this.passes = new Passes(gl, this.source);
    this.rest = null;
  }

  /** Whether the graphics are gone: nothing is drawn then, and nothing need be set. */
  get lost() {
    return this.gl.isContextLost();
  }

  /** How many pixels wide or high a photo may be. */
  get mostPx() {
    return this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) ?? 0;
  }

  /** Whether frames cost so much that a picture at rest takes seconds. */
  get slow() {
    return this.level <= FULL_SIZE_LEVEL;
  }

  /** Whether photo and disparity are there. */
  get complete() {
    return this.source.complete;
  }

  /** Size of the photo in pixels. */
  get size() {
    return this.source.size;
  }

  /**
   * @param {ImageBitmap|HTMLCanvasElement|ImageData} image sRGB
   * @param {{x: number, y: number, width: number, height: number}} part of the whole picture that
   *   it shows, in fractions
   */
  setPhoto(image, part = { x: 0, y: 0, width: 1, height: 1 }) {
    this.rest = null;
    if (!this.lost) this.source.setPhoto(image, part);
  }

  /**
   * What of the photo's clipped pixels are lamps, and of which colour (defocus.render.lamps).
   *
   * @param {{values: Uint8Array, width: number, height: number, extent: number[]}|null} lamps of
   *   the whole photo; another photo ends them
   */
  setLamps(lamps) {
    if (!this.lost) this.source.setLamps(lamps);
    this.rest = null;
  }

  /**
   * @param {{values: Float32Array, width: number, height: number}} map normalised disparity
   * @param {Uint8Array|null} subject weight of the subject 0..255, same size
   * @param {{left: number, top: number, right: number, bottom: number}|null} changed where it
   *   differs from the map before, if that is all the same otherwise
   */
  setDisparity(map, subject, changed = null) {
    this.rest = null;
    if (!this.lost) this.source.setDisparity(map, subject, changed);
  }

  /**
   * Where what is in focus has soft edges, such as hair: its own colours, disparity and opacity.
   * They hold for one focal plane; another photo, disparity or null ends them.
   *
   * @param {{image: ImageBitmap|ImageData, map: DisparityMap, subject: Uint8Array|null, alpha: Uint8Array}|null}
   *   front all of the photo's size
   */
  setSoftEdges(front) {
    if (this.lost || (this.source.soft === null && front === null)) return;
    this.source.setSoftEdges(front);
    this.rest = null;
  }

  /**
   * Draw one quick frame.
   *
   * @param {object} params
   * @param {Plane} params.plane focal plane
   * @param {number} params.gain photo pixels of radius per unit of disparity
   * @param {Lens} params.lens the edit's lens
   * @param {number} params.foreground 0 to 1
   * @param {number} [params.split] show the original left of this fraction of the width
   * @param {"none"|"disparity"|"peaking"} [params.overlay]
   * @param {{threshold: number, width: number}|null} [params.mask] instead of a lens: blur with a
   *   box of this width in photo pixels what lies behind this disparity
   */
  render(params) {
    if (this.lost || !this.source.complete) return;
    const started = performance.now();
    const level = LEVELS[this.level];
    this.params = params;
    if (params.mask) {
      this.#resize(1);
      this.passes.mask(params);
      this.rest = null;
      this.#settle(started);
      return;
    }
    this.#resize(level.scale);
    this.#prepare(level.cell, level.radius, 2);
    this.passes.gather("blurred", level.points, 0, level.points < 40 ? 0.8 : 0.4);
    this.passes.encodeCells("blurred", 1);
    this.passes.compose();
    this.#settle(started);
    this.rest = { frame: 0, strip: 0, strips: 1, lights: false, frames: 0 };
  }

  /**
   * Draw a picture that was rendered elsewhere.
   *
   * @param {ImageBitmap} image of the photo's size
   * @param {number} split as in `render`
   */
  showFinished(image, split = 0) {
    if (this.lost || this.source.photo === null) return;
    this.#resize(1);
    this.passes.finished(this.source.finished(image), split);
    this.rest = null;
  }

  /** Draw the photo as it is. */
  showOriginal() {
    if (this.lost || this.source.photo === null) return;
    this.#resize(1);
    this.passes.original();
  }

  /**
   * Draw something small now, so that the first photo finds its shaders compiled.
   *
   * @param {Lens} lens any
   */
  warmUp(lens) {
    // Far, in focus and near, each wide enough for blocks of every kind.
    const [width, height] = [512, 32];
    const image = new ImageData(width, height);
    const values = Float32Array.from({ length: width * height }, (_, i) => {
      return 0.5 * Math.floor(3 * ((i % width) / width));
    });
    const map = { values, width, height };
    const subject = new Uint8Array(width * height);
    const alpha = subject.map((_, i) => (i % width < 8 ? 0 : 255));
    this.setPhoto(image);
    this.showOriginal();
    this.setDisparity(map, subject);
    const plane = { disparity: 0.5, range: 0.1, holdsSubject: 0 };
    for (const front of [null, { image, map, subject, alpha }]) {
      this.setSoftEdges(front);
      this.render({ plane, gain: 40, lens, foreground: 1 });
      this.refine();
    }
    this.source.clear();
    this.rest = null;
    this.level = START_LEVEL;
  }

  /** Make the last frame better. @returns {boolean} whether there is more to do */
  refine() {
    const { rest, passes } = this;
    if (rest === null || this.lost) return false;
    const { slow } = this;
    if (rest.frame >= framesOf(rest, slow) && !this.#beginLights(rest, slow)) return false;
    const frames = framesOf(rest, slow);
    const started = performance.now();
    if (rest.frame === 0 && rest.strip === 0 && !rest.lights) this.#beginRest(rest, slow);
    // A slow machine gathers a frame in strips, so that the page stays responsive.
    passes.gather("sum", MAX_POINTS, rest.frame + 1, 0.8, rest);
    rest.strip += 1;
    if (rest.strip >= rest.strips) {
      rest.strip = 0;
      rest.frame += 1;
      // One alone of these frames has more grain than what is shown already.
      if (!rest.lights || rest.frame === frames) {
        this.#resize(1);
        passes.encodeCells("sum", 0);
        passes.compose();
      }
    }
    this.#wait();
    this.refineMs = performance.now() - started;
    return rest.frame < frames || this.#lightsAreLeft(rest, slow);
  }

  #beginRest(rest, slow) {
    this.#prepare(slow ? 2 : 1, slow ? 24 : 64, 4);
    rest.strips = slow ? SLOW_STRIPS : 1;
  }

  // The rim of a light in the dark shows each pixel of its cells: what its blur reaches is gathered
  // once more, in small ones. A quick machine has such cells everywhere.
  #beginLights(rest, slow) {
    if (!this.#lightsAreLeft(rest, slow)) return false;
    this.#prepare(1, 64, 4);
    const cells = this.passes.keepTo(this.source.lights);
    const frames = Math.min(LIGHT_FRAMES.most, Math.floor(LIGHT_CELLS / Math.max(cells, 1)));
    const strips = Math.max(1, Math.ceil(cells / STRIP_CELLS));
    Object.assign(rest, { lights: true, frame: 0, strip: 0, strips, frames });
    if (frames < LIGHT_FRAMES.least) rest.frames = 0;
    return rest.frames > 0;
  }

  #lightsAreLeft(rest, slow) {
    const { overlay = "none" } = this.params;
    return slow && !rest.lights && overlay === "none" && this.source.lights !== null;
  }

  /** Free all GPU memory. The canvas cannot be used again. */
  dispose() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  #prepare(least, cellsPerRadius, side) {
    const largest = this.#largestRadius();
    const wanted = 2 ** Math.round(Math.log2(largest / cellsPerRadius));
    const cellPx = Math.max(least, Math.min(BLOCK_PX, wanted));
    this.passes.prepare(this.params, cellPx, side, largest);
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

  // Reading a pixel waits until the frame is really drawn.
  #wait() {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  #settle(started) {
    this.#wait();
    this.frameMs = performance.now() - started;
    const fall = this.frameMs > 2.5 * SLOW_MS ? 2 : Number(this.frameMs > SLOW_MS);
    const quick = this.level < FULL_SIZE_LEVEL ? SMALL_QUICK_MS : QUICK_MS;
    const rise = Number(this.frameMs < quick);
    this.level = Math.min(LEVELS.length - 1, Math.max(0, this.level - fall + rise));
  }
}

const framesOf = ({ lights, frames }, slow) => {
  if (lights) return frames;
  return slow ? REST_FRAMES.slow : REST_FRAMES.quick;
};
