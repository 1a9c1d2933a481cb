// One export of several photos: two at a time, as the server has two workers; what fails stops no
// other; all of it can be cancelled. Knows nothing of the page.

const AT_ONCE = 2;

export class Round {
  #work;
  #tell;
  #fractions;
  #since = 0;
  #ended = 0;
  cancelled = false;

  /**
   * @param {any[]} photos
   * @param {(photo: any, number: number, report: (stage: string, fraction: number) => void) => Promise<any>}
   *   work exports one; number from 1
   * @param {(progress: {share: number, ended: number, count: number, stage: string,
   *   leftMs: number|null}) => void} tell how far all of it is
   */
  constructor(photos, work, tell) {
    this.photos = photos;
    this.#work = work;
    this.#tell = tell;
    this.#fractions = photos.map(() => 0);
  }

  /**
   * @param {() => number} now milliseconds
   * @returns {Promise<{done: any[], faults: {photo: any, error: Error}[]}>} in the photos' order
   */
  async run(now = () => performance.now()) {
    this.#since = now();
    const results = [];
    let next = 0;
    const work = async () => {
      while (next < this.photos.length && !this.cancelled) {
        const index = next++;
        results[index] = await this.#one(index, now);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const reached = results.filter((result) => result !== undefined);
    return {
      done: reached.filter(({ error }) => error === null).map(({ made }) => made),
      faults: reached.filter(({ error }) => error !== null),
    };
  }

  /** No other photo is begun; who works on one must look at `cancelled` itself. */
  cancel() {
    this.cancelled = true;
  }

  async #one(index, now) {
    const photo = this.photos[index];
    const report = (stage, fraction) => this.#report(index, stage, fraction, now);
    try {
      const made = await this.#work(photo, index + 1, report);
      return { photo, made, error: null };
    } catch (error) {
      return { photo, error };
    } finally {
      this.#ended++;
      report("", 1);
    }
  }

  #report(index, stage, fraction, now) {
    this.#fractions[index] = fraction;
    const count = this.photos.length;
    const share = this.#fractions.reduce((sum, one) => sum + one, 0) / count;
    // Of a first photo nothing can be said: how its stages divide the time is not known.
    const passed = now() - this.#since;
    const leftMs = this.#ended > 0 && share < 1 ? (passed / share) * (1 - share) : null;
    this.#tell({ share, ended: this.#ended, count, stage, leftMs });
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
