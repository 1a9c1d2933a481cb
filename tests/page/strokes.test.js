// Strokes on a disparity map: however they come and go, the map is as if painted afresh.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PaintedMap } from "../../src/defocus/studio/static/strokes.js";

const [WIDTH, HEIGHT] = [90, 60];

// A small generator, so that a failure can be had again.
function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function plainMap(next) {
  const values = Float32Array.from({ length: WIDTH * HEIGHT }, next);
  return { values, width: WIDTH, height: HEIGHT };
}

function someStroke(next) {
  const count = 1 + Math.floor(4 * next());
  return {
    points: Array.from({ length: count }, () => [1.4 * next() - 0.2, 1.4 * next() - 0.2]),
    radius: 0.01 + 0.2 * next(),
    disparity: next() > 0.25 ? next() : null,
    hardness: next(),
    strength: next() > 0.5 ? 1 : next(),
  };
}

function painted(plain, strokes, part) {
  const map = new PaintedMap(plain, part);
  map.set(structuredClone(strokes));
  return map.map.values;
}

function assertNear(got, expected, within = 1e-5) {
  const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  assert.ok(worst <= within, `differs by ${worst}`);
}

test("a stroke's weight is 1 to its hardness and falls to 0 at its radius", () => {
  const plain = { values: new Float32Array(WIDTH * HEIGHT), width: WIDTH, height: HEIGHT };
  const radius = 10 / Math.hypot(WIDTH, HEIGHT);
  const stroke = { points: [[0.5, 0.5]], radius, disparity: 1, hardness: 0.5 };
  const values = painted(plain, [stroke]);
  const at = (dx) => values[30 * WIDTH + 45 + dx];
  assert.equal(at(0), 1);
  assert.ok(Math.abs(at(7) - (10 - Math.hypot(7.5, 0.5)) / 5) < 0.003);
  assert.equal(at(11), 0);
});

test("a stroke without a disparity takes away what was painted, one of half strength half of it", () => {
  const plain = { values: new Float32Array(WIDTH * HEIGHT).fill(0.2), width: WIDTH, height: HEIGHT };
  const stroke = (disparity, strength) => ({
    points: [[0.5, 0.5]],
    radius: 0.2,
    disparity,
    hardness: 1,
    strength,
  });
  const middle = (strokes) => painted(plain, strokes)[30 * WIDTH + 45];
  assert.ok(Math.abs(middle([stroke(1, 1)]) - 1) < 1e-6);
  assert.ok(Math.abs(middle([stroke(1, 0.5)]) - 0.6) < 1e-6);
  assert.ok(Math.abs(middle([stroke(1, 1), stroke(null, 1)]) - 0.2) < 1e-6);
  assert.ok(Math.abs(middle([stroke(1, 1), stroke(null, 0.5)]) - 0.6) < 1e-6);
});

test("any sequence of strokes is as if painted afresh, and only the told box has changed", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const next = random(seed);
    const plain = plainMap(next);
    const map = new PaintedMap(plain);
    const all = Array.from({ length: 6 }, () => someStroke(next));
    let shown = map.map.values.slice();
    for (let step = 0; step < 8; step++) {
      const strokes = all.filter(() => next() > 0.4);
      if (next() > 0.7) strokes.reverse();
      const box = map.set(strokes);
      assertNear(map.map.values, painted(plain, strokes));
      for (let i = 0; i < shown.length; i++) {
        if (map.map.values[i] === shown[i]) continue;
        const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
        assert.ok(box.left <= x && x < box.right && box.top <= y && y < box.bottom);
      }
      shown = map.map.values.slice();
    }
  }
});

test("a stroke that grows is the stroke that was drawn at once", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const next = random(seed);
    const plain = plainMap(next);
    const first = someStroke(next);
    const whole = { ...someStroke(next), points: Array.from({ length: 9 }, () => [next(), next()]) };
    const map = new PaintedMap(plain);
    map.set([first]);
    for (let count = 1; count <= 9; count++) {
      map.set([first, { ...whole, points: whole.points.slice(0, count) }]);
    }
    assertNear(map.map.values, painted(plain, [first, whole]), 0.003);
  }
});

test("without strokes the map is the plain one again, to the bit", () => {
  const next = random(3);
  const plain = plainMap(next);
  const before = plain.values.slice();
  const map = new PaintedMap(plain);
  map.set([someStroke(next), someStroke(next)]);
  map.set([]);
  assert.deepEqual(map.map.values, before);
  assert.deepEqual(plain.values, before);
});

test("a part of the picture is painted as that part of the whole", () => {
  const next = random(5);
  const plain = plainMap(next);
  const strokes = [someStroke(next), someStroke(next), someStroke(next)];
  const whole = painted(plain, strokes);
  const [left, top, width, height] = [30, 15, 45, 30];
  const cut = (values) =>
    Float32Array.from({ length: width * height }, (_, i) => {
      return values[(top + Math.floor(i / width)) * WIDTH + left + (i % width)];
    });
  const part = { x: left / WIDTH, y: top / HEIGHT, width: width / WIDTH, height: height / HEIGHT };
  assertNear(painted({ values: cut(plain.values), width, height }, strokes, part), cut(whole), 0.005);
});

// A picture of two colours that meet in the middle column.
function twoColours() {
  const data = new Uint8ClampedArray(4 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) data.fill(i % WIDTH < WIDTH / 2 ? 60 : 180, 4 * i, 4 * i + 4);
  return { data, width: WIDTH, height: HEIGHT };
}

const guideOf = (picture) => ({ whole: () => picture, here: () => picture });

test("a stroke that stops at edges paints what looks like what is under its middle", () => {
  const plain = { values: new Float32Array(WIDTH * HEIGHT), width: WIDTH, height: HEIGHT };
  const stroke = { points: [[0.45, 0.5]], radius: 0.2, disparity: 1, hardness: 1, edges: true };
  const values = (edges) => {
    const map = new PaintedMap(plain, undefined, guideOf(twoColours()));
    map.set([{ ...stroke, edges }]);
    return map.map.values;
  };
  const [left, right] = [30 * WIDTH + 35, 30 * WIDTH + 50];
  assert.deepEqual([values(false)[left], values(false)[right]], [1, 1]);
  assert.deepEqual([values(true)[left], values(true)[right]], [1, 0]);
  // The colour is taken anew along the way: drawn across the edge it paints both sides.
  const across = { ...stroke, points: [[0.3, 0.5], [0.45, 0.5], [0.6, 0.5], [0.75, 0.5]] };
  const map = new PaintedMap(plain, undefined, guideOf(twoColours()));
  map.set([across]);
  assert.equal(map.map.values[right], 1);
});

test("a stroke that stops at edges grows as it is painted in one go", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const next = random(seed);
    const plain = plainMap(next);
    const data = Uint8ClampedArray.from({ length: 4 * WIDTH * HEIGHT }, () => 80 * next());
    const guide = guideOf({ data, width: WIDTH, height: HEIGHT });
    const stroke = { ...someStroke(next), edges: true };
    for (let i = 0; i < 6; i++) stroke.points.push([next(), next()]);
    const growing = new PaintedMap(plain, undefined, guide);
    for (let count = 1; count <= stroke.points.length; count++) {
      growing.set([{ ...stroke, points: stroke.points.slice(0, count) }]);
    }
    const once = new PaintedMap(plain, undefined, guide);
    once.set([stroke]);
    assertNear(growing.map.values, once.map.values, 0.005);
  }
});
