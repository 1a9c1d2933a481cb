// The passes over a source, in their order: prepare, gather, encodeCells, compose.

import { aperturePoints } from "./aperture.js";
import { BLOCK_PX, REACH } from "./blocks.js";
import {
  GATHER_BEHIND,
  GATHER_BOTH,
  PREPARE,
  PREPARE_STILL,
  SPREAD,
  TILE,
  TILES,
} from "./cell-shaders.js";
import { VERTEX, gonePx } from "./glsl.js";
import {
  BOX,
  COMPOSITE,
  ENCODE_CELLS,
  GONE_PHOTO,
  KEPT_PHOTO,
  MASK_COMPOSITE,
} from "./screen-shaders.js";
import { Program, Runs, Target } from "./webgl.js";

const SHADERS = {
  prepare: PREPARE,
  prepareStill: PREPARE_STILL,
  tiles: TILES,
  spread: SPREAD,
  gatherBehind: GATHER_BEHIND,
  gatherBoth: GATHER_BOTH,
  encodeCells: ENCODE_CELLS,
  keptPhoto: KEPT_PHOTO,
  gonePhoto: GONE_PHOTO,
  composite: COMPOSITE,
  box: BOX,
  maskComposite: MASK_COMPOSITE,
};
const OVERLAYS = { none: 0, disparity: 1, peaking: 2 };
const BEYOND = 1e3; // the end of any target
const KINDS_OF_BLOCKS = ["still", "behind", "both", "kept", "gone", "meeting"];

export class Passes {
  /**
   * @param {WebGL2RenderingContext} gl
   * @param {import("./source.js").Source} source what is rendered; may change between frames */
  constructor(gl, source) {
    this.gl = gl;
    this.source = source;
    this.programs = Object.fromEntries(
      Object.entries(SHADERS).map(([name, shader]) => [name, new Program(gl, VERTEX, shader)]),
    );
    gl.bindVertexArray(gl.createVertexArray());
    this.targets = new Map();
    this.everywhere = new Runs(gl).set(new Float32Array([0, 0, BEYOND, BEYOND]), [1, 1]);
    this.runs = Object.fromEntries(KINDS_OF_BLOCKS.map((kind) => [kind, new Runs(gl)]));
  }

  /**
   * Photo → cells.
   *
   * @param {any} params of LensRenderer.render
   * @param {number} cellPx photo pixels per cell, a power of two
   * @param {number} side samples per cell along one axis, a power of two
   * @param {number} largest radius in photo pixels
   */
  prepare(params, cellPx, side, largest) {
    const { gl, source, programs } = this;
    const { width, height } = source.size;
    this.params = params;
    this.cellPx = cellPx;
    this.#sortBlocks();
    const across = Math.ceil(width / cellPx);
    const down = Math.ceil(height / cellPx);
    this.cellExtent = [(across * cellPx) / width, (down * cellPx) / height];
    const cells = this.#target("cells", across, down, [gl.RGBA16F, gl.RGBA16F, gl.R16F]);
    const samples = Math.min(side, cellPx);
    const inputs = {
      ...this.#into(this.cellExtent),
      ...this.#optics(),
      cellPx,
      side: { int: samples },
      lod: { int: Math.log2(cellPx / samples) },
      ...this.#lamps(),
    };
    cells.bind();
    programs.prepare.draw(inputs, this.runs.behind);
    programs.prepare.draw(inputs, this.runs.both);
    const still = { photo: inputs.photo, cellLod: { int: Math.log2(cellPx) } };
    programs.prepareStill.draw({ ...this.#into(this.cellExtent), ...still }, this.runs.still);
    const [farCells, , nearRadii] = cells.textures;
    const size = [Math.ceil(across / TILE), Math.ceil(down / TILE)];
    const tiles = this.#target("tiles", ...size, [gl.RG16F]);
    this.#fill(tiles, programs.tiles, { farCells, nearRadii });
    const reach = Math.ceil((REACH * largest) / cellPx / TILE) + 1;
    this.#fill(this.#target("reach", ...size, [gl.RG16F]), programs.spread, {
      tiles: tiles.textures[0],
      reach: { int: Math.min(reach, 16) },
      beyond: REACH,
    });
  }

  /**
   * From now on to the next `prepare`, gather and show only what the blur of lights may reach.
   *
   * @param {Uint8Array} lights see Source
   * @returns {number} how many cells are gathered
   */
  keepTo(lights) {
    const { behind, both } = this.#sortBlocks(lights);
    return (areaOf(behind) + areaOf(both)) * (BLOCK_PX / this.cellPx) ** 2;
  }

  #lamps() {
    const { lamps, opaque, diagonal, part, size } = this.source;
    return {
      lamps: lamps?.texture ?? opaque,
      lampsExtent: lamps?.extent ?? [1, 1],
      gainAmount: lamps === null ? 0 : this.params.lens.highlights,
      gainThreshold: this.params.lens.highlight_threshold,
      diagonalPx: diagonal,
      photoSize: [size.width, size.height],
      window: [part.x, part.y, part.width, part.height],
    };
  }

  #sortBlocks(lights = null) {
    const { source, params } = this;
    const step = [BLOCK_PX / source.size.width, BLOCK_PX / source.size.height];
    const sorted = source.front.depth.blocks.sort(params, this.cellPx, lights);
    for (const kind of KINDS_OF_BLOCKS) this.runs[kind].set(sorted[kind], step);
    return sorted;
  }

  /**
   * Cells → blurred cells.
   *
   * @param {string} name of the target
   * @param {number} pointCount of the aperture
   * @param {number} turn which of the point sets
   * @param {number} jitter 0 to 1
   * @param {{frame: number, strip: number, strips: number}|null} part add this strip of a frame
   *   to the mean of the frames before it; null for all in one
   */
  gather(name, pointCount, turn, jitter, part = null) {
    const { gl, programs, runs, source } = this;
    const cells = this.targets.get("cells");
    const [farCells, nearCells, nearRadii] = cells.textures;
    const formats = [gl.RGBA16F, gl.RGBA16F];
    const blurred = this.#target(name, cells.width, cells.height, formats);
    const { lens } = this.params;
    const { x, y, width, height } = source.part;
    const inputs = {
      ...this.#into(this.cellExtent),
      farCells,
      nearCells,
      nearRadii,
      tiles: this.targets.get("reach").textures[0],
      points: { vec4: aperturePoints(lens, pointCount, turn) },
      pointCount: { int: pointCount },
      jitter,
      turn,
      hasMatte: Number(source.soft !== null),
      catEye: lens.cat_eye,
      squeeze: Math.sqrt(lens.squeeze),
      window: [x, y, width, height],
    };
    // Where nothing is drawn, all is in focus.
    if (part === null || (part.frame === 0 && part.strip === 0)) blurred.clear();
    else blurred.bind();
    if (part !== null) {
      const rows = Math.ceil(cells.height / part.strips);
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(0, part.strip * rows, cells.width, rows);
      gl.enable(gl.BLEND);
      gl.blendColor(0, 0, 0, 1 / (part.frame + 1));
      gl.blendFunc(gl.CONSTANT_ALPHA, gl.ONE_MINUS_CONSTANT_ALPHA);
    }
    programs.gatherBehind.draw(inputs, runs.behind);
    programs.gatherBoth.draw(inputs, runs.both);
    gl.disable(gl.BLEND);
    gl.disable(gl.SCISSOR_TEST);
  }

  /** Blurred cells → what the screen shows of them. */
  encodeCells(name, smoothing) {
    const { gl } = this;
    const blurred = this.targets.get(name);
    const [behindCells, beforeCells] = blurred.textures;
    const formats = [gl.RGBA8, gl.RGBA16F, gl.RGBA16F];
    const shown = this.#target("shown", blurred.width, blurred.height, formats);
    const inputs = {
      ...this.#into(this.cellExtent),
      behindCells,
      beforeCells,
      smoothing: { int: smoothing },
    };
    shown.clear();
    this.programs.encodeCells.draw(inputs, this.runs.behind);
    this.programs.encodeCells.draw(inputs, this.runs.both);
  }

  /** Photo and blurred cells → the canvas. */
  compose() {
    const { programs, runs, source, params } = this;
    const [encodedCells, behindCells, beforeCells] = this.targets.get("shown").textures;
    const { front } = source;
    const overlay = OVERLAYS[params.overlay ?? "none"];
    const photo = this.#photoInputs(front.photo);
    const { cellExtent } = this;
    this.#ontoScreen(params.split ?? 0, () => {
      const meeting = overlay === 0 ? runs.meeting : this.everywhere;
      if (overlay === 0) {
        programs.keptPhoto.draw(photo, runs.kept);
        programs.gonePhoto.draw({ ...this.#ontoCanvas(), encodedCells, cellExtent }, runs.gone);
      }
      programs.composite.draw(
        {
          ...photo,
          ...this.#optics(),
          encodedCells,
          behindCells,
          beforeCells,
          cellExtent,
          gonePx: gonePx(this.cellPx),
          overlay: { int: overlay },
        },
        meeting,
      );
    });
  }

  /** A picture that was rendered elsewhere → the canvas. */
  finished(texture, split) {
    const picture = this.#photoInputs({ encoded: texture });
    this.#ontoScreen(split, () => this.programs.keptPhoto.draw(picture, this.everywhere));
  }

  /** The photo as it is → the canvas. */
  original() {
    this.#ontoScreen(1, () => {});
  }

  /** The method of defocus.render.mask at preview size: a box over code values, then a choice. */
  mask(params) {
    const { gl, programs, source } = this;
    const { width, height } = source.size;
    this.params = params;
    const box = Math.max(1, Math.round(params.mask.width));
    const row = this.#target("row", width, height, [gl.RGBA8]);
    const column = this.#target("column", width, height, [gl.RGBA8]);
    const boxed = { photoSize: [width, height], box };
    const { encoded } = source.photo;
    const along = (picture, along) => ({ ...boxed, picture, along });
    this.#fill(row, programs.box, along(encoded, [1, 0]), [1, 1]);
    this.#fill(column, programs.box, along(row.textures[0], [0, 1]), [1, 1]);
    this.#ontoScreen(params.split ?? 0, () => {
      const inputs = {
        ...this.#ontoCanvas(),
        encodedPhoto: encoded,
        depth: source.depth.texture,
        blurred: column.textures[0],
        threshold: params.mask.threshold,
      };
      programs.maskComposite.draw(inputs, this.everywhere);
    });
  }

  // Draw on the canvas; left of a share of its width the original.
  #ontoScreen(share, draw) {
    const { gl, programs, source } = this;
    const { width, height } = gl.canvas;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    const split = Math.round(width * share);
    gl.enable(gl.SCISSOR_TEST);
    if (split < width) {
      gl.scissor(split, 0, width - split, height);
      draw();
    }
    if (split > 0) {
      gl.scissor(0, 0, split, height);
      programs.keptPhoto.draw(this.#photoInputs(source.photo), this.everywhere);
    }
    gl.disable(gl.SCISSOR_TEST);
  }

  #photoInputs({ encoded }) {
    const { width, height } = this.source.size;
    const shown = this.gl.canvas.width;
    return {
      ...this.#ontoCanvas(),
      encodedPhoto: encoded,
      photoSize: [width, height],
      oneToOne: { int: Number(shown === width) },
      shrunk: Math.round(Math.log2(width / shown)),
    };
  }

  #optics() {
    const { plane, gain, foreground } = this.params;
    const { front, soft } = this.source;
    return {
      photo: front.photo.light,
      depth: front.depth.texture,
      alphaMatte: front.alpha,
      hasMatte: Number(soft !== null),
      planeDisparity: plane.disparity,
      planeRange: plane.range,
      gain,
      foreground,
      holdsSubject: Number(plane.holdsSubject),
    };
  }

  // The first row of a texture is the picture's first; that of the canvas is the last.
  #into = (extent) => ({ extent, upright: 1 });
  #ontoCanvas = () => ({ extent: [1, 1], upright: -1 });

  #fill(target, program, inputs, extent = this.cellExtent) {
    target.bind();
    program.draw({ ...this.#into(extent), ...inputs }, this.everywhere);
  }

  #target(name, width, height, formats) {
    const present = this.targets.get(name);
    if (present !== undefined && present.width === width && present.height === height) {
      return present;
    }
    present?.delete();
    const made = new Target(this.gl, width, height, formats);
    this.targets.set(name, made);
    return made;
  }
}

// How many blocks there are in runs, each a row high.
function areaOf(runs) {
  let area = 0;
  for (let i = 0; i < runs.length; i += 4) area += runs[i + 2] - runs[i];
  return area;
}
