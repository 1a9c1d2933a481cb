// Brush strokes on a disparity map, painted as defocus.strokes does. What changes costs what is new
// of it: the last segment of a growing stroke, the places of the strokes that go or come.

import { colourUnder, likenessTo, stations } from "./likeness.js";

const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

/** A disparity map with strokes on it. */
export class PaintedMap {
  #plain;
  #part;
  #strokes = [];
  #masks = new WeakMap(); // of finished strokes
  #growing = null; // { stroke, box }: the last one, as long as it may grow
  #squares = null; // squared distance to the growing stroke
  #under = null; // values beneath it
  #guide;

  /**
   * @param {{values: Float32Array, width: number, height: number}} plain never changed
   * @param {Part} part of the picture that the map shows, in fractions
   * @param {{whole: () => import("./likeness.js").Pixels, here: () => import("./likeness.js").Pixels}|null}
   *   guide the whole photo, and of this part what the map is of, for strokes that stop at edges;
   *   asked for when there is one; null paints them like others
   */
  constructor(plain, part = WHOLE, guide = null) {
    this.#plain = plain;
    this.#part = part;
    this.#guide = guide;
    /** The map with its strokes. */
    this.map = plain;
  }

  /** The map without strokes. */
  get plain() {
    return this.#plain;
  }

  /**
   * Show these strokes, in their order, and no others.
   *
   * @param {Stroke[]} strokes of an edit; the same stroke is the same object
   * @returns {{left: number, top: number, right: number, bottom: number}|null} where the map has
   *   changed
   */
  set(strokes) {
    const before = this.#strokes;
    this.#strokes = strokes;
    let same = 0;
    while (same < before.length && same < strokes.length && before[same] === strokes[same]) same++;
    const gone = before.slice(same);
    const come = strokes.slice(same);
    if (gone.length === 0 && come.length === 0) return null;
    if (this.map === this.#plain) this.#takeOwnValues();
    if (gone.length <= 1 && come.length === 1 && this.#grows(gone[0], come[0])) {
      return this.#grow(come[0], gone[0]?.points.length ?? 0);
    }
    return this.#exchange(strokes.slice(0, same), gone, come);
  }

  #takeOwnValues() {
    this.map = { ...this.#plain, values: this.#plain.values.slice() };
  }

  // Whether a stroke continues another, or begins.
  #grows(from, stroke) {
    if (from === undefined) return !this.#masks.has(stroke);
    if (this.#growing?.stroke !== from || from.points.length > stroke.points.length) return false;
    const likewise = ["radius", "hardness", "disparity", "strength", "edges"].every((key) => from[key] === stroke[key]);
    return likewise && from.points.every(([x, y], i) => same(stroke.points[i], x, y));
  }

  // Paint the points of a stroke from one of them on.
  #grow(stroke, first) {
    if (first === 0) {
      this.#finish();
      this.#begin();
    }
    const box = this.#measure(stroke, first);
    this.#growing = { stroke, box: union(this.#growing?.box ?? null, box) };
    if (box === null) return null;
    const { values, width } = this.map;
    const weightOf = weigher(stroke, this.#radius(stroke));
    const { disparity } = stroke;
    const share = strengthOf(stroke) / 255;
    for (let y = box.top; y < box.bottom; y++) {
      for (let at = y * width + box.left; at < y * width + box.right; at++) {
        const under = this.#under[at];
        const target = disparity ?? this.#plain.values[at];
        values[at] = under + weightOf(this.#squares[at]) * share * (target - under);
      }
    }
    return box;
  }

  #begin() {
    const { length } = this.map.values;
    this.#squares ??= new Float32Array(length).fill(Infinity);
    this.#under ??= new Float32Array(length);
    this.#under.set(this.map.values);
  }

  // The growing stroke grows no more.
  #finish() {
    if (this.#growing === null) return;
    const { stroke, box } = this.#growing;
    this.#growing = null;
    this.#masks.set(stroke, this.#maskWithin(stroke, box));
  }

  #maskOf(stroke) {
    if (this.#growing?.stroke === stroke) this.#finish();
    let mask = this.#masks.get(stroke);
    if (mask === undefined) {
      this.#finish();
      this.#squares ??= new Float32Array(this.map.values.length).fill(Infinity);
      mask = this.#maskWithin(stroke, this.#measure(stroke, 0));
      this.#masks.set(stroke, mask);
    }
    return mask;
  }

  #exchange(kept, gone, come) {
    let changed = null;
    for (const stroke of gone) changed = union(changed, this.#maskOf(stroke).box);
    this.#finish();
    if (changed !== null) this.#restore(changed, kept);
    for (const stroke of come) {
      const mask = this.#maskOf(stroke);
      if (mask.box === null) continue;
      this.#apply(stroke, mask, mask.box);
      changed = union(changed, mask.box);
    }
    return changed;
  }

  #restore({ left, top, right, bottom }, strokes) {
    const { values, width } = this.map;
    for (let y = top; y < bottom; y++) {
      const [from, to] = [y * width + left, y * width + right];
      values.set(this.#plain.values.subarray(from, to), from);
    }
    for (const stroke of strokes) this.#apply(stroke, this.#maskOf(stroke), { left, top, right, bottom });
  }

  #apply(stroke, { box, rows }, within) {
    if (box === null) return;
    const { disparity } = stroke;
    const share = strengthOf(stroke) / 255;
    const { values, width } = this.map;
    const last = Math.min(box.bottom, within.bottom);
    for (let y = Math.max(box.top, within.top); y < last; y++) {
      const { left, weights } = rows[y - box.top];
      const to = Math.min(within.right, left + weights.length);
      for (let x = Math.max(within.left, left); x < to; x++) {
        const at = y * width + x;
        const target = disparity ?? this.#plain.values[at];
        values[at] += weights[x - left] * share * (target - values[at]);
      }
    }
  }

  #radius(stroke) {
    const { width, height } = this.map;
    const { width: across, height: down } = this.#part;
    return Math.max(stroke.radius * Math.hypot(width / across, height / down), 0.5);
  }

  // Squared distances to a stroke's path from one of its points on; where they may matter.
  #measure(stroke, first) {
    const { width, height } = this.map;
    const { x, y, width: across, height: down } = this.#part;
    /** @returns {[number, number]} */
    const place = (index) => {
      const [px, py] = stroke.points[Math.max(0, Math.min(index, stroke.points.length - 1))];
      return [((px - x) / across) * width - 0.5, ((py - y) / down) * height - 0.5];
    };
    const reach = this.#radius(stroke);
    const within = stroke.edges && this.#guide !== null ? this.#edgesOf(stroke) : () => null;
    let changed = null;
    for (let i = Math.max(first, 1); i <= Math.max(stroke.points.length - 1, 1); i++) {
      for (const [from, to] of pieces(place(i - 1), place(i), 2 * reach)) {
        const box = {
          left: Math.max(0, Math.floor(Math.min(from[0], to[0]) - reach)),
          top: Math.max(0, Math.floor(Math.min(from[1], to[1]) - reach)),
          right: Math.min(width, Math.ceil(Math.max(from[0], to[0]) + reach) + 1),
          bottom: Math.min(height, Math.ceil(Math.max(from[1], to[1]) + reach) + 1),
        };
        if (box.left >= box.right || box.top >= box.bottom) continue;
        lower(this.#squares, width, box, [from, to], within(i - 1, box));
        changed = union(changed, box);
      }
    }
    return changed;
  }

  // What a stroke paints of a box, from one of its points on: as the distance that a pixel of
  // another colour would have, if it were its distance that makes its weight so small.
  #edgesOf(stroke) {
    const [whole, here] = [this.#guide.whole(), this.#guide.here()];
    const { width, height } = this.map;
    const { width: across, height: down } = this.#part;
    const diagonal = Math.hypot(width / across, height / down);
    const radius = this.#radius(stroke);
    const soft = softOf(stroke, radius);
    const colourAt = stations(stroke.points, stroke.radius, whole);
    return (point, box) => {
      const colour = colourUnder(whole, stroke.points[colourAt[point]], stroke.radius);
      const likeness = likenessTo(here, box, colour, diagonal);
      return (square, at) => {
        if (square >= radius * radius) return square;
        const weight = Math.min(1, (radius - Math.sqrt(square)) / soft) * likeness[at];
        return (radius - soft * weight) ** 2;
      };
    };
  }

  // The weights of the measured stroke, row by row; its distances are forgotten.
  #maskWithin(stroke, box) {
    if (box === null) return { box, rows: [] };
    const { width } = this.map;
    const weightOf = weigher(stroke, this.#radius(stroke));
    const rows = [];
    for (let y = box.top; y < box.bottom; y++) {
      const row = this.#squares.subarray(y * width + box.left, y * width + box.right);
      const weights = Uint8Array.from(row, weightOf);
      row.fill(Infinity);
      let start = 0;
      let end = weights.length;
      while (start < end && weights[start] === 0) start++;
      while (end > start && weights[end - 1] === 0) end--;
      rows.push({ left: box.left + start, weights: weights.slice(start, end) });
    }
    return { box, rows };
  }
}

// One that was kept before strokes had a strength paints fully.
const strengthOf = ({ strength = 1 }) => strength;

const same = ([x, y], otherX, otherY) => x === otherX && y === otherY;

// A segment in pieces: the box around a long one, aslant, would hold mostly what is far from it.
function pieces([x0, y0], [x1, y1], longest) {
  const count = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / longest));
  /** @returns {[number, number]} */
  const place = (i) => [x0 + ((x1 - x0) * i) / count, y0 + ((y1 - y0) * i) / count];
  return Array.from({ length: count }, (_, i) => [place(i), place(i + 1)]);
}

function union(a, b) {
  if (a === null || b === null) return a ?? b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

// How wide the edge of a stroke fades.
const softOf = ({ hardness }, radius) => Math.max(radius * (1 - hardness), 1);

// Weight 0 to 255 of a squared distance to the path: w = clip((R − s) / (R · (1 − hardness)), 0, 1).
function weigher(stroke, radius) {
  const soft = softOf(stroke, radius);
  return (square) => {
    if (square >= radius * radius) return 0;
    return Math.round(255 * Math.min(1, (radius - Math.sqrt(square)) / soft));
  };
}

// Take the squared distances to a segment, as `within` changes them, where they are less than what
// is there.
function lower(squares, width, box, [[x0, y0], [x1, y1]], within) {
  let at = 0;
  const [alongX, alongY] = [x1 - x0, y1 - y0];
  const length2 = alongX * alongX + alongY * alongY;
  const scale = length2 === 0 ? 0 : 1 / length2;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const dot = ((x - x0) * alongX + (y - y0) * alongY) * scale;
      const t = Math.min(1, Math.max(0, dot));
      const [dx, dy] = [x - x0 - t * alongX, y - y0 - t * alongY];
      const distance = dx * dx + dy * dy;
      const square = within === null ? distance : within(distance, at++);
      if (square < squares[y * width + x]) squares[y * width + x] = square;
    }
  }
}
