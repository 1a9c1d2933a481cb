// What is drawn over the photo for a moment or as long as a tool is in hand.

export class Marks {
  /** @param {{reticle: HTMLElement, frame: HTMLElement, ring: HTMLElement}} parts */
  constructor({ reticle, frame, ring }) {
    Object.assign(this, { reticle, frame, ring });
  }

  /** The focus point, in fractions of the photo. */
  showPoint({ x, y }) {
    const { reticle } = this;
    reticle.hidden = false;
    reticle.style.left = `${100 * x}%`;
    reticle.style.top = `${100 * y}%`;
    reticle.classList.add("shown");
    requestAnimationFrame(() => requestAnimationFrame(() => reticle.classList.remove("shown")));
  }

  /** A frame that is being drawn: left, top, right, bottom in fractions of the photo. */
  showFrame([left, top, right, bottom]) {
    const { frame } = this;
    frame.hidden = false;
    frame.style.left = `${100 * left}%`;
    frame.style.top = `${100 * top}%`;
    frame.style.width = `${100 * (right - left)}%`;
    frame.style.height = `${100 * (bottom - top)}%`;
    frame.classList.add("shown");
  }

  fadeFrame() {
    this.frame.classList.remove("shown");
  }

  /** The brush, in pixels of the viewport. */
  showRing({ x, y }) {
    this.ring.hidden = false;
    this.ring.style.left = `${x}px`;
    this.ring.style.top = `${y}px`;
  }

  sizeRing(acrossPx) {
    this.ring.style.width = `${acrossPx}px`;
    this.ring.style.height = `${acrossPx}px`;
  }

  hideRing() {
    this.ring.hidden = true;
  }
}
