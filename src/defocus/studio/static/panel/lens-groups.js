// The lens: its aperture, and the look of what it throws out of focus.

import { apertureDial } from "./dial.js";
import { bokehShapes } from "./bokeh-shapes.js";
import { element, group, percent, readPercent, slider } from "./controls.js";

const degrees = (value) => `${Math.round(value)}°`;
const bladeText = (value) => (value < 3 ? "Round" : String(value));
const readBlades = (text) => (/^r/i.test(text) ? 0 : Number.parseInt(text, 10));

// A blade slider runs over 2 to 16; two blades make no aperture, so 2 stands for round.
const ROUND = 2;

/**
 * @param {Schema} schema of the server
 * @param {MakeChange} edit
 */
export function apertureGroup(schema, edit) {
  const dial = apertureDial(schema.stops, (value, live) => setLens(edit, "f_number", value, live));
  const amount = slider({
    label: "Amount of blur",
    min: 0,
    max: 4,
    step: 0.01,
    usual: 1,
    show: percent,
    read: readPercent,
    onChange: (value, live) => edit((now) => ({ ...now, amount: value }), "amount", live),
  });
  const foreground = slider({
    label: "Foreground blur",
    min: 0,
    max: 1,
    step: 0.01,
    usual: 1,
    show: percent,
    read: readPercent,
    onChange: (value, live) => edit((now) => ({ ...now, foreground: value }), "foreground", live),
  });
  return {
    element: group("Aperture", true, dial.element, amount.element, foreground.element),
    step: dial.step,
    show({ edit: now }) {
      dial.set(now.lens.f_number, now.lens);
      amount.set(now.amount);
      foreground.set(now.foreground);
    },
  };
}

/** See `apertureGroup`. */
export function bokehGroup(schema, edit) {
  const sliders = {};
  const lensSlider = (name, label, step, show, read, ends = schema.ranges[name]) => {
    sliders[name] = slider({
      label,
      min: ends[0],
      max: ends[1],
      step,
      usual: schema.edit.lens[name],
      show,
      read,
      onChange: (value, live) => setLens(edit, name, value, live),
    });
    return sliders[name].element;
  };
  const blades = slider({
    label: "Blades",
    min: ROUND,
    max: 16,
    step: 1,
    usual: ROUND,
    show: bladeText,
    read: readBlades,
    onChange: (value, live) => setLens(edit, "blades", value < 3 ? 0 : Math.round(value), live),
  });
  const shapes = bokehShapes((lens) => edit((now) => ({ ...now, lens: { ...now.lens, ...lens } })));
  const highlights = lensSlider("highlights", "Highlights", 0.01, percent, readPercent);
  const tuning = element(
    "div",
    { class: "subgroup" },
    lensSlider("highlight_threshold", "Highlight threshold", 0.01, percent, readPercent),
    blades.element,
    lensSlider("roundness", "Blade roundness", 0.01, percent, readPercent),
    lensSlider("rotation_deg", "Rotation", 1, degrees, undefined, [-90, 90]),
    lensSlider("cat_eye", "Cat-eye", 0.01, percent, readPercent),
    lensSlider("squeeze", "Anamorphic", 0.01, (value) => `${value.toFixed(2)}×`),
    lensSlider("ring", "Cream – bubbles", 0.01),
  );
  const fine = element("details", { class: "fine-tune" }, element("summary", { text: "Fine-tune" }), tuning);
  return {
    element: group("Bokeh", true, shapes.element, highlights, fine),
    show({ edit: { lens } }) {
      shapes.show(lens);
      blades.set(lens.blades === 0 ? ROUND : lens.blades);
      for (const [name, { set }] of Object.entries(sliders)) set(lens[name]);
      // A round aperture has no blades to turn or to bend.
      for (const name of ["roundness", "rotation_deg"]) {
        sliders[name].element.hidden = lens.blades === 0;
      }
    },
  };
}

function setLens(edit, name, value, live) {
  edit((now) => ({ ...now, lens: { ...now.lens, [name]: value } }), `lens.${name}`, live);
}
