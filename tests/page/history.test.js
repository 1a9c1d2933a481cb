// The steps of an edit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../src/defocus/studio/static/history.js";

const edit = (foreground, strokes = []) => ({ foreground, strokes });

test("changes of one kind in a row are undone as one", () => {
  const history = new History();
  history.record(edit(1), "drag");
  history.record(edit(2), "drag");
  history.settle();
  history.record(edit(3), "drag");
  assert.deepEqual(history.undo(edit(4)), edit(3));
  assert.deepEqual(history.undo(edit(3)), edit(1));
  assert.equal(history.undo(edit(1)), null);
  assert.deepEqual(history.redo(edit(1)), edit(3));
  assert.deepEqual(history.redo(edit(3)), edit(4));
  assert.equal(history.canRedo, false);
});

test("a change after undo forgets what was undone", () => {
  const history = new History();
  history.record(edit(1));
  history.undo(edit(2));
  assert.equal(history.canRedo, true);
  history.record(edit(1));
  assert.equal(history.canRedo, false);
});

test("a rewind forgets what came after its mark, and only that", () => {
  const history = new History();
  history.record(edit(1));
  history.undo(edit(2));
  const mark = history.mark();
  history.record(edit(1));
  history.record(edit(5));
  history.rewind(mark);
  assert.equal(history.canUndo, false);
  assert.deepEqual(history.redo(edit(1)), edit(2));
});

test("what is packed comes back, each stroke once", () => {
  const strokes = [{ points: [[0.1, 0.2]] }, { points: [[0.3, 0.4]] }];
  const history = new History();
  for (const count of [0, 1, 2, 1, 2]) history.record(edit(count, strokes.slice(0, count)));
  const text = history.pack();
  assert.equal(text.split("points").length - 1, 2);
  const again = History.unpack(text);
  for (const count of [2, 1, 2, 1, 0]) {
    assert.deepEqual(again.undo(edit(9)), edit(count, strokes.slice(0, count)));
  }
  assert.equal(again.canUndo, false);
  assert.equal(History.unpack(null).canUndo, false);
});
