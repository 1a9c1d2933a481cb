// Where depth comes from, and the method that blurs by it.

import { MASK_THRESHOLD } from "../constants.js";
import { element, group, percent, readPercent, segments, slider, toggle } from "./controls.js";
import { ModelPicker } from "./model-picker.js";

/**
 * @param {Schema} schema of the server
 * @param {MakeChange} edit
 * @param {{fault: (error: Error) => void}} hooks a model could not be fetched
 */
export function depthGroup(schema, edit, hooks) {
  let range = [0, 1]; // of the depth's source
  const set = (name) => (value) => edit((now) => ({ ...now, [name]: value }));
  const mask = (name, value, live) =>
    edit((now) => ({ ...now, mask: { ...now.mask, [name]: value } }), name, live);
  const models = new ModelPicker(schema, { choose: set("model"), fault: hooks.fault });
  const quality = segments({
    label: "Care",
    shown: true,
    choices: schema.qualities.map((name) => [name, name[0].toUpperCase() + name.slice(1)]),
    onChange: set("quality"),
  });
  const matte = toggle({
    label: "Soft hair and edges",
    title: "Treat hair and soft edges as see-through",
    onChange: set("matte"),
  });
  const invert = toggle({
    label: "Invert depth",
    title: "The map stores larger = farther",
    onChange: set("invert"),
  });
  const method = segments({
    label: "Rendering",
    shown: true,
    choices: [
      ["lens", "Lens", "What glass does"],
      ["mask", "Mask", "Threshold and box blur"],
    ],
    onChange: set("method"),
  });
  const boxWidth = slider({
    label: "Box width",
    min: 1,
    max: 199,
    step: 2,
    usual: 21,
    onChange: (value, live) => mask("blur_ksize", Math.round(value), live),
  });
  const threshold = slider({
    label: "Threshold",
    min: 0,
    max: 1,
    step: 0.01,
    usual: MASK_THRESHOLD,
    show: percent,
    read: readPercent,
    onChange: (share, live) =>
      mask("depth_threshold", range[0] + share * (range[1] - range[0]), live),
  });
  const maskOnly = element(
    "div",
    { class: "subgroup", hidden: true },
    boxWidth.element,
    threshold.element,
  );
  return {
    element: group(
      "Depth and rendering",
      false,
      ...models.elements,
      quality.element,
      matte.element,
      invert.element,
      method.element,
      maskOnly,
    ),
    show({ edit: now, scene }) {
      range = scene.sourceRange;
      models.show(now.model, scene.source);
      quality.set(now.quality);
      matte.set(now.matte);
      invert.set(now.invert);
      method.set(now.method);
      boxWidth.set(now.mask.blur_ksize);
      threshold.set(maskThreshold(now, scene));
      maskOnly.hidden = now.method !== "mask";
    },
  };
}

/** Where in the range of the source's depth the mask begins, 0 to 1. */
export function maskThreshold(edit, scene) {
  const [low, high] = scene.sourceRange;
  const threshold = edit.mask.depth_threshold;
  return threshold === null ? MASK_THRESHOLD : (threshold - low) / Math.max(high - low, 1e-6);
}
