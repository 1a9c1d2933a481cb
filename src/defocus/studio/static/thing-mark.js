// The outline of the thing under the pointer, over the photo.

import { thingAt } from "./things.js";

const RIM = 217; // opacity of 255
const INSIDE = 26;

export class ThingMark {
  #canvas;
  #things = null;
  #shown = 0;

  /** @param {HTMLCanvasElement} canvas over the photo */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** The pointer is here (in fractions), or nowhere. @returns {boolean} whether on a thing */
  hover(things, place) {
    const thing = place === null ? 0 : thingAt(things, place);
    this.#canvas.hidden = thing === 0;
    if (thing !== 0 && (thing !== this.#shown || things !== this.#things)) this.#draw(things, thing);
    this.#things = things;
    this.#shown = thing;
    return thing !== 0;
  }

  #draw({ labels, width, height }, thing) {
    Object.assign(this.#canvas, { width, height });
    const image = new ImageData(width, height);
    labels.forEach((label, at) => {
      if (label !== thing) return;
      const rim = [at - 1, at + 1, at - width, at + width].some((i) => labels[i] !== thing);
      image.data.fill(255, 4 * at, 4 * at + 3);
      image.data[4 * at + 3] = rim ? RIM : INSIDE;
    });
    this.#canvas.getContext("2d").putImageData(image, 0, 0);
  }
}
