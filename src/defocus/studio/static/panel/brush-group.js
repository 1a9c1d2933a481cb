// The depth brush: what it paints, how large, hard and strong it is; and what was painted so far.

import { element, group, icon, percent, readPercent, segments, slider, toggle } from "./controls.js";

const [SMALLEST, LARGEST] = [0.003, 0.15]; // radius as a share of the diagonal

/**
 * @param {any} brush see Panel
 * @param {object} hooks
 * @param {() => void} hooks.changed the brush has changed
 * @param {() => void} hooks.wanted something was chosen to paint with
 * @param {(strokes: Stroke[]) => void} hooks.keep these strokes and no others
 * @param {(stroke: Stroke|null) => void} hooks.pointAt a stroke of the list
 */
export function brushGroup(brush, hooks) {
  let before = brush.paint; // erasing
  const choose = (value) => {
    if (value === "erase" && brush.paint !== "erase") before = brush.paint;
    brush.paint = value;
    hooks.wanted();
    paint.set(value);
    note.textContent = notes[value];
  };
  const paint = segments({
    label: "What to paint",
    choices: [
      ["focus", "In focus", "Bring to the focal plane"],
      ["near", "Nearer", "Bring to the front"],
      ["far", "Farther", "Push to the back"],
      ["picked", "Picked", "Bring to the depth that an Alt-click took up"],
      ["erase", "Erase", "Take away what was painted (X)"],
    ],
    onChange: choose,
  });
  const notes = {
    focus: "Paint where the depth is wrong: it comes to the focal plane.",
    near: "What is painted comes to the front.",
    far: "What is painted goes to the back.",
    picked: "Alt-click takes up the depth of a place; what is painted gets it.",
    erase: "What was painted goes away again.",
  };
  const note = element("p", { class: "note", text: notes[brush.paint] });
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
  const share = (label, name, min, usual) => {
    const made = slider({
      label,
      min,
      max: 1,
      step: 0.01,
      usual,
      show: percent,
      read: readPercent,
      onChange: (value) => {
        brush[name] = value;
        hooks.changed();
      },
    });
    made.set(brush[name]);
    return made.element;
  };
  const choice = (label, name, title = "") => {
    const made = toggle({
      label,
      title,
      onChange: (on) => {
        brush[name] = on;
        made.set(on);
        hooks.changed();
      },
    });
    made.set(brush[name]);
    return made;
  };
  const edges = choice("Stop at edges", "edges", "Paint what has the colour under the middle (A)");
  const overlay = choice("Show what is painted", "overlay");
  const list = strokeList(hooks);
  const made = group(
    "Depth brush",
    false,
    paint.element,
    note,
    radius.element,
    share("Hardness", "hardness", 0, 0.6),
    share("Strength", "strength", 0.05, 1),
    edges.element,
    overlay.element,
    ...list.elements,
  );
  return {
    element: made,
    choose,
    toggleEdges() {
      brush.edges = !brush.edges;
      edges.set(brush.edges);
      hooks.changed();
    },
    toggleErase: () => choose(brush.paint === "erase" ? before : "erase"),
    unfold() {
      made.open = true;
    },
    resize(factor) {
      brush.radius = Math.min(LARGEST, Math.max(SMALLEST, brush.radius * factor));
      radius.set(brush.radius);
      hooks.changed();
    },
    show: list.show,
  };
}

// The strokes, the latest first: each can be looked for on the photo, and taken away.
function strokeList({ keep, pointAt }) {
  const items = element("ul", { class: "strokes", "aria-label": "Strokes" });
  const clear = element("button", {
    class: "secondary",
    type: "button",
    text: "Remove all strokes",
    onclick: () => keep([]),
  });
  let shown = [];
  let names = "";
  const item = (name, index) => {
    const point = () => pointAt(shown[index]);
    const remove = element(
      "button",
      {
        class: "icon",
        type: "button",
        "aria-label": `Remove stroke ${name}`,
        onclick: () => keep(shown.filter((_, other) => other !== index)),
        onfocus: point,
        onblur: () => pointAt(null),
      },
      icon("close"),
    );
    const leave = () => pointAt(null);
    return element("li", { onpointerenter: point, onpointerleave: leave }, name, remove);
  };
  clear.hidden = true;
  return {
    elements: [items, clear],
    show({ edit: { strokes } }) {
      shown = strokes;
      const all = strokes.map((stroke, index) => `${index + 1}. ${strokeText(stroke)}`);
      if (all.join() === names) return; // one of them grows
      names = all.join();
      pointAt(null);
      clear.hidden = strokes.length === 0;
      items.replaceChildren(...all.map(item).reverse());
    },
  };
}

/** What a stroke does, in a few words. */
export function strokeText({ disparity, strength = 1, edges = false }) {
  const what = disparity === null ? "Erased" : `To ${Math.round(100 * disparity)} % near`;
  const how = [strength < 1 ? `${percent(strength)} strong` : "", edges ? "to edges" : ""];
  return [what, ...how].filter((word) => word !== "").join(", ");
}
