// Looks: what goes from one photo to another.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lookOf, withLook } from "../../src/defocus/studio/static/look.js";

const EDIT = {
  model: "auto",
  quality: "default",
  invert: false,
  focus: { mode: "auto", at: [], range: null },
  lens: { f_number: 2, blades: 0 },
  amount: 1,
  by_distance: true,
  foreground: 1,
  matte: true,
  method: "lens",
  mask: { blur_ksize: 21, depth_threshold: null },
  strokes: [],
  output: { format: null, quality: null, embed_disparity: false },
};
const FROM = {
  ...EDIT,
  model: "builtin",
  invert: true,
  focus: { mode: "point", at: [0.2, 0.3], range: 0.2 },
  lens: { f_number: 1.2, blades: 6 },
  amount: 0.7,
  by_distance: false,
  foreground: 0.4,
  strokes: [{ points: [[0, 0]], radius: 0.1, disparity: 1, hardness: 1 }],
};

test("lens, amount, foreground and range go along; place, strokes and depth stay", () => {
  const own = { ...EDIT, focus: { mode: "point", at: [0.8, 0.1], range: null } };
  assert.deepEqual(withLook(own, lookOf(FROM)), {
    ...own,
    lens: FROM.lens,
    amount: 0.7,
    by_distance: false,
    foreground: 0.4,
    focus: { mode: "point", at: [0.8, 0.1], range: 0.2 },
  });
});

test("a look is a copy: later changes of either photo are its own", () => {
  const look = lookOf(FROM);
  const after = withLook(EDIT, look);
  look.lens.f_number = 9;
  after.lens.blades = 3;
  assert.deepEqual(FROM.lens, { f_number: 1.2, blades: 6 });
  assert.equal(after.lens.f_number, 1.2);
});

test("the range of a person whom a click holds stays with that photo", () => {
  const person = { ...FROM, focus: { mode: "rectangle", at: [0.1, 0.1, 0.2, 0.3], range: 0.3 } };
  assert.deepEqual(withLook(EDIT, lookOf(person)).focus, EDIT.focus);
  assert.deepEqual(withLook(EDIT, lookOf(person)).lens, FROM.lens);
  for (const mode of ["rectangle", "disparity"]) {
    const own = { ...EDIT, focus: { mode, at: [0.4], range: 0.1 } };
    assert.deepEqual(withLook(own, lookOf(FROM)).focus, own.focus);
    assert.equal(withLook(own, lookOf(FROM)).lens.f_number, 1.2);
  }
});
