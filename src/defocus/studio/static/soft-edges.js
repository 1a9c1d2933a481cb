// Hair for where the page renders the picture at rest: the server cuts it out for one focal plane.

import * as api from "./api.js";
import { expand } from "./maps.js";

/** @typedef {import("./photo.js").Photo|import("./variant.js").Variant} Shown */

export class SoftEdges {
  #key = null; // what they hold for, or are asked for
  #abort = null;

  /** Whether they are on their way. */
  get pending() {
    return this.#abort !== null;
  }

  /** Whether there are some, or will be, that do not hold for this any more. */
  areOld(photo, part) {
    return this.#key !== null && this.#key !== keyOf(photo, part);
  }

  drop() {
    this.#abort?.abort();
    this.#key = null;
    this.#abort = null;
  }

  /**
   * Ask for them, unless that was done.
   *
   * @param {Shown} photo
   * @param {Part|null} part of it that is in sight, null for all
   * @param {() => void} dropped those that were there hold no more
   * @param {(front: any) => void} arrived as the renderer takes them
   */
  async seek(photo, part, dropped, arrived) {
    const key = keyOf(photo, part);
    if (key === this.#key) return;
    dropped();
    this.#key = key;
    if (!photo.edit.matte || photo.edit.method !== "lens") return;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const front = await photo.ask((id) => api.softEdges(id, photo.edit, part, abort.signal));
      if (front === null || abort.signal.aborted) return;
      const { bitmap: image, subject, alpha } = front;
      arrived({ image, map: expand(front.codes, front), subject, alpha });
      image.close();
    } catch {
      // without it the preview is as good as before, only its hair is cut hard
    } finally {
      if (this.#abort === abort) this.#abort = null;
    }
  }
}

function keyOf(photo, part) {
  const { focus, lens, amount, by_distance: byDistance, strokes } = photo.edit;
  const { quality, matte, method, model } = photo.edit;
  const blur = [lens.f_number, amount, byDistance];
  const looked = [focus, blur, strokes, quality, matte, method, model];
  return JSON.stringify([photo.id, part, ...looked]);
}
