// What is drawn over the photo for a moment or as long as a tool is in hand.

export class Marks {
  /** @param {{reticle: HTMLElement, frame: HTMLElement, ring: HTMLElement}} parts */
  constructor({ reticle, frame, ring }) {
    this.reticle = reticle;
    this.frame = frame;
    this.ring = ring;
  }

  /** A point, in fractions of the photo. */
  showPoint({ x, y }) {
    const { reticle } = this;
    reticle.hidden = false;
    reticle.style.left = `${100 * x}%`;
    reticle.style.top = `${100 * y}%`;
  }

  /**
   * What an edit focuses on, if it is a place.
   *
   * @param {string} mode of the focus
   * @param {number[]} at a point, or left, top, right, bottom, in fractions of the photo
   */
  showFocus(mode, at) {
    const { reticle, frame } = this;
    reticle.hidden = mode !== "point";
    frame.hidden = mode !== "rectangle";
    if (mode === "point") this.showPoint({ x: at[0], y: at[1] });
    if (mode !== "rectangle") return;
    const [left, top, right, bottom] = at;
    frame.style.left = `${100 * left}%`;
    frame.style.top = `${100 * top}%`;
    frame.style.width = `${100 * (right - left)}%`;
    frame.style.height = `${100 * (bottom - top)}%`;
  }

  /** Let the marks stand out for a moment. */
  flash() {
    for (const mark of [this.reticle, this.frame]) {
      mark.classList.add("shown");
      requestAnimationFrame(() => requestAnimationFrame(() => mark.classList.remove("shown")));
    }
  }

  /** The brush, in pixels of the viewport. */
  showRing({ x, y }) {
    this.ring.hidden = false;
    this.ring.style.left = `${x}px`;
    this.ring.style.top = `${y}px`;
  }

  /** Its inner ring is where it begins to fade. */
  sizeRing(acrossPx, hardness) {
    this.ring.style.width = `${acrossPx}px`;
    this.ring.style.height = `${acrossPx}px`;
    this.ring.style.setProperty("--fades", `${50 * (1 - hardness)}%`);
  }

  hideRing() {
    this.ring.hidden = true;
  }
}
