// What an export would show, rendered by the server once the hand rests: one at a time.

export class Finished {
  #arrived;
  #key = null; // what it was asked for
  #abort = null;
  #image = null;
  #refused = false;

  /** @param {() => void} arrived it is there, or cannot be had */
  constructor(arrived) {
    this.#arrived = arrived;
  }

  /** Whether it is on its way. */
  get pending() {
    return this.#abort !== null;
  }

  /** The picture for this, if it is here. */
  of(key) {
    return key === this.#key ? this.#image : null;
  }

  /** Whether the server cannot give it for this. */
  lacks(key) {
    return key === this.#key && this.#refused;
  }

  /**
   * Ask for it, unless that was done.
   *
   * @param {string} key what it holds for
   * @param {(signal: AbortSignal) => Promise<ImageBitmap|null>} ask
   */
  async seek(key, ask) {
    if (key === this.#key) return;
    this.drop();
    const abort = new AbortController();
    this.#key = key;
    this.#abort = abort;
    let image = null;
    try {
      image = await ask(abort.signal);
    } catch {
      // the page renders it by itself then, nearly as well
    }
    if (abort !== this.#abort) {
      image?.close();
      return;
    }
    this.#abort = null;
    this.#image = image;
    this.#refused = image === null;
    this.#arrived();
  }

  /** Something has changed: keep it for this and for nothing else. */
  keepFor(key) {
    if (key !== this.#key) this.drop();
  }

  drop() {
    this.#abort?.abort();
    this.#image?.close();
    this.#abort = null;
    this.#image = null;
    this.#key = null;
    this.#refused = false;
  }
}
