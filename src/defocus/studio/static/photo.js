// One open photo on the page: its pixels, its disparity with strokes, its edit and their history.

import * as api from "./api.js";
import { MIN_FOCUS_RANGE } from "./constants.js";
import { free, whenFree } from "./hand.js";
import { gainPx, paintStroke, planeAt, planeIn, thinLensGainPx } from "./optics.js";

const POLL_MS = 250;
const SAVE_MS = 400;
const HISTORY = 200;
const KEPT_HISTORY = 40; // steps that outlive a reload of the page

export class Photo extends EventTarget {
  /** @param {object} status of a photo that the server has opened */
  constructor(status) {
    super();
    const { defocus_edit: _, ...edit } = status.edit;
    this.past = [];
    this.future = [];
    this.lastKind = null;
    this.picture = null;
    this.map = null;
    this.unloaded = false;
    this.onScreen = false; // the page shows it, or waits for it
    this.#take({ ...status, edit });
    this.#recallHistory();
  }

  #saveTimer = 0;
  #saving = Promise.resolve();
  #shownDepth = 0;

  #take(status) {
    const { scene, ...rest } = status;
    Object.assign(this, rest);
    if (scene !== null) this.scene = scene; // while depth is estimated anew, the old one serves
  }

  #tell(what) {
    this.dispatchEvent(new CustomEvent(what));
  }

  /** Load what the preview needs as the server comes by it: pixels, a first depth, the best one. */
  async load() {
    await this.#until(() => this.size !== null);
    await this.#loadPixels();
    await this.#until(() => this.depths > 0);
    await this.#loadDepth();
    await this.#complete();
  }

  async #until(reached) {
    while (!reached()) {
      if (this.state === "failed") throw new Error(this.error);
      if (this.state === "cancelled") throw new Error("Stopped.");
      if (this.ready) await free();
      // The one on the screen is told at once; the others must not take its connections.
      if (!this.onScreen) await new Promise((resume) => setTimeout(resume, POLL_MS));
      this.#take(await api.photoStatus(this.id, this.onScreen ? this.stamp : ""));
      this.#tell("progress");
    }
  }

  async #complete() {
    await this.#until(() => this.state === "ready");
    if (this.#shownDepth === this.depths) return;
    await free();
    await this.#loadDepth();
  }

  async #loadPixels() {
    const picture = await api.picture(this.id);
    this.picture?.close();
    this.picture = picture;
    this.#tell("pixels");
  }

  async #loadDepth() {
    const { depths } = this;
    const { picture } = this.scene;
    const [codes, subject] = await Promise.all([
      api.disparity(this.id),
      picture.hasSubject ? api.subject(this.id) : null,
    ]);
    const first = this.map === null;
    this.#shownDepth = depths;
    this.unloaded = false;
    this.subject = subject === null ? null : new Uint8Array(subject);
    this.plain = expand(codes, picture);
    this.goodDepth = depthChoices(this.edit);
    this.paint();
    this.#tell(first ? "loaded" : "improved");
  }

  /** Free the pixels of a photo that is not on the screen. */
  unload() {
    this.picture?.close();
    this.picture = null;
    this.unloaded = true;
    this.plain = null;
    this.map = null;
    this.subject = null;
  }

  /** Load the pixels again after `unload`. */
  async reload() {
    await this.#loadPixels();
    await this.#loadDepth();
  }

  get ready() {
    return this.picture !== null && this.map !== null;
  }

  /** Apply all strokes to the disparity afresh. */
  paint() {
    const { strokes } = this.edit;
    const values = strokes.length === 0 ? this.plain.values : this.plain.values.slice();
    this.map = { ...this.plain, values };
    for (const stroke of strokes) paintStroke(this.map, stroke);
  }

  // -- the edit ---------------------------------------------------------------------------------

  /**
   * Change the edit.
   *
   * @param {object} edit the new one
   * @param {string|null} kind changes of one kind in a row, such as a drag, are undone as one
   */
  change(edit, kind = null) {
    if (kind === null || kind !== this.lastKind) {
      this.past.push(this.edit);
      if (this.past.length > HISTORY) this.past.shift();
    }
    this.lastKind = kind;
    this.future = [];
    this.#replace(edit);
  }

  /** The next change is a new step of the history, whatever its kind. */
  settle() {
    this.lastKind = null;
  }

  undo() {
    this.#travel(this.past, this.future);
  }

  redo() {
    this.#travel(this.future, this.past);
  }

  #travel(from, to) {
    if (from.length === 0) return;
    to.push(this.edit);
    this.lastKind = null;
    this.#replace(from.pop());
  }

  // The session's storage is the tab's own, as the history is.
  #keepHistory() {
    const kept = { past: this.past.slice(-KEPT_HISTORY), future: this.future.slice(-KEPT_HISTORY) };
    try {
      sessionStorage.setItem(`history ${this.id}`, JSON.stringify(kept));
    } catch {
      // it is full: the edit itself is on the server all the same
    }
  }

  #recallHistory() {
    const kept = JSON.parse(sessionStorage.getItem(`history ${this.id}`) ?? "{}");
    this.past = kept.past ?? [];
    this.future = kept.future ?? [];
  }

  forgetHistory() {
    sessionStorage.removeItem(`history ${this.id}`);
  }

  #replace(edit) {
    const before = this.edit;
    this.edit = edit;
    if (before.strokes !== edit.strokes) {
      const [earlier, later] = [before.strokes, edit.strokes];
      const added = later.length === earlier.length + 1 && later.at(-2) === earlier.at(-1);
      if (added && earlier.length > 0) paintStroke(this.map, later.at(-1));
      else this.paint();
      this.#tell("strokes");
    }
    this.#tell("edit");
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => whenFree(this.#save), SAVE_MS);
  }

  #save = () => this.save();

  /** The page goes: keep what was not kept yet. */
  flush() {
    if (this.#saveTimer === 0) return;
    clearTimeout(this.#saveTimer);
    this.#keepHistory();
    api.putEdit(this.id, this.edit, true).catch(() => {});
  }

  /** Keep the edit on the server; when depth has to be estimated anew, follow that. */
  save() {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = 0;
    this.#keepHistory();
    const { edit } = this;
    this.#saving = this.#saving.then(() => this.#put(edit));
    return this.#saving;
  }

  async #put(edit) {
    try {
      this.#take(await api.putEdit(this.id, edit));
      if (this.state !== "working") {
        this.#tell("facts");
        return;
      }
      this.#tell("progress");
      await this.#complete();
    } catch (error) {
      if (this.state === "failed") this.#replace({ ...this.edit, ...this.goodDepth });
      this.dispatchEvent(new CustomEvent("fault", { detail: error }));
    }
  }

  // -- optics -----------------------------------------------------------------------------------

  /** The focal plane of an edit: defocus.focus, with what the server found for whole pictures. */
  plane(edit = this.edit) {
    const { mode, at, range } = edit.focus;
    let plane;
    if (mode === "point") {
      plane = planeAt(this.map, this.subject, at[0], at[1], this.scene.subjectRange);
    } else if (mode === "rectangle") {
      plane = planeIn(this.map, this.subject, at, this.scene.subjectRange);
    } else if (mode === "disparity") {
      plane = { disparity: at[0], range: MIN_FOCUS_RANGE, holdsSubject: false };
    } else {
      plane = this.scene.planes[mode];
    }
    return range === null ? plane : { disparity: plane.disparity, range, holdsSubject: false };
  }

  /** Pixels of the whole photo of blur radius per unit of disparity (defocus.pipeline.gain_px). */
  gain(plane, fNumber) {
    const { width, height, focal35mm, unit } = this.scene;
    if (focal35mm === null) return gainPx(width, height, fNumber);
    return thinLensGainPx(unit, focal35mm, Math.max(width, height), plane, fNumber);
  }
}

const depthChoices = ({ model, quality, invert }) => ({ model, quality, invert });

/** Disparity from its 16-bit codes. */
export function expand(codes, { width, height, low, high }) {
  const numbers = new Uint16Array(codes);
  const values = new Float32Array(numbers.length);
  const step = (high - low) / 65535;
  for (let i = 0; i < numbers.length; i++) values[i] = low + numbers[i] * step;
  return { values, width, height };
}
