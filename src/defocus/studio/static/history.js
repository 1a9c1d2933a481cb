// The steps of an edit, for undo and redo.

const STEPS = 200;
const KEPT_STEPS = 40; // steps that outlive a reload of the page

export class History {
  #past = [];
  #future = [];
  #kind = null;

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /**
   * An edit is about to be replaced.
   *
   * @param {Edit} edit as it was
   * @param {string|null} kind changes of one kind in a row, such as a drag, are undone as one
   */
  record(edit, kind = null) {
    if (kind === null || kind !== this.#kind) {
      this.#past.push(edit);
      if (this.#past.length > STEPS) this.#past.shift();
    }
    this.#kind = kind;
    this.#future = [];
  }

  /** The next change is a step of its own, whatever its kind. */
  settle() {
    this.#kind = null;
  }

  /** The steps as they are now, for `rewind`. */
  mark() {
    return { past: [...this.#past], future: [...this.#future] };
  }

  /** Forget what was recorded since a mark. */
  rewind({ past, future }) {
    this.#past = [...past];
    this.#future = [...future];
    this.#kind = null;
  }

  /** The edit before `now`, or null. */
  undo(now) {
    return this.#travel(now, this.#past, this.#future);
  }

  /** The edit that `undo` took back, or null. */
  redo(now) {
    return this.#travel(now, this.#future, this.#past);
  }

  /** All edits there are, the oldest first, and the place of `now` among them. */
  steps(now) {
    return { edits: [...this.#past, now, ...[...this.#future].reverse()], at: this.#past.length };
  }

  /** Travel to one of `steps`: its edit. */
  jump(now, place) {
    let edit = now;
    while (this.#past.length > place) edit = this.undo(edit);
    while (this.#past.length < place) edit = this.redo(edit);
    return edit;
  }

  #travel(now, from, to) {
    if (from.length === 0) return null;
    to.push(now);
    this.#kind = null;
    return from.pop();
  }

  /** The last steps as a text. A stroke that many steps share is written once. */
  pack() {
    const strokes = new Map();
    const numbered = (stroke) => {
      if (!strokes.has(stroke)) strokes.set(stroke, strokes.size);
      return strokes.get(stroke);
    };
    const thin = (edits) =>
      edits.slice(-KEPT_STEPS).map((edit) => ({ ...edit, strokes: edit.strokes.map(numbered) }));
    const [past, future] = [thin(this.#past), thin(this.#future)];
    return JSON.stringify({ past, future, strokes: [...strokes.keys()] });
  }

  /** The steps that `pack` wrote; none if there is no text. */
  static unpack(text) {
    const history = new History();
    if (text === null) return history;
    const { past, future, strokes } = JSON.parse(text);
    const full = (edits) =>
      edits.map((edit) => ({ ...edit, strokes: edit.strokes.map((number) => strokes[number]) }));
    history.#past = full(past);
    history.#future = full(future);
    return history;
  }
}
