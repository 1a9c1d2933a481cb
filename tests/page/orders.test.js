// The strip's orders, and the shapes and small maps of the shelves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sampled } from "../../src/defocus/studio/static/maps.js";
import { ORDERS } from "../../src/defocus/studio/static/orders.js";
import { SHAPES, shapeOf } from "../../src/defocus/studio/static/panel/bokeh-shapes.js";

test("photos stand as they were opened, by name as people count, or those with an edit first", () => {
  const photos = [
    { name: "10.jpg", added: 0, edited: false },
    { name: "2.jpg", added: 1, edited: true },
    { name: "1.jpg", added: 2, edited: false },
    { name: "2.jpg", added: 3, edited: true },
  ];
  const order = (name) => [...photos].reverse().sort(ORDERS[name]).map(({ added }) => added);
  assert.deepEqual(order("opened"), [0, 1, 2, 3]);
  assert.deepEqual(order("name"), [2, 1, 3, 0]);
  assert.deepEqual(order("edited"), [1, 3, 0, 2]);
});

test("a lens has the shape that was chosen, and none once it is tuned", () => {
  const lens = { f_number: 2, highlights: 0.3, highlight_threshold: 0.92 };
  for (const { name, lens: part } of SHAPES) assert.equal(shapeOf({ ...lens, ...part }), name);
  assert.equal(shapeOf({ ...lens, ...SHAPES[2].lens, roundness: 0.1 }), null);
});

test("a small map has values of the large one, none between", () => {
  const values = Float32Array.from({ length: 9 * 6 }, (_, i) => Math.floor((i % 9) / 3));
  assert.deepEqual([...sampled(values, { width: 9, height: 6 }, 3, 2)], [0, 1, 2, 0, 1, 2]);
  assert.ok(sampled(new Uint8Array(54), { width: 9, height: 6 }, 3, 2) instanceof Uint8Array);
});
