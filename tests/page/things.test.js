// Things as targets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { depthOfThing, focusOnBoth, focusOnThing, thingAt } from "../../src/defocus/studio/static/things.js";

const [WIDTH, HEIGHT] = [40, 30];

// A thing in columns 10 to 19 and rows 5 to 24, whose depth goes from 0.6 to 0.8, before 0.1.
function scene() {
  const labels = new Uint8Array(WIDTH * HEIGHT);
  const values = new Float32Array(WIDTH * HEIGHT).fill(0.1);
  for (let y = 5; y < 25; y++) {
    for (let x = 10; x < 20; x++) {
      labels[y * WIDTH + x] = 3;
      values[y * WIDTH + x] = 0.6 + (0.2 * (y - 5)) / 19;
    }
  }
  return { map: { values, width: WIDTH, height: HEIGHT }, things: { labels, width: WIDTH, height: HEIGHT } };
}

test("a place is on a thing or on none", () => {
  const { things } = scene();
  assert.equal(thingAt(things, { x: 0.3, y: 0.5 }), 3);
  assert.equal(thingAt(things, { x: 0.8, y: 0.5 }), 0);
  assert.equal(thingAt(things, { x: 1.2, y: 0.5 }), 0);
  assert.equal(thingAt(null, { x: 0.3, y: 0.5 }), 0);
});

test("all of a thing lies in the band, and the place that was clicked in the frame", () => {
  const { map, things } = scene();
  const place = { x: 0.3, y: 0.25 };
  const { mode, at, range } = focusOnThing(map, things, 3, place);
  const [left, top, right, bottom] = at;
  assert.equal(mode, "rectangle");
  assert.ok(left <= place.x && place.x <= right && top <= place.y && place.y <= bottom);
  const { low, high } = depthOfThing(map, things, 3);
  assert.ok(Math.abs(low - 0.62) < 0.03 && Math.abs(high - 0.78) < 0.03);
  assert.ok(range >= high - low && range < 0.25);
});

test("a thing is held beside what is in focus already", () => {
  const { map, things } = scene();
  const { mode, at, range } = focusOnBoth(map, things, 3, { disparity: 0.2, range: 0.1 });
  assert.equal(mode, "disparity");
  assert.ok(at[0] - range / 2 <= 0.151 && at[0] + range / 2 >= 0.77);
});

test("what is one cell wide has no depth of its own", () => {
  const labels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 5; y < 25; y++) labels[y * WIDTH + 7] = 1;
  const { map } = scene();
  const things = { labels, width: WIDTH, height: HEIGHT };
  assert.equal(focusOnThing(map, things, 1, { x: 0.18, y: 0.5 }), null);
  assert.equal(focusOnBoth(map, things, 1, { disparity: 0.5, range: 0.1 }), null);
});
