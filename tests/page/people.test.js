// People as targets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { depthOf, faceAt, focusOn, heldBy } from "../../src/defocus/studio/static/people.js";

const [WIDTH, HEIGHT] = [200, 100];
const ADA = { x: 0.1, y: 0.1, width: 0.1, height: 0.15 };
const BEA = { x: 0.45, y: 0.1, width: 0.1, height: 0.15 };
const CID = { x: 0.8, y: 0.1, width: 0.1, height: 0.15 };
const FACES = [ADA, BEA, CID];

// Three people before a wall at 0.1: at 0.8, 0.5 and 0.45, each with a belly a little nearer.
function scene() {
  const values = new Float32Array(WIDTH * HEIGHT).fill(0.1);
  const subject = new Uint8Array(WIDTH * HEIGHT);
  FACES.forEach((face, person) => {
    const at = [0.8, 0.5, 0.45][person];
    for (let row = 8; row < HEIGHT; row++) {
      for (let x = face.x * WIDTH - 5; x < (face.x + face.width) * WIDTH + 5; x++) {
        const index = row * WIDTH + Math.round(x);
        values[index] = row > 50 ? at + 0.04 : at;
        subject[index] = 255;
      }
    }
  });
  return { map: { values, width: WIDTH, height: HEIGHT }, subject };
}

const about = (got, expected, within = 0.005) =>
  assert.ok(Math.abs(got - expected) <= within, `${got} is not ${expected}`);

const planeOf = ({ mode, at, range }, face) => ({
  disparity: mode === "rectangle" ? face : at[0],
  range,
  holdsSubject: false,
});

test("a face is found under a place, the smaller one where two are", () => {
  assert.equal(faceAt(FACES, { x: 0.5, y: 0.2 }), 1);
  assert.equal(faceAt(FACES, { x: 0.5, y: 0.6 }), -1);
  assert.equal(faceAt([...FACES, { x: 0.4, y: 0, width: 0.3, height: 0.5 }], { x: 0.5, y: 0.2 }), 1);
});

test("a person reaches as far as the body does, not to the wall or to the next", () => {
  const { map, subject } = scene();
  const { at, low, high } = depthOf(map, subject, BEA);
  about(at, 0.5);
  about(low, 0.5);
  about(high, 0.54);
  about(depthOf(map, null, BEA).low, 0.5); // without a subject, too
});

test("one is held alone, by the face; the others are not", () => {
  const { map, subject } = scene();
  const focus = focusOn(map, subject, [ADA]);
  assert.equal(focus.mode, "rectangle");
  assert.deepEqual(focus.at, [0.1, 0.1, 0.2, 0.25]);
  assert.deepEqual(heldBy(map, FACES, planeOf(focus, 0.8)), [0]);
});

test("several are held from the farthest to the nearest", () => {
  const { map, subject } = scene();
  const two = focusOn(map, subject, [BEA, CID]);
  about(two.at[0], 0.495);
  about(two.range, 0.09);
  assert.deepEqual(heldBy(map, FACES, planeOf(two)), [1, 2]);
  assert.deepEqual(heldBy(map, FACES, planeOf(focusOn(map, subject, FACES))), [0, 1, 2]);
});

test("who holds the subject holds all of them", () => {
  const { map } = scene();
  const plane = { disparity: 0.1, range: 0.05, holdsSubject: true };
  assert.deepEqual(heldBy(map, FACES, plane), [0, 1, 2]);
});
