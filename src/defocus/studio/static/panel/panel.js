// The adjustments: every choice of an edit as a control.

import { brushGroup } from "./brush-group.js";
import { depthGroup } from "./depth-group.js";
import { focusGroup } from "./focus-group.js";
import { historyGroup } from "./history-group.js";
import { apertureGroup, bokehGroup } from "./lens-groups.js";
import { looksGroup } from "./looks-group.js";

export class Panel {
  #groups;
  #aperture;
  #brushGroup;
  #plane;
  #hooks;

  /**
   * @param {HTMLElement} root
   * @param {Schema} schema of the server
   * @param {object} hooks
   * @param {MakeChange} hooks.edit
   * @param {() => void} hooks.brushChanged
   * @param {(stroke: Stroke|null) => void} hooks.pointAt to be marked on the photo
   * @param {Parameters<typeof historyGroup>[0]} hooks.history
   * @param {(error: Error) => void} hooks.fault
   */
  constructor(root, schema, hooks) {
    this.#hooks = hooks;
    this.brush = {
      active: false,
      paint: "focus",
      radius: 0.03,
      hardness: 0.6,
      strength: 1,
      edges: false, // it stops at them
      picked: 0.5, // normalised disparity
      overlay: true,
    };
    const { edit } = hooks;
    this.#aperture = apertureGroup(schema, edit);
    this.#brushGroup = brushGroup(this.brush, {
      changed: hooks.brushChanged,
      wanted: () => this.setBrush(true),
      keep: (strokes) => edit((now) => ({ ...now, strokes })),
      pointAt: hooks.pointAt,
    });
    this.#groups = [
      focusGroup(edit),
      this.#aperture,
      looksGroup(schema, edit),
      bokehGroup(schema, edit),
      this.#brushGroup,
      depthGroup(schema, edit, hooks),
      historyGroup(hooks.history),
    ];
    root.append(...this.#groups.map((group) => group.element));
    const scene = { histogram: [], sourceRange: [0, 1], source: null };
    this.show({ edit: schema.edit, scene }, { disparity: 0.5, range: 0.1 });
  }

  /** Show a photo's edit and focal plane. */
  show(photo, plane) {
    this.#plane = plane;
    for (const group of this.#groups) group.show(photo, plane);
  }

  /** Take the brush in hand, or put it away. */
  setBrush(active) {
    this.brush.active = active;
    if (active) this.#brushGroup.unfold();
    this.#hooks.brushChanged();
  }

  /** Make the brush this much larger. */
  resizeBrush(factor) {
    this.#brushGroup.resize(factor);
  }

  /** Turn the aperture to the next stop. */
  step(by) {
    this.#aperture.step(by);
  }

  /** What the brush paints: a normalised disparity; null if it erases. */
  brushDisparity() {
    const { paint, picked } = this.brush;
    return { focus: this.#plane.disparity, near: 1, far: 0, picked, erase: null }[paint];
  }

  /** The brush paints this normalised disparity from now on. */
  pickDisparity(disparity) {
    this.brush.picked = disparity;
    this.#brushGroup.choose("picked");
  }

  /** The brush stops at edges of the photo, or no longer. */
  toggleEdges() {
    this.#brushGroup.toggleEdges();
  }

  /** Erase, or paint again what was painted before. */
  toggleErase() {
    this.#brushGroup.toggleErase();
  }
}
