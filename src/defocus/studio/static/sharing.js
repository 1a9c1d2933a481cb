// One photo's look for others: copied and pasted, or applied to several at once.

import { lookOf, withLook } from "./look.js";

export class Sharing {
  #page;
  #copied = null;

  /**
   * @param {object} page
   * @param {() => import("./photo.js").Photo} page.photo in sight
   * @param {() => import("./photo.js").Photo[]} page.selected others that were marked
   * @param {() => import("./photo.js").Photo[]} page.several the marked ones, or all
   * @param {() => void} page.travelled the edit in sight may be another
   * @param {(text: string, isError?: boolean, offer?: any) => void} page.say
   */
  constructor(page) {
    this.#page = page;
  }

  /** Keep the look of the photo in sight, for `paste`. */
  copy() {
    this.#copied = lookOf(this.#page.photo().edit);
    this.#page.say("The look is copied: paste it on this or on selected photos.");
  }

  /** Give the selected photos, or the one in sight, the look that was copied. */
  paste() {
    if (this.#copied === null) return;
    const selected = this.#page.selected();
    this.#apply(this.#copied, selected.length > 0 ? selected : [this.#page.photo()]);
  }

  /** Give the selected photos, or all, the look of the one in sight. */
  applyToOthers() {
    const current = this.#page.photo();
    const others = this.#page.several().filter((photo) => photo !== current);
    this.#apply(lookOf(current.edit), others);
  }

  #apply(look, photos) {
    const changed = [];
    for (const photo of photos) {
      if (!photo?.edit || photo.broken) continue; // not open yet, or never
      const after = withLook(photo.edit, look);
      if (JSON.stringify(after) === JSON.stringify(photo.edit)) continue;
      changed.push({ photo, before: photo.mark(), after });
      photo.settle();
      photo.change(after);
    }
    this.#page.travelled();
    const undo = () => {
      for (const { photo, before, after } of changed) {
        if (photo.edit === after) photo.rewind(before); // what was done to it since is not undone
      }
      this.#page.travelled();
    };
    const count = changed.length === 1 ? "1 photo" : `${changed.length} photos`;
    const offer = changed.length > 0 ? { text: "Undo", act: undo } : null;
    this.#page.say(`Applied to ${count}.`, false, offer);
  }
}
