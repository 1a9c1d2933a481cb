// One open photo on the page: its pixels, its disparity with strokes, its edit and their history.

import * as api from "./api.js";
import { free, whenFree } from "./hand.js";
import { History } from "./history.js";
import { pixelsOf } from "./likeness.js";
import { expand } from "./maps.js";
import { planeOf, sceneGainPx } from "./optics.js";
import { PaintedMap } from "./strokes.js";

/** @typedef {import("./line.js").Line} Line */

const POLL_MS = 250;
const FAR_POLLS = 4; // pauses of that length between two questions about a photo out of sight
const SAVE_MS = 400;
const GONE = 410; // the status of what the server has closed

export class Photo extends EventTarget {
  #open;
  #opening = null;
  #saveTimer = 0;
  #saving = Promise.resolve();
  #shownDepth = 0;
  #following = false; // until the server has nothing better
  #pixels = null;

  /**
   * @param {string} name
   * @param {(() => Promise<Status>)|null} open lets the server open it, and gives its status; null
   *   if the page cannot, because it was loaded again since
   */
  constructor(name, open) {
    super();
    this.#open = open;
    this.name = name;
    /** @type {string|null} */
    this.id = null; // not open on the server
    this.stamp = "";
    /** @type {string|null} */
    this.error = null;
    this.savesBeside = false;
    this.state = "working";
    this.stage = "waiting";
    this.fraction = 0;
    this.size = null;
    this.depths = 0;
    this.best = false; // the server's latest picture of it is no draft
    /** @type {{name: string, edit: Edit}[]} */
    this.versions = [];
    /** @type {Edit|null} */
    this.edit = null;
    /** @type {any} */
    this.scene = null;
    this.history = new History();
    this.picture = null;
    this.painted = null; // the disparity with the edit's strokes
    /** @type {import("./things.js").Things|null} */
    this.things = null;
    this.unloaded = false;
    this.onScreen = false; // the page shows it, or waits for it
    this.wanted = false; // beside that
    this.closed = false;
  }

  /** Take the status of a photo that the server has opened. */
  adopt(status) {
    const { edit, versions, ...rest } = status;
    this.#take(rest);
    this.edit = withoutVersion(edit);
    this.versions = versions.map((one) => ({ ...one, edit: withoutVersion(one.edit) }));
    this.history = History.unpack(sessionStorage.getItem(`history ${this.id}`));
  }

  #take(status) {
    const { scene, ...rest } = status;
    Object.assign(this, rest);
    if (scene !== null) this.scene = scene; // while depth is estimated anew, the old one serves
  }

  #tell(what, detail = null) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }

  /** Let the server open it, unless it has. */
  async open() {
    if (this.id !== null) return;
    this.adopt(await api.patiently(this.#open));
    this.#tell("progress");
  }

  /**
   * Ask the server something about the photo. One that it has closed meanwhile (the page slept, the
   * server was started anew) is opened again first, with the edit that the page holds.
   *
   * @template T
   * @param {(id: string) => Promise<T>} call
   * @returns {Promise<T>}
   */
  async ask(call) {
    try {
      return await call(this.id);
    } catch (error) {
      if (error.status !== GONE || this.#open === null || this.closed) throw error;
      await this.#openAgain();
      return call(this.id);
    }
  }

  #openAgain() {
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #reopen() {
    const { edit, history } = this;
    const { edit: _, versions: __, ...status } = await api.patiently(this.#open);
    this.forgetHistory();
    this.#take(status);
    this.history = history;
    this.#take(await api.putEdit(this.id, edit));
    while (this.state === "working" || (this.state === "ready" && !this.best)) {
      this.#take(await api.photoStatus(this.id, this.stamp));
      this.#tell("progress");
    }
    if (this.state === "failed") throw new Error(this.error);
    this.#shownDepth = this.depths; // the page has it already
  }

  /**
   * Load what the preview needs as the server comes by it: pixels, a first depth, the best one. A
   * photo that nobody looks at may stay with the first, and has that here only if there is room.
   *
   * @param {Line} line of those that wait
   * @param {() => boolean} hasRoom
   */
  async load(line, hasRoom) {
    line.join(this);
    const near = () => this.#isSeen || line.isNear(this);
    try {
      await this.#until(() => this.size !== null && (this.#isSeen || this.state === "ready"), near);
    } finally {
      line.leave(this);
    }
    if (!this.#isSeen && !hasRoom()) {
      this.unloaded = true;
      this.#tell("progress");
      return;
    }
    await this.#loadPixels();
    await this.#until(() => this.depths > 0);
    await this.#loadDepth();
    await this.#complete();
  }

  get #isSeen() {
    return this.onScreen || this.wanted;
  }

  async #until(reached, near = () => true) {
    while (!reached()) {
      if (this.state === "failed") throw new Error(this.error);
      if (this.state === "cancelled" || this.closed) throw new Error("Stopped.");
      if (this.ready) await free();
      // The one on the screen is told at once; the others must not take its connections, nor the
      // processor from what they wait for.
      for (let pause = 0; pause < FAR_POLLS && !this.onScreen; pause += 1) {
        await new Promise((resume) => setTimeout(resume, POLL_MS));
      }
      if (!near()) continue;
      const news = (id) => api.photoStatus(id, this.#isSeen ? this.stamp : "");
      this.#take(await api.patiently(() => this.ask(news)));
      this.#tell("progress");
    }
  }

  // To the best picture, or to the one that the server leaves it at as long as nobody looks.
  async #complete() {
    this.#following = true;
    try {
      await this.#until(() => this.state === "ready" && (this.best || !this.#isSeen));
      this.#tell("prepared");
      // One that is not in memory takes the latest when it comes back.
      if (this.#shownDepth === this.depths || this.unloaded) return;
      await free();
      await this.#loadDepth();
    } finally {
      this.#following = false;
    }
  }

  /** It is looked at now: what there is of it may be a draft. */
  async look() {
    if (this.ready && !this.complete && !this.#following) await this.#complete();
  }

  /** It may be looked at next: the server should have its best picture by then. */
  async expect() {
    if (this.state !== "ready" || this.best || this.closed || this.#following) return;
    this.#take(await api.patiently(() => this.ask(api.expectPhoto)));
    await this.#complete();
  }

  async #loadPixels() {
    const picture = await api.patiently(() => this.ask(api.picture));
    this.picture?.close();
    this.picture = picture;
    this.#pixels = null;
    this.#tell("pixels");
  }

  async #loadDepth() {
    const { depths } = this;
    const { picture } = this.scene;
    const [codes, subject, lamps, things] = await api.patiently(() =>
      this.ask((id) =>
        Promise.all([
          api.disparity(id),
          picture.hasSubject ? api.subject(id) : null,
          picture.lamps ? api.lamps(id) : null,
          picture.things ? api.things(id) : null,
        ]),
      ),
    );
    const first = this.painted === null;
    this.#shownDepth = depths;
    this.subject = subject && new Uint8Array(subject);
    this.lamps = lamps && { values: new Uint8Array(lamps), ...picture.lamps };
    const whole = () => this.pixels();
    this.things = things && { labels: new Uint8Array(things), ...picture.things };
    this.painted = new PaintedMap(expand(codes, picture), undefined, { whole, here: whole });
    this.painted.set(this.edit.strokes);
    this.goodDepth = depthChoices(this.edit);
    this.#tell(first ? "loaded" : "improved");
  }

  /** The preview's pixels, for what looks at colours. */
  pixels() {
    this.#pixels ??= pixelsOf(this.picture);
    return this.#pixels;
  }

  /** Free the pixels of a photo that is not on the screen. */
  unload() {
    this.picture?.close();
    this.picture = null;
    this.#pixels = null;
    this.unloaded = true;
    this.painted = null;
    this.subject = null;
    this.lamps = null;
    this.things = null;
  }

  /** Load the pixels again after `unload`. */
  async reload() {
    this.unloaded = false;
    await this.#loadPixels();
    await this.#loadDepth();
    await this.#complete();
  }

  get ready() {
    return this.picture !== null && this.painted !== null;
  }

  /** Whether it is none, or none that can be shown: no edit of it is worth anything. */
  get broken() {
    return this.state === "failed" && !this.ready;
  }

  /** Whether it shows a draft of its first depth. */
  get isDraft() {
    return !this.best && this.#shownDepth === 1;
  }

  /** Whether the page has the best disparity that the server will come by. */
  get complete() {
    return this.state === "ready" && this.best && this.#shownDepth === this.depths;
  }

  /** Disparity with strokes. */
  get map() {
    return this.painted?.map ?? null;
  }

  // -- the edit ---------------------------------------------------------------------------------

  /**
   * Change the edit.
   *
   * @param {Edit} edit the new one
   * @param {string|null} kind changes of one kind in a row, such as a drag, are undone as one
   */
  change(edit, kind = null) {
    this.history.record(this.edit, kind);
    this.#replace(edit);
  }

  /** The next change is a new step of the history, whatever its kind. */
  settle() {
    this.history.settle();
  }

  /** The edit and its history as they are now. */
  mark() {
    return { edit: this.edit, steps: this.history.mark() };
  }

  /** Back to a mark, as if nothing had happened since. */
  rewind({ edit, steps }) {
    this.history.rewind(steps);
    if (edit !== this.edit) this.#replace(edit);
  }

  undo() {
    this.#travel(this.history.undo(this.edit));
  }

  redo() {
    this.#travel(this.history.redo(this.edit));
  }

  /** Back or on to a step of the history. */
  jump(place) {
    const edit = this.history.jump(this.edit, place);
    if (edit !== this.edit) this.#replace(edit);
  }

  /** Keep named versions of the edit: these and no others. */
  async keepVersions(versions) {
    await api.patiently(() => this.ask((id) => api.putVersions(id, versions)));
    this.versions = versions;
  }

  #travel(edit) {
    if (edit !== null) this.#replace(edit);
  }

  // The session's storage is the tab's own, as the history is.
  #keepHistory() {
    try {
      sessionStorage.setItem(`history ${this.id}`, this.history.pack());
    } catch {
      // it is full: the edit itself is on the server all the same
    }
  }

  /** It was closed, and nothing of it is wanted any more. */
  forgetHistory() {
    sessionStorage.removeItem(`history ${this.id}`);
  }

  #replace(edit) {
    this.edit = edit;
    const changed = this.painted?.set(edit.strokes) ?? null;
    if (changed !== null) this.#tell("strokes", changed);
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
    this.#saving = this.#saving.then(() => this.#put());
    return this.#saving;
  }

  async #put() {
    try {
      // The newest edit: while the studio did not answer, there may have been more.
      this.#take(await api.patiently(() => this.ask((id) => api.putEdit(id, this.edit))));
      if (this.state !== "working") {
        this.#tell("facts");
        return;
      }
      this.#tell("progress");
      await this.#complete();
    } catch (error) {
      if (this.closed) return;
      if (this.state === "failed") this.#replace({ ...this.edit, ...this.goodDepth });
      this.#tell("fault", error);
    }
  }

  // -- optics -----------------------------------------------------------------------------------

  /** The focal plane of an edit: defocus.focus, with what the server found for whole pictures. */
  plane(edit = this.edit) {
    return planeOf(edit.focus, this.map, this.subject, this.scene);
  }

  /** Pixels of the whole photo of blur radius per unit of disparity. */
  gain(plane) {
    return sceneGainPx(this.scene, this.edit, plane);
  }
}

/**
 * The choices of an edit, without the version of the format.
 *
 * @param {Edit & {defocus_edit?: number}} edit
 * @returns {Edit}
 */
function withoutVersion(edit) {
  const { defocus_edit: _, ...choices } = edit;
  return choices;
}

const depthChoices = ({ model, quality, invert }) => ({ model, quality, invert });
