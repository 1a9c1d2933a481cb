// The handle between the original and its portrait.

const STEP = 0.01;

export class Splitter {
  /**
   * @param {HTMLElement} element
   * @param {(event: PointerEvent) => number} placeOf fraction of the photo's width under a pointer
   * @param {(at: number) => void} onMove
   */
  constructor(element, placeOf, onMove) {
    this.element = element;
    this.onMove = onMove;
    this.at = 0.5;
    element.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) this.#moveTo(placeOf(event));
    });
    element.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.#moveTo(this.at + by * (event.shiftKey ? 5 : 1));
    });
  }

  get shown() {
    return !this.element.hidden;
  }

  show(on) {
    this.element.hidden = !on;
    this.#place();
  }

  #moveTo(at) {
    this.at = Math.min(1, Math.max(0, at));
    this.#place();
    this.onMove(this.at);
  }

  #place() {
    this.element.style.left = `${100 * this.at}%`;
    this.element.setAttribute("aria-valuenow", String(Math.round(100 * this.at)));
  }
}
