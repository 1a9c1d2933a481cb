// The history as a list.

import assert from "node:assert/strict";
import { test } from "node:test";
import { changeText } from "../../src/defocus/studio/static/changes.js";
import { History } from "../../src/defocus/studio/static/history.js";

const EDIT = {
  model: "auto",
  focus: { mode: "auto", at: [], range: null },
  lens: { f_number: 2, blades: 0, highlights: 0.3, ring: 0 },
  foreground: 1,
  strokes: [],
};
const stroke = { points: [[0, 0]], radius: 0.1, disparity: 1, hardness: 1 };
const withLens = (lens) => ({ ...EDIT, lens: { ...EDIT.lens, ...lens } });
const withFocus = (focus) => ({ ...EDIT, focus: { ...EDIT.focus, ...focus } });

test("each step is named by what it did", () => {
  const point = withFocus({ mode: "point", at: [0.1, 0.2] });
  const steps = [
    [null, EDIT, "Opened"],
    [EDIT, withLens({ f_number: 1.4 }), "f/1.4"],
    [EDIT, withLens({ blades: 6 }), "6 blades"],
    [withLens({ blades: 6 }), EDIT, "Round aperture"],
    [EDIT, withLens({ blades: 6, ring: 1 }), "Lens"],
    [EDIT, point, "Focus on a point"],
    [point, { ...point, focus: { ...point.focus, range: 0.3 } }, "Sharp range"],
    [EDIT, { ...EDIT, strokes: [stroke] }, "Brush stroke"],
    [{ ...EDIT, strokes: [stroke, stroke] }, EDIT, "All strokes removed"],
    [{ ...EDIT, strokes: [stroke, stroke] }, { ...EDIT, strokes: [stroke] }, "Stroke removed"],
    [EDIT, { ...EDIT, foreground: 0.5 }, "Foreground blur"],
    [EDIT, { ...withLens({ blades: 6 }), foreground: 0.5 }, "A look, or several things"],
    [EDIT, structuredClone(EDIT), "Nothing"],
  ];
  for (const [before, after, text] of steps) assert.equal(changeText(before, after), text);
});

test("one can jump to any step, back and on, and none is lost", () => {
  const history = new History();
  for (const edit of ["a", "b", "c", "d"]) history.record(edit);
  let now = history.undo("e");
  assert.deepEqual(history.steps(now), { edits: ["a", "b", "c", "d", "e"], at: 3 });
  for (const place of [0, 4, 2, 2, 1, 3]) {
    now = history.jump(now, place);
    assert.equal(now, "abcde"[place]);
    assert.deepEqual(history.steps(now), { edits: ["a", "b", "c", "d", "e"], at: place });
  }
});
