// Blocks: what a block is taken for is never less than what its pixels need.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK_PX, Blocks } from "../../src/defocus/studio/static/lens/blocks.js";

const KINDS = ["still", "behind", "both", "kept", "gone", "meeting"];
const PARAMS = { plane: { disparity: 0.5, range: 0.1, holdsSubject: 0 }, gain: 20, foreground: 1 };

const map = (width, height, valueAt) => ({
  values: Float32Array.from({ length: width * height }, (_, i) =>
    valueAt(i % width, Math.floor(i / width)),
  ),
  width,
  height,
});

// Which kinds hold a block.
function kindsAt(sorted, column, row) {
  return KINDS.filter((kind) => {
    const runs = sorted[kind];
    for (let i = 0; i < runs.length; i += 4) {
      const [left, top, right, bottom] = runs.slice(i, i + 4);
      if (left <= column && column < right && top <= row && row < bottom) return true;
    }
    return false;
  });
}

test("each block is gathered in one way and shown in one way", () => {
  const sorted = new Blocks(
    map(200, 100, (x, y) => 0.5 + 0.5 * Math.sin(x / 30) * Math.cos(y / 20)),
    null,
  ).sort(PARAMS, 2);
  for (let row = 0; row < Math.ceil(100 / BLOCK_PX); row++) {
    for (let column = 0; column < Math.ceil(200 / BLOCK_PX); column++) {
      const kinds = kindsAt(sorted, column, row);
      assert.equal(kinds.filter((kind) => KINDS.indexOf(kind) < 3).length, 1);
      assert.equal(kinds.filter((kind) => KINDS.indexOf(kind) >= 3).length, 1);
    }
  }
});

test("all in focus is the photo; all far away is blur; a near thing reaches its neighbours", () => {
  const sharp = new Blocks(map(160, 160, () => 0.5), null).sort(PARAMS, 1);
  assert.deepEqual(kindsAt(sharp, 4, 4), ["still", "kept"]);
  const far = new Blocks(map(160, 160, () => 0), null).sort(PARAMS, 1);
  assert.deepEqual(kindsAt(far, 4, 4), ["behind", "gone"]);
  const near = new Blocks(map(320, 320, (x) => (x < 160 ? 0.5 : 1)), null).sort(PARAMS, 1);
  assert.deepEqual(kindsAt(near, 9, 4), ["both", "meeting"]); // covered from its right
  assert.deepEqual(kindsAt(near, 1, 4), ["still", "kept"]);
});

test("a subject that is held stays the photo's own", () => {
  const subject = new Uint8Array(160 * 160).fill(255);
  const held = { ...PARAMS, plane: { ...PARAMS.plane, holdsSubject: 1 } };
  const sorted = new Blocks(map(160, 160, () => 1), subject).sort(held, 1);
  assert.deepEqual(kindsAt(sorted, 4, 4), ["still", "kept"]);
});

test("a change within a box is as if all were measured again", () => {
  const changing = map(200, 120, (x) => x / 200);
  const blocks = new Blocks(changing, null);
  for (let y = 31; y < 70; y++) {
    for (let x = 47; x < 81; x++) changing.values[y * 200 + x] = 0.9 - x / 400;
  }
  blocks.update(changing.values, { left: 47, top: 31, right: 81, bottom: 70 });
  assert.deepEqual(blocks.sort(PARAMS, 2), new Blocks(changing, null).sort(PARAMS, 2));
});

test("with lights only what their blur may reach is gathered, and a block less of it shown", () => {
  const far = new Blocks(map(640, 160, () => 0), null);
  const lights = new Uint8Array(40 * 10);
  lights[5 * 40 + 20] = 1; // blurred by 9 pixels: 14 with what squeezed apertures reach
  const sorted = far.sort(PARAMS, 1, lights);
  const gathered = (column, row) => kindsAt(sorted, column, row).includes("behind");
  const shown = (column, row) => kindsAt(sorted, column, row).includes("gone");
  assert.deepEqual([20, 18, 17, 16].map((column) => gathered(column, 5)), [true, true, true, false]);
  assert.deepEqual([20, 18, 17].map((column) => shown(column, 5)), [true, true, false]);
  assert.deepEqual([gathered(20, 8), gathered(20, 9)], [true, false]);
  assert.deepEqual(kindsAt(far.sort(PARAMS, 1, new Uint8Array(400)), 20, 5), []);
});
