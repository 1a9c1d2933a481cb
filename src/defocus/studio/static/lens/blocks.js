// Which blocks of the picture need which work. Most lie wholly in focus or wholly out of it, and
// those cost little; only where sharp and blurred meet, each pixel must decide.

import { KEPT, SHARP_CELLS, gonePx } from "./glsl.js";

export const BLOCK_PX = 16; // a multiple of every cell
const APRON_PX = 1; // textures are sampled between their pixels
const TOLERANCE = 0.002; // of disparity: textures hold half floats
// Blur reaches a little farther than its radius: squeezed and polygonal apertures do.
export const REACH = 1.6;

export class Blocks {
  /**
   * @param {{values: Float32Array, width: number, height: number}} map normalised disparity
   * @param {Uint8Array|null} subject weight of the subject, same size
   * @param {Uint8Array|null} alpha opacity, same size
   */
  constructor(map, subject, alpha = null) {
    this.across = Math.ceil(map.width / BLOCK_PX);
    this.down = Math.ceil(map.height / BLOCK_PX);
    const { width, height } = map;
    this.width = width;
    this.height = height;
    this.disparity = this.#bounds(map.values);
    this.subject = subject && this.#bounds(subject);
    this.alpha = alpha && this.#bounds(alpha);
  }

  /** The disparity has changed within a box of pixels. */
  update(values, { left, top, right, bottom }) {
    const from = (edge) => Math.max(0, Math.floor((edge - APRON_PX) / BLOCK_PX));
    const to = (edge, end) => Math.min(end, Math.ceil((edge + APRON_PX) / BLOCK_PX));
    const columns = [from(left), to(right, this.across)];
    this.#measure(this.disparity, values, columns, [from(top), to(bottom, this.down)]);
  }

  #bounds(values) {
    const count = this.across * this.down;
    const made = { least: new values.constructor(count), most: new values.constructor(count) };
    this.#measure(made, values, [0, this.across], [0, this.down]);
    return made;
  }

  #measure({ least, most }, values, columns, rows) {
    const { across, width, height } = this;
    for (let row = rows[0]; row < rows[1]; row++) {
      const y0 = Math.max(0, row * BLOCK_PX - APRON_PX);
      const y1 = Math.min(height, (row + 1) * BLOCK_PX + APRON_PX);
      for (let column = columns[0]; column < columns[1]; column++) {
        const x0 = Math.max(0, column * BLOCK_PX - APRON_PX);
        const x1 = Math.min(width, (column + 1) * BLOCK_PX + APRON_PX);
        let low = values[y0 * width + x0];
        let high = low;
        for (let y = y0; y < y1; y++) {
          for (let at = y * width + x0; at < y * width + x1; at++) {
            const value = values[at];
            if (value < low) low = value;
            else if (value > high) high = value;
          }
        }
        least[row * across + column] = low;
        most[row * across + column] = high;
      }
    }
  }

  /**
   * Runs of blocks by what they need for this focus.
   *
   * @param {{plane: object, gain: number, foreground: number}} params of LensRenderer.render
   * @param {number} cellPx photo pixels per cell
   * @param {Uint8Array|null} lights which blocks have lights; with them only what their blur may
   *   reach is gathered and shown
   */
  sort(params, cellPx, lights = null) {
    const sharp = SHARP_CELLS * cellPx;
    const gone = gonePx(cellPx);
    const count = this.across * this.down;
    const least = new Float32Array(count);
    const most = new Float32Array(count);
    const near = new Float32Array(count);
    this.#radii(params, least, most, near);
    // Cells are smoothed, and sampled between their middles.
    const blur = 2 * cellPx;
    near.forEach((radius, i) => {
      near[i] = radius > sharp ? REACH * radius + blur + BLOCK_PX : 0;
    });
    spread(near, this.across, this.down);
    const gather = new Uint8Array(count);
    const screen = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const covered = near[i] > 0;
      const solid = this.alpha === null || this.alpha.least[i] === 255;
      const still = most[i] <= sharp && solid;
      gather[i] = covered ? BOTH : still ? NOTHING : BEHIND;
      if (!solid) screen[i] = MEETING;
      else if (least[i] >= gone) screen[i] = BLUR;
      else screen[i] = most[i] <= KEPT * gone && !covered ? PHOTO : MEETING;
    }
    if (lights !== null) this.#keepTo(lights, most, blur, gather, screen);
    const runs = (kinds, kind) => runsOf(kinds, kind, this.across, this.down);
    return {
      still: runs(gather, NOTHING),
      behind: runs(gather, BEHIND),
      both: runs(gather, BOTH),
      kept: runs(screen, PHOTO),
      gone: runs(screen, BLUR),
      meeting: runs(screen, MEETING),
    };
  }

  // A block more is gathered than is shown: cells are sampled beyond the block's border.
  #keepTo(lights, most, blur, gather, screen) {
    const reach = most.map((radius, i) => (lights[i] ? REACH * radius + blur + 2 * BLOCK_PX : 0));
    spread(reach, this.across, this.down);
    reach.forEach((left, i) => {
      if (left <= 0) gather[i] = ELSEWHERE;
      if (left <= BLOCK_PX) screen[i] = ELSEWHERE;
    });
  }

  // The least and largest |radius| in each block, and the largest in front: `radiusOf` in GLSL.
  #radii({ plane, gain, foreground }, least, most, near) {
    const half = 0.5 * plane.range;
    const radius = (disparity) => {
      const offset = disparity - plane.disparity;
      if (offset > half) return (offset - half) * gain * foreground;
      return offset < -half ? (offset + half) * gain : 0;
    };
    for (let i = 0; i < least.length; i++) {
      const low = radius(this.disparity.least[i] - TOLERANCE);
      const high = radius(this.disparity.most[i] + TOLERANCE);
      let freeLeast = 1;
      let freeMost = 1;
      if (this.subject !== null) {
        freeLeast = 1 - (plane.holdsSubject * this.subject.most[i]) / 255;
        freeMost = 1 - (plane.holdsSubject * this.subject.least[i]) / 255;
      }
      const apart = low > 0 ? low : high < 0 ? -high : 0;
      least[i] = apart * freeLeast;
      most[i] = Math.max(-low, high) * freeMost;
      near[i] = Math.max(0, high) * freeMost;
    }
  }
}

// What is gathered in a block, and what the screen shows of it.
const [NOTHING, BEHIND, BOTH] = [0, 1, 2];
const [PHOTO, BLUR, MEETING] = [0, 1, 2];
const ELSEWHERE = 3; // neither

// What reaches this far from a block reaches one block less from each of its neighbours: there and
// back over the grid, as a distance transform goes.
function spread(reach, across, down) {
  const take = (at, x, y) => {
    if (x < 0 || x >= across || y < 0 || y >= down) return;
    reach[at] = Math.max(reach[at], reach[y * across + x] - BLOCK_PX);
  };
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const at = y * across + x;
      take(at, x - 1, y);
      for (let i = -1; i <= 1; i++) take(at, x + i, y - 1);
    }
  }
  for (let y = down - 1; y >= 0; y--) {
    for (let x = across - 1; x >= 0; x--) {
      const at = y * across + x;
      take(at, x + 1, y);
      for (let i = -1; i <= 1; i++) take(at, x + i, y + 1);
    }
  }
}

/** Rectangles of blocks of one kind, a row high: left, top, right, bottom. */
function runsOf(kinds, kind, across, down) {
  const runs = [];
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; ) {
      const start = x;
      while (x < across && kinds[y * across + x] === kind) x++;
      if (x > start) runs.push(start, y, x, y + 1);
      else x++;
    }
  }
  return new Float32Array(runs);
}
