// Outlines of faces over the photo: shown under the pointer and with the keyboard; those that are
// held are marked. A click is the photo's own, see Viewport; a key is theirs.

import { faceAt } from "./people.js";
import { element } from "./panel/controls.js";

export class PeopleMarks {
  #layer;
  #hold;
  #faces = [];

  /**
   * @param {HTMLElement} layer over the photo
   * @param {(index: number, add: boolean) => void} hold a face was chosen by keys
   */
  constructor(layer, hold) {
    this.#layer = layer;
    this.#hold = hold;
  }

  /**
   * Mark faces.
   *
   * @param {import("./people.js").Face[]} faces
   * @param {number[]} held numbers of those in focus
   */
  show(faces, held) {
    if (JSON.stringify(this.#faces) !== JSON.stringify(faces)) {
      this.#faces = faces;
      this.#layer.replaceChildren(...faces.map((face, index) => this.#mark(face, index)));
    }
    [...this.#layer.children].forEach((mark, index) => {
      mark.setAttribute("aria-pressed", String(held.includes(index)));
    });
  }

  /** The pointer is here (in fractions), or nowhere. */
  hover(place) {
    const index = place === null ? -1 : faceAt(this.#faces, place);
    [...this.#layer.children].forEach((mark, other) => {
      mark.classList.toggle("under", other === index);
    });
    return index >= 0;
  }

  #mark({ x, y, width, height }, index) {
    const mark = element("button", {
      type: "button",
      class: "person",
      "aria-label": `Person ${index + 1}: hold in focus`,
      onclick: (event) => this.#hold(index, event.shiftKey),
      onkeydown: (event) => {
        // The photo around it has other plans with this key.
        if (event.key === "Enter") event.stopPropagation();
      },
    });
    Object.assign(mark.style, {
      left: `${100 * x}%`,
      top: `${100 * y}%`,
      width: `${100 * width}%`,
      height: `${100 * height}%`,
    });
    return mark;
  }
}
