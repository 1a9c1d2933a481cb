// Whether the studio answers. While it does not, the page says so and asks again by itself.

const ASK_MS = 2000;

class Link extends EventTarget {
  /** null, or why the studio cannot be had: for people. */
  fault = null;
  #ask = null;
  #timer = 0;

  /** @param {() => Promise<void>} ask throws as long as there is no answer */
  begin(ask) {
    this.#ask = ask;
  }

  /** A request found nobody, or one that does not know us. */
  lost(fault) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), ASK_MS);
    if (this.fault === fault) return;
    this.fault = fault;
    this.dispatchEvent(new Event("change"));
  }

  /** A request was answered. */
  found() {
    if (this.fault === null) return;
    clearTimeout(this.#timer);
    this.fault = null;
    this.dispatchEvent(new Event("change"));
  }

  /** Ask now. */
  async retry() {
    await this.#ask?.().catch(() => {});
  }

  /** Resolves once the studio answers. */
  async up() {
    while (this.fault !== null) {
      await new Promise((resume) => this.addEventListener("change", resume, { once: true }));
    }
  }
}

export const link = new Link();
