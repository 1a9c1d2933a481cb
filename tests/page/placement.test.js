// Where the photo lies in its viewport.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clip, contains, grow } from "../../src/defocus/studio/static/parts.js";
import { Placement } from "../../src/defocus/studio/static/placement.js";

function placed(size, room) {
  const placement = new Placement();
  placement.take(size, room);
  return placement;
}

const SIZE = { width: 4000, height: 3000 };
const ROOM = { width: 1000, height: 700 };

test("at first all of the photo is in sight, in the middle", () => {
  const placement = placed(SIZE, ROOM);
  assert.equal(placement.fitted, true);
  assert.deepEqual(placement.visible, { x: 0, y: 0, ...SIZE });
  const middle = placement.place01({ x: 500, y: 350 });
  assert.deepEqual([middle.x, middle.y], [0.5, 0.5]);
});

test("zooming keeps the point under the hand", () => {
  const placement = placed(SIZE, ROOM);
  const at = { x: 300, y: 400 };
  const before = placement.place01(at);
  placement.zoomTo(1, at);
  const after = placement.place01(at);
  assert.ok(Math.hypot(after.x - before.x, after.y - before.y) < 1e-9);
  assert.equal(placement.fitted, false);
});

test("no photo can be pushed out of sight, nor be made smaller than to fit", () => {
  const placement = placed(SIZE, ROOM);
  placement.zoomTo(2);
  for (const [x, y] of [[1e6, 1e6], [-1e6, 1e6], [-1e6, -1e6]]) {
    placement.panBy(x, y);
    const { width, height } = placement.visible;
    assert.ok(width > 100 && height > 100);
  }
  placement.zoomTo(0.001);
  assert.equal(placement.fitted, true);
});

test("the next photo is placed as the last one was", () => {
  const placement = placed(SIZE, ROOM);
  placement.zoomTo(0.8, { x: 100, y: 100 });
  const { scale, offset } = placement;
  placement.take({ ...SIZE }, ROOM);
  assert.equal(placement.scale, scale);
  assert.ok(Math.hypot(placement.offset.x - offset.x, placement.offset.y - offset.y) < 1e-6);
  const middle = placement.place01({ x: 500, y: 350 });
  placement.take({ width: 3000, height: 4000 }, ROOM);
  const turned = placement.place01({ x: 500, y: 350 });
  assert.ok(Math.hypot(turned.x - middle.x, turned.y - middle.y) < 1e-9);
});

test("a part grows and stays within its photo", () => {
  const part = clip(grow({ x: 10, y: 2900, width: 500, height: 90 }, 300), 4000, 3000, 2400);
  assert.ok(part.x >= 0 && part.y + part.height <= 3000);
  assert.ok(contains(part, { x: 10, y: 2900, width: 500, height: 90 }));
  const large = clip({ x: 0, y: 0, width: 4000, height: 3000 }, 4000, 3000, 2400);
  assert.deepEqual([large.width, large.height], [2400, 2400]);
});
