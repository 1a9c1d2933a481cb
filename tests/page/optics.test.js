// Focal planes and gains; that they agree with the library's, the browser tests say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RADIUS_PER_DIAGONAL, MIN_FOCUS_RANGE } from "../../src/defocus/studio/static/constants.js";
import { aperturePath, aperturePoints } from "../../src/defocus/studio/static/lens/aperture.js";
import {
  gainPx,
  planeAt,
  planeIn,
  sceneGainPx,
  thinLensGainPx,
} from "../../src/defocus/studio/static/optics.js";

const columns = (width, height, valueAt) => ({
  values: Float32Array.from({ length: width * height }, (_, i) => valueAt(i % width)),
  width,
  height,
});
const LENS = { blades: 0, rotation_deg: 0, roundness: 0, squeeze: 1, ring: 0 };

test("blur goes with the diagonal and the aperture", () => {
  assert.equal(gainPx(300, 400, 1), RADIUS_PER_DIAGONAL * 500);
  assert.equal(gainPx(300, 400, 4), gainPx(300, 400, 1) / 4);
});

test("a thin lens blurs more when it is longer, opened wider, or focused nearer", () => {
  const gain = (focal, at, fNumber) =>
    thinLensGainPx({ low: 0.1, perUnit: 1 }, focal, 4000, { disparity: at }, fNumber);
  assert.ok(gain(85, 0.5, 2) > gain(50, 0.5, 2));
  assert.ok(gain(85, 0.5, 1.4) > gain(85, 0.5, 2));
  // Focused at f, a lens throws infinity out by f²/(N·(z − f)): more for a smaller z.
  assert.ok(gain(85, 0.9, 2) * 1.0 > gain(85, 0.2, 2));
});

test("a point focuses on the median around it, and holds the subject that it is on", () => {
  const map = columns(100, 80, (x) => (x < 50 ? 0.9 : 0.2));
  map.values[40 * 100 + 80] = 1; // one wrong value
  const subject = new Uint8Array(8000).map((_, i) => (i % 100 < 50 ? 255 : 0));
  const near = planeAt(map, subject, 0.2, 0.5, 0.25);
  assert.ok(Math.abs(near.disparity - 0.9) < 1e-6);
  assert.deepEqual([near.range, near.holdsSubject], [0.25, true]);
  const far = planeAt(map, subject, 0.9, 0.5, 0.25);
  assert.deepEqual([far.range, far.holdsSubject], [MIN_FOCUS_RANGE, false]);
  assert.ok(planeAt(map, null, 1, 1, 0.25).disparity > 0); // the last pixel, not beyond
});

test("a frame is sharp for what most of it holds", () => {
  const map = columns(100, 80, (x) => x / 100);
  const plane = planeIn(map, null, [0.2, 0.2, 0.4, 0.6], 0.25);
  assert.ok(Math.abs(plane.disparity - 0.3) < 0.02);
  assert.ok(plane.range > MIN_FOCUS_RANGE && plane.range < 0.2);
});

for (const lens of [
  LENS,
  { ...LENS, blades: 6, rotation_deg: 20 },
  { ...LENS, blades: 5, roundness: 0.5, squeeze: 0.7 },
  { ...LENS, ring: 0.8 },
  { ...LENS, ring: -0.8 },
]) {
  test(`points of an aperture carry all of its light: ${JSON.stringify(lens)}`, () => {
    const points = aperturePoints(lens, 256);
    let light = 0;
    let [x, y] = [0, 0];
    for (let i = 0; i < points.length; i += 4) {
      light += points[i + 3] / 256;
      x += (points[i] * points[i + 3]) / 256;
      y += (points[i + 1] * points[i + 3]) / 256;
    }
    assert.ok(Math.abs(light - 1) < 1e-3);
    assert.ok(Math.hypot(x, y) < 0.05); // and around its middle
    assert.match(aperturePath(lens), /^M[-.\d ]+(L[-.\d ]+)+Z$/);
  });
}

test("blur goes with the amount, and by distance with how near the photo was taken", () => {
  const relative = { width: 300, height: 400, focal35mm: null, closeness: 0.25 };
  const unit = { low: 0, perUnit: 1 };
  const usual = { amount: 1, by_distance: true, lens: { f_number: 2 } };
  const gain = (changes, scene = relative) => {
    const edit = /** @type {any} */ ({ ...usual, ...changes });
    return sceneGainPx({ ...scene, unit }, edit, { disparity: 0.5, range: 0 });
  };
  assert.equal(gain({}), gainPx(300, 400, 2) / 4);
  assert.equal(gain({ amount: 2 }), gainPx(300, 400, 2) / 2);
  assert.equal(gain({ by_distance: false }), gainPx(300, 400, 2));
  const metric = { ...relative, focal35mm: 26 }; // distances are known
  assert.equal(gain({}, metric), gain({ by_distance: false }, metric));
  assert.equal(gain({ amount: 0.5 }, metric), gain({}, metric) / 2);
});
