// What a hand on the photo does to its edit: focus, frame, brush. What it does in one go is one
// step of the history, or none if it breaks off.

import { medianAround } from "./optics.js";
import { faceAt, focusOn, heldBy } from "./people.js";
import { focusOnBoth, focusOnThing, isMostOf, thingAt } from "./things.js";

const DOUBLE_CLICK_MS = 600;

/** @typedef {"start"|"move"|"end"|"cancel"} Phase */

export class Gestures {
  #page;
  #before = null; // the gesture
  #beforeClick = null;
  #lastClick = -Infinity;
  #strokesBefore = [];
  #brush = null; // as it was when the stroke began

  /**
   * @param {object} page
   * @param {() => import("./photo.js").Photo} page.photo in sight
   * @param {MakeChange} page.edit
   * @param {(options: {rack?: boolean}) => void} page.update what is shown, after a change
   * @param {import("./panel/panel.js").Panel} page.panel
   * @param {() => void} page.showEdit
   * @param {() => void} page.travelled the edit is another, not by a step onwards
   */
  constructor(page) {
    this.#page = page;
  }

  get #photo() {
    return this.#page.photo();
  }

  /** @param {Phase} phase */
  focus(x, y, phase) {
    const photo = this.#photo;
    if (phase === "start" && performance.now() - this.#lastClick > DOUBLE_CLICK_MS) {
      this.#beforeClick = photo.mark();
    }
    if (phase === "start") {
      this.#start();
      this.#lastClick = performance.now();
    }
    if (this.#ends(phase)) return;
    const focus = (edit) => ({ ...edit, focus: { ...edit.focus, mode: "point", at: [x, y] } });
    photo.change(focus(photo.edit), "focus.point");
    this.#page.update({ rack: phase === "start" });
    this.#page.showEdit();
  }

  /**
   * A click that did not move: on a person or a thing it holds that one; with `add` it adds, or
   * lets a person go.
   */
  tap(place, add) {
    const { scene, things } = this.#photo;
    const index = faceAt(scene.faces, place);
    // Of one person alone, if that is the subject, the click on a point holds the whole.
    const alone = scene.faces.length === 1 && this.#photo.plane().holdsSubject;
    if (index >= 0 && (add || !alone)) this.#holdPeople(index, add);
    else if (add || !this.#holdsAllAt(place)) this.#holdThing(thingAt(things, place), place, add);
  }

  /** Whether the click on the point holds what is there as a whole: a person, or the one thing. */
  #holdsAllAt(place) {
    const { map, scene, subject, things } = this.#photo;
    if (!this.#photo.plane().holdsSubject) return false;
    const thing = thingAt(things, place);
    return thing === 0 || scene.faces.length > 0 || isMostOf(map, subject, things, thing);
  }

  #holdThing(thing, place, add) {
    if (thing === 0) return;
    const { map, things } = this.#photo;
    const focus = add
      ? focusOnBoth(map, things, thing, this.#photo.plane())
      : focusOnThing(map, things, thing, place);
    if (focus !== null) this.#holdOn(focus);
  }

  /** By keys. */
  holdPerson(index, add) {
    this.#photo.settle();
    this.#holdPeople(index, add);
    this.#photo.settle();
  }

  #holdPeople(index, add) {
    const photo = this.#photo;
    const { map, subject, scene } = photo;
    const held = add ? heldBy(map, scene.faces, photo.plane()) : [];
    const others = held.filter((other) => other !== index);
    const wanted = others.length < held.length && others.length > 0 ? others : [...others, index];
    this.#holdOn(focusOn(map, subject, wanted.map((other) => scene.faces[other])));
  }

  #holdOn(focus) {
    const photo = this.#photo;
    photo.change({ ...photo.edit, focus }, "focus.point");
    this.#page.update({ rack: true });
    this.#page.showEdit();
  }

  /** @param {Phase} phase */
  frame(corners, phase) {
    if (phase === "start") this.#start();
    if (phase === "start" || this.#ends(phase)) return;
    const rectangle = /** @type {const} */ ({ mode: "rectangle", at: corners.map(round) });
    const change = (edit) => ({ ...edit, focus: { ...edit.focus, ...rectangle } });
    this.#page.edit(change, "focus.rectangle", true);
  }

  /** @param {Phase} phase */
  stroke(points, phase) {
    const photo = this.#photo;
    if (phase === "start") {
      this.#start();
      this.#strokesBefore = photo.edit.strokes;
      const { radius, hardness, strength, edges } = this.#page.panel.brush;
      const disparity = this.#page.panel.brushDisparity();
      this.#brush = { radius, disparity, hardness, strength, edges };
    }
    if (phase !== "cancel") {
      const stroke = { points: thin(points), ...this.#brush };
      photo.change({ ...photo.edit, strokes: [...this.#strokesBefore, stroke] }, "stroke");
      this.#page.showEdit();
    }
    this.#ends(phase);
  }

  /** The brush takes up the depth of a place. */
  pick({ x, y }) {
    this.#page.panel.pickDisparity(medianAround(this.#photo.map, x, y));
  }

  /** Two clicks were not meant for the focus. */
  forgetClicks() {
    this.#takeBack(this.#beforeClick);
  }

  #start() {
    this.#before = this.#photo.mark();
  }

  #ends(phase) {
    if (phase === "end") this.#photo.settle();
    if (phase === "cancel") this.#takeBack(this.#before);
    return phase === "end" || phase === "cancel";
  }

  #takeBack(mark) {
    this.#photo.rewind(mark);
    this.#page.travelled();
  }
}

/** Fewer points where the pointer hardly moved: at most the 10,000 that a stroke may have. */
function thin(points) {
  const kept = [points[0]];
  for (const point of points.slice(1)) {
    const last = kept.at(-1);
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) > 0.002) kept.push(point);
  }
  return kept.slice(0, 10_000).map(([x, y]) => [round(x), round(y)]);
}

const round = (value) => Math.round(value * 1e5) / 1e5;
