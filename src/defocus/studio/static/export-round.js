// One export of several photos: the server's worker processes make them, here it is followed. What
// fails stops no other; all of it can be cancelled. Knows nothing of the page.

/**
 * Where an export of several photos stands.
 *
 * @typedef {{id: string, state: string, fraction: number, ended: number, error: string|null,
 *   exports: {id: string, name: string, state: string, error: string|null, savedAs: string|null}[]}} Shoot
 */

export class Round {
  #ask;
  #tell;
  #id = null;
  #told = new Set(); // exports
  cancelled = false;

  /**
   * @param {object} ask the server
   * @param {() => Promise<Shoot>} ask.begin
   * @param {(id: string) => Promise<Shoot>} ask.look
   * @param {(id: string) => Promise<any>} ask.stop
   * @param {() => Promise<void>} ask.wait until the next look
   * @param {object} tell the page
   * @param {(progress: {share: number, ended: number, count: number, leftMs: number|null}) => void}
   *   tell.progress how far all of it is
   * @param {(made: Shoot["exports"][number]) => void} tell.made one result is there
   */
  constructor(ask, tell) {
    this.#ask = ask;
    this.#tell = tell;
  }

  /**
   * @param {() => number} now milliseconds
   * @returns {Promise<{done: any[], faults: {index: number, error: string}[]}>} in the photos' order
   */
  async run(now = () => performance.now()) {
    const since = now();
    let shoot = await this.#ask.begin();
    this.#id = shoot.id;
    if (this.cancelled) await this.#ask.stop(this.#id); // meanwhile
    for (;;) {
      if (this.cancelled) return { done: [], faults: [] };
      this.#take(shoot, now() - since);
      if (shoot.state !== "working") break;
      await this.#ask.wait();
      if (!this.cancelled) shoot = await this.#ask.look(this.#id);
    }
    if (shoot.state === "failed") throw new Error(shoot.error);
    const results = shoot.exports;
    return {
      done: results.filter(({ state }) => state === "ready"),
      faults: results.flatMap(({ state, error }, index) => (state === "failed" ? [{ index, error }] : [])),
    };
  }

  /** Stop all of it now. */
  async cancel() {
    this.cancelled = true;
    if (this.#id !== null) await this.#ask.stop(this.#id);
  }

  #take({ fraction, ended, exports }, passedMs) {
    for (const made of exports) {
      if (made.state !== "ready" || this.#told.has(made.id)) continue;
      this.#told.add(made.id);
      this.#tell.made(made);
    }
    // Before one has ended nothing can be said: the workers begin with what they all need.
    const leftMs = ended > 0 && fraction < 1 ? (passedMs / fraction) * (1 - fraction) : null;
    this.#tell.progress({ share: fraction, ended, count: exports.length, leftMs });
  }
}

/** A time that is left, for people. */
export function leftText(ms) {
  if (ms === null) return "";
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return "less than a minute left";
  const minutes = Math.round(seconds / 60);
  return `about ${minutes} minute${minutes === 1 ? "" : "s"} left`;
}
