// What the brush has painted, as colours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { strokeText } from "../../src/defocus/studio/static/panel/brush-group.js";
import { tint } from "../../src/defocus/studio/static/stroke-overlay.js";

test("only what was moved is tinted: warm where nearer, cool where farther, stronger where more", () => {
  const map = (...values) => ({ values: Float32Array.from(values), width: 4, height: 2 });
  const plain = map(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5);
  const moved = map(0.5, 0.6, 0.4, 0.5, 0.5, 0.9, 0.501, 0.5);
  const pixels = new Uint8ClampedArray(4 * 4);
  tint(pixels, { map: moved, plain }, { left: 1, top: 0, right: 3, bottom: 2 });
  const [near, far, nearer, none] = [0, 4, 8, 12].map((at) => pixels.slice(at, at + 4));
  assert.ok(near[0] > near[2] && far[2] > far[0]);
  assert.ok(nearer[3] > near[3] && near[3] > 60);
  assert.equal(none[3], 0);
});

test("a stroke is named by what it does", () => {
  assert.equal(strokeText({ disparity: 0.25 }), "To 25 % near");
  assert.equal(strokeText({ disparity: null, strength: 0.5 }), "Erased, 50 % strong");
});
