// The depth brush: what it paints, and how large and hard it is.

import { element, group, percent, readPercent, segments, slider } from "./controls.js";

const [SMALLEST, LARGEST] = [0.003, 0.15]; // radius as a share of the diagonal

/**
 * @param {{active: boolean, paint: string, radius: number, hardness: number}} brush
 * @param {object} hooks
 * @param {() => void} hooks.changed the brush has changed
 * @param {() => void} hooks.wanted something was chosen to paint with
 * @param {() => void} hooks.clear remove all strokes
 */
export function brushGroup(brush, hooks) {
  const paint = segments({
    label: "What to paint",
    choices: [
      ["focus", "In focus", "Bring to the focal plane"],
      ["near", "Nearer", "Bring to the front"],
      ["far", "Farther", "Push to the back"],
    ],
    onChange: (value) => {
      brush.paint = value;
      hooks.wanted();
    },
  });
  paint.set(brush.paint);
  const radius = slider({
    label: "Size",
    min: SMALLEST,
    max: LARGEST,
    step: 0.001,
    usual: 0.03,
    show: (value) => (100 * value).toFixed(1),
    read: readPercent,
    onChange: (value) => {
      brush.radius = value;
      hooks.changed();
    },
  });
  radius.set(brush.radius);
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
  const note = element("p", { class: "note" });
  const clear = element("button", {
    class: "secondary",
    type: "button",
    text: "Remove all strokes",
    onclick: hooks.clear,
  });
  const made = group(
    "Depth brush",
    false,
    paint.element,
    radius.element,
    hardness.element,
    note,
    clear,
  );
  return {
    element: made,
    unfold() {
      made.open = true;
    },
    resize(factor) {
      brush.radius = Math.min(LARGEST, Math.max(SMALLEST, brush.radius * factor));
      radius.set(brush.radius);
      hooks.changed();
    },
    show({ edit: { strokes } }) {
      const count = strokes.length;
      note.textContent =
        count === 0 ? "Paint where the depth is wrong." : `${count} stroke${count === 1 ? "" : "s"}.`;
      clear.disabled = count === 0;
    },
  };
}
