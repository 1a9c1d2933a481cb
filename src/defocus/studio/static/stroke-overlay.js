// What the brush has painted, drawn over the photo while it is in hand: warm where depth came
// nearer, cool where it went farther; and the path of a stroke that is pointed at in the list.

const NEARER = [240, 163, 60];
const FARTHER = [70, 150, 255];
const SHOWN_FROM = 0.004; // normalised disparity: less is not seen in the blur either
const OPAQUE_AT = 0.25;
const MOST = 0.62; // opacity

export class StrokeOverlay {
  #canvas;
  #mark;
  #photo = null;
  #map = null; // that is drawn

  /**
   * @param {HTMLCanvasElement} canvas over the photo
   * @param {SVGSVGElement} mark over the photo
   */
  constructor(canvas, mark) {
    this.#canvas = canvas;
    this.#mark = mark;
  }

  /** Another photo; or it shall be drawn, or no longer. */
  show(photo, wanted) {
    this.#photo = photo;
    this.#canvas.hidden = !wanted || !photo?.ready;
    if (this.#canvas.hidden) return;
    if (this.#map !== photo.painted) {
      this.#map = photo.painted;
      Object.assign(this.#canvas, { width: photo.map.width, height: photo.map.height });
    }
    this.changed({ left: 0, top: 0, right: photo.map.width, bottom: photo.map.height });
  }

  /** The map has changed here. */
  changed({ left, top, right, bottom }) {
    if (this.#canvas.hidden || this.#map !== this.#photo.painted) return;
    const image = new ImageData(right - left, bottom - top);
    tint(image.data, this.#map, { left, top, right, bottom });
    this.#canvas.getContext("2d").putImageData(image, left, top);
  }

  /** Point at a stroke; null for none. */
  point(stroke) {
    this.#mark.toggleAttribute("hidden", stroke === null);
    if (stroke === null) return;
    const { width, height } = this.#photo.size;
    this.#mark.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const line = this.#mark.querySelector("polyline");
    const places = [...stroke.points, stroke.points.at(-1)];
    line.setAttribute("points", places.map(([x, y]) => `${x * width},${y * height}`).join(" "));
    line.setAttribute("stroke-width", String(2 * stroke.radius * Math.hypot(width, height)));
  }
}

/**
 * Fill pixels by how far strokes have moved the depth.
 *
 * @param {Uint8ClampedArray} pixels RGBA of the box
 * @param {{map: DisparityMap, plain: DisparityMap}} painted
 * @param {{left: number, top: number, right: number, bottom: number}} box
 */
export function tint(pixels, { map, plain }, { left, top, right, bottom }) {
  let at = 0;
  for (let y = top; y < bottom; y++) {
    for (let i = y * map.width + left; i < y * map.width + right; i++, at += 4) {
      const moved = map.values[i] - plain.values[i];
      const far = Math.abs(moved);
      if (far < SHOWN_FROM) continue;
      pixels.set(moved > 0 ? NEARER : FARTHER, at);
      pixels[at + 3] = 255 * MOST * Math.min(1, 0.35 + (0.65 * far) / OPAQUE_AT);
    }
  }
}
