// Where the focal plane lies, and how much around it is sharp.

import { element, group, percent, readPercent, segments, slider, toggle } from "./controls.js";
import { depthHistogram } from "./histogram.js";

const NOTES = {
  auto: "On the subject that was found.",
  face: "On the main face.",
  eyes: "On the nearer eye of the main face.",
  all: "On every face of the subject.",
  point: "On the point that you chose.",
  rectangle: "On what the frame holds.",
  near: "On the nearest thing.",
  far: "On the farthest thing.",
  disparity: "On the depth that you chose below.",
};

const OF_FACES = { face: true, eyes: true, all: true };
const NO_FACE = "No face was found, so it is as with Subject: click on the photo instead.";

/** @param {MakeChange} edit */
export function focusGroup(edit) {
  let plane = { range: 0.1 };
  const focus = (change, ...how) =>
    edit((now) => ({ ...now, focus: { ...now.focus, ...change } }), ...how);
  const mode = segments({
    label: "What is in focus",
    choices: [
      ["auto", "Subject", "Find the subject"],
      ["point", "Point", "Click on the photo"],
      ["near", "Near", "The nearest thing"],
      ["far", "Far", "The farthest thing"],
    ],
    onChange: (name) => focus({ mode: name, at: name === "point" ? [0.5, 0.5] : [] }),
  });
  const faces = segments({
    label: "Which faces are in focus",
    choices: [
      ["face", "Face", "The main face"],
      ["eyes", "Eyes", "The nearer eye of the main face"],
      ["all", "All faces", "Every face of the subject"],
    ],
    onChange: (name) => focus({ mode: name, at: [] }),
  });
  const note = element("p", { class: "note" });
  const histogram = depthHistogram(({ at, range }, live) => {
    const change = {};
    if (at !== undefined) Object.assign(change, { mode: "disparity", at: [at] });
    if (range !== undefined) change.range = range;
    focus(change, "focus.histogram", live);
  });
  const range = slider({
    label: "Sharp range",
    min: 0,
    max: 1,
    step: 0.01,
    usual: 0.1,
    show: percent,
    read: readPercent,
    onChange: (value, live) => focus({ range: value }, "focus.range", live),
  });
  const whole = toggle({
    label: "Keep the subject whole",
    title: "Choose the sharp range by what is in focus",
    onChange: (on) => focus({ range: on ? null : plane.range }),
  });
  return {
    element: group(
      "Focus",
      true,
      mode.element,
      faces.element,
      note,
      ...histogram.elements,
      range.element,
      whole.element,
    ),
    show({ edit: { focus: now }, scene }, shown) {
      plane = shown;
      mode.set(now.mode);
      faces.set(now.mode);
      const noFace = now.mode in OF_FACES && scene.faces.length === 0;
      note.textContent = noFace ? NO_FACE : NOTES[now.mode];
      histogram.set(scene.histogram, plane);
      range.set(plane.range);
      whole.set(now.range === null);
    },
  };
}
