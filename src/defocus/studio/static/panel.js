// The adjustments: every choice of an edit as a control.

import { depthHistogram } from "./histogram.js";
import { apertureDial } from "./dial.js";
import { element, group, segments, slider, toggle } from "./controls.js";
import { ModelPicker } from "./model-picker.js";

const percent = (value) => `${Math.round(100 * value)} %`;
const readPercent = (text) => Number.parseFloat(text.replace(",", ".")) / 100;
const degrees = (value) => `${Math.round(value)}°`;
const bladeText = (value) => (value < 3 ? "Round" : String(value));
const readBlades = (text) => (/^r/i.test(text) ? 0 : Number.parseInt(text, 10));

// A blade slider runs over 2 to 16; two blades make no aperture, so 2 stands for round.
const ROUND = 2;

export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {object} schema of the server
   * @param {object} hooks
   * @param {(change: (edit: object) => object, kind: string|null, live: boolean) => void} hooks.edit
   * @param {() => void} hooks.brushChanged
   * @param {(name: string) => void} hooks.fetchModel
   */
  constructor(root, schema, hooks) {
    this.root = root;
    this.schema = schema;
    this.hooks = hooks;
    this.brush = { active: false, paint: "focus", radius: 0.03, hardness: 0.6 };
    this.controls = {};
    root.append(
      this.#focusGroup(),
      this.#lensGroup(),
      this.#bokehGroup(),
      this.#brushGroup(),
      this.#depthGroup(),
    );
  }

  /** Show an edit. */
  show(photo, plane) {
    const { edit, scene } = photo;
    const { controls } = this;
    this.photo = photo;
    this.plane = plane;
    controls.focusMode.set(edit.focus.mode === "disparity" ? "" : edit.focus.mode);
    controls.histogram.set(scene.histogram, plane);
    controls.range.set(plane.range);
    controls.autoRange.set(edit.focus.range === null);
    controls.dial.set(edit.lens.f_number, edit.lens);
    controls.foreground.set(edit.foreground);
    controls.blades.set(edit.lens.blades === 0 ? ROUND : edit.lens.blades);
    for (const name of LENS_SLIDERS) controls[name].set(edit.lens[name]);
    for (const name of BLADE_SLIDERS) controls[name].element.hidden = edit.lens.blades === 0;
    controls.method.set(edit.method);
    controls.matte.set(edit.matte);
    controls.quality.set(edit.quality);
    controls.invert.set(edit.invert);
    controls.ksize.set(edit.mask.blur_ksize);
    controls.threshold.set(maskThreshold(edit, scene));
    controls.maskOnly.hidden = edit.method !== "mask";
    this.models.show(edit.model, scene.source);
    controls.strokes.textContent =
      edit.strokes.length === 0
        ? "Paint where the depth is wrong."
        : `${edit.strokes.length} stroke${edit.strokes.length === 1 ? "" : "s"}.`;
    controls.clearStrokes.disabled = edit.strokes.length === 0;
  }

  setBrush(active) {
    this.brush.active = active;
    this.controls.brushGroup.open = active || this.controls.brushGroup.open;
    this.hooks.brushChanged();
  }

  step(by) {
    this.controls.dial.step(by);
  }

  /** What the brush paints: a normalised disparity. */
  brushDisparity() {
    return { focus: this.plane.disparity, near: 1, far: 0 }[this.brush.paint];
  }

  #edit(change, kind = null, live = false) {
    this.hooks.edit(change, kind, live);
  }

  #lens(name, value, live) {
    const change = (edit) => ({ ...edit, lens: { ...edit.lens, [name]: value } });
    this.#edit(change, `lens.${name}`, live);
  }

  #focusGroup() {
    const { controls } = this;
    controls.focusMode = segments({
      label: "What is in focus",
      choices: [
        ["auto", "Subject", "Find the subject"],
        ["point", "Point", "Click on the photo"],
        ["near", "Near", "The nearest thing"],
        ["far", "Far", "The farthest thing"],
      ],
      onChange: (mode) =>
        this.#edit((edit) => ({
          ...edit,
          focus: { ...edit.focus, mode, at: mode === "point" ? [0.5, 0.5] : [] },
        })),
    });
    controls.histogram = depthHistogram(({ at, range }, live) => {
      this.#edit(
        (edit) => {
          let { focus } = edit;
          if (at !== undefined) focus = { ...focus, mode: "disparity", at: [at] };
          if (range !== undefined) focus = { ...focus, range };
          return { ...edit, focus };
        },
        "focus.histogram",
        live,
      );
    });
    controls.range = slider({
      label: "Sharp range",
      min: 0,
      max: 1,
      step: 0.01,
      usual: 0.1,
      show: percent,
      read: readPercent,
      onChange: (range, live) =>
        this.#edit((edit) => ({ ...edit, focus: { ...edit.focus, range } }), "focus.range", live),
    });
    controls.autoRange = toggle({
      label: "Keep the subject whole",
      title: "Choose the sharp range by what is in focus",
      onChange: (on) =>
        this.#edit((edit) => ({
          ...edit,
          focus: { ...edit.focus, range: on ? null : this.plane.range },
        })),
    });
    return group(
      "Focus",
      true,
      controls.focusMode.element,
      ...controls.histogram.elements,
      controls.range.element,
      controls.autoRange.element,
    );
  }

  #lensGroup() {
    const { controls } = this;
    const change = (value, live) => this.#lens("f_number", value, live);
    controls.dial = apertureDial(this.schema.stops, change);
    controls.foreground = slider({
      label: "Foreground blur",
      min: 0,
      max: 1,
      step: 0.01,
      usual: 1,
      show: percent,
      read: readPercent,
      onChange: (foreground, live) =>
        this.#edit((edit) => ({ ...edit, foreground }), "foreground", live),
    });
    return group("Aperture", true, controls.dial.element, controls.foreground.element);
  }

  #lensSlider(name, label, step, show, read) {
    const [min, max] = this.schema.ranges[name];
    const low = name === "rotation_deg" ? -90 : min;
    const high = name === "rotation_deg" ? 90 : max;
    this.controls[name] = slider({
      label,
      min: low,
      max: high,
      step,
      usual: this.schema.edit.lens[name],
      show,
      read,
      onChange: (value, live) => this.#lens(name, value, live),
    });
    return this.controls[name].element;
  }

  #bokehGroup() {
    const { controls } = this;
    controls.blades = slider({
      label: "Blades",
      min: ROUND,
      max: 16,
      step: 1,
      usual: ROUND,
      show: bladeText,
      read: readBlades,
      onChange: (value, live) => this.#lens("blades", value < 3 ? 0 : Math.round(value), live),
    });
    return group(
      "Bokeh",
      true,
      this.#lensSlider("highlights", "Highlights", 0.01, percent, readPercent),
      this.#lensSlider("highlight_threshold", "Highlight threshold", 0.01, percent, readPercent),
      controls.blades.element,
      this.#lensSlider("roundness", "Blade roundness", 0.01, percent, readPercent),
      this.#lensSlider("rotation_deg", "Rotation", 1, degrees),
      this.#lensSlider("cat_eye", "Cat-eye", 0.01, percent, readPercent),
      this.#lensSlider("squeeze", "Anamorphic", 0.01, (value) => `${value.toFixed(2)}×`),
      this.#lensSlider("ring", "Cream – bubbles", 0.01),
    );
  }

  #brushGroup() {
    const { controls, brush } = this;
    const paint = segments({
      label: "What to paint",
      choices: [
        ["focus", "In focus", "Bring to the focal plane"],
        ["near", "Nearer", "Bring to the front"],
        ["far", "Farther", "Push to the back"],
      ],
      onChange: (value) => {
        brush.paint = value;
        this.setBrush(true);
      },
    });
    paint.set(brush.paint);
    const radius = slider({
      label: "Size",
      min: 0.003,
      max: 0.15,
      step: 0.001,
      usual: 0.03,
      show: (value) => (100 * value).toFixed(1),
      read: readPercent,
      onChange: (value) => {
        brush.radius = value;
        this.hooks.brushChanged();
      },
    });
    radius.set(brush.radius);
    controls.brushRadius = radius;
    const hardness = slider({
      label: "Hardness",
      min: 0,
      max: 1,
      step: 0.01,
      usual: 0.6,
      show: percent,
      read: readPercent,
      onChange: (value) => {
        brush.hardness = value;
      },
    });
    hardness.set(brush.hardness);
    controls.strokes = element("p", { class: "note" });
    controls.clearStrokes = element("button", {
      class: "secondary",
      type: "button",
      text: "Remove all strokes",
      onclick: () => this.#edit((edit) => ({ ...edit, strokes: [] })),
    });
    controls.brushGroup = group(
      "Depth brush",
      false,
      paint.element,
      radius.element,
      hardness.element,
      controls.strokes,
      controls.clearStrokes,
    );
    return controls.brushGroup;
  }

  resizeBrush(factor) {
    const { brush } = this;
    brush.radius = Math.min(0.15, Math.max(0.003, brush.radius * factor));
    this.controls.brushRadius.set(brush.radius);
    this.hooks.brushChanged();
  }

  #depthGroup() {
    const { controls } = this;
    this.models = new ModelPicker(this.schema, {
      choose: (model) => this.#edit((edit) => ({ ...edit, model })),
      fetch: this.hooks.fetchModel,
    });
    controls.quality = segments({
      label: "Care taken over depth",
      choices: this.schema.qualities.map((name) => [name, name[0].toUpperCase() + name.slice(1)]),
      onChange: (quality) => this.#edit((edit) => ({ ...edit, quality })),
    });
    controls.matte = toggle({
      label: "Soft hair and edges",
      title: "Treat hair and soft edges as see-through",
      onChange: (matte) => this.#edit((edit) => ({ ...edit, matte })),
    });
    controls.invert = toggle({
      label: "Invert depth",
      title: "The map stores larger = farther",
      onChange: (invert) => this.#edit((edit) => ({ ...edit, invert })),
    });
    controls.method = segments({
      label: "Rendering",
      choices: [
        ["lens", "Lens", "What glass does"],
        ["mask", "Mask", "Threshold and box blur"],
      ],
      onChange: (method) => this.#edit((edit) => ({ ...edit, method })),
    });
    const mask = (name, value, live) =>
      this.#edit((edit) => ({ ...edit, mask: { ...edit.mask, [name]: value } }), name, live);
    controls.ksize = slider({
      label: "Box width",
      min: 1,
      max: 199,
      step: 2,
      usual: 21,
      onChange: (value, live) => mask("blur_ksize", Math.round(value), live),
    });
    controls.threshold = slider({
      label: "Threshold",
      min: 0,
      max: 1,
      step: 0.01,
      usual: 0.6,
      show: percent,
      read: readPercent,
      onChange: (share, live) => {
        const [low, high] = this.photo.scene.sourceRange;
        mask("depth_threshold", low + share * (high - low), live);
      },
    });
    controls.maskOnly = element(
      "div",
      { class: "group-body", hidden: true },
      controls.ksize.element,
      controls.threshold.element,
    );
    controls.maskOnly.style.padding = "0";
    return group(
      "Depth and rendering",
      false,
      ...this.models.elements,
      controls.quality.element,
      controls.matte.element,
      controls.invert.element,
      controls.method.element,
      controls.maskOnly,
    );
  }

}

const LENS_SLIDERS = [
  "highlights",
  "highlight_threshold",
  "roundness",
  "rotation_deg",
  "cat_eye",
  "squeeze",
  "ring",
];

// A round aperture has no blades to turn or to bend.
const BLADE_SLIDERS = ["roundness", "rotation_deg"];

/** Where in the range of the source's depth the mask begins, 0 to 1. */
export function maskThreshold(edit, scene) {
  const [low, high] = scene.sourceRange;
  const threshold = edit.mask.depth_threshold;
  return threshold === null ? 0.6 : (threshold - low) / Math.max(high - low, 1e-6);
}
