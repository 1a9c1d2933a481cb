import assert from "node:assert/strict";
import { test } from "node:test";

import { Finished } from "../../src/defocus/studio/static/finished.js";

/** A server that answers when it is told to. */
function slowServer() {
  const asked = [];
  const ask = (signal) =>
    new Promise((give, fail) => {
      asked.push({ signal, give, fail });
      signal.addEventListener("abort", () => fail(new Error("aborted")));
    });
  return { asked, ask };
}

const picture = () => {
  const made = { closed: false, close: () => { made.closed = true; } };
  return made;
};
const soon = () => new Promise((resume) => setImmediate(resume));

test("it is asked for once and held for what it was asked for", async () => {
  const { asked, ask } = slowServer();
  let told = 0;
  const finished = new Finished(() => { told += 1; });
  finished.seek("a", ask);
  finished.seek("a", ask);
  assert.equal(asked.length, 1);
  assert.ok(finished.pending);
  assert.equal(finished.of("a"), null);
  const image = picture();
  asked[0].give(image);
  await soon();
  assert.equal(told, 1);
  assert.ok(!finished.pending);
  assert.equal(finished.of("a"), image);
  assert.equal(finished.of("b"), null);
  finished.keepFor("a");
  assert.equal(finished.of("a"), image);
});

test("a change takes the question back, and what comes all the same is not shown", async () => {
  const { asked, ask } = slowServer();
  let told = 0;
  const finished = new Finished(() => { told += 1; });
  finished.seek("a", ask);
  finished.keepFor("b");
  assert.ok(asked[0].signal.aborted);
  assert.ok(!finished.pending);
  finished.seek("b", ask);
  await soon();
  assert.equal(told, 0);
  assert.ok(finished.pending);
  asked[1].give(picture());
  await soon();
  assert.equal(told, 1);
  assert.equal(finished.of("a"), null);

  const late = picture();
  finished.seek("c", () => new Promise((give) => setImmediate(() => give(late))));
  finished.drop();
  await soon();
  await soon();
  assert.ok(late.closed);
  assert.equal(finished.of("c"), null);
});

test("what the server cannot give is lacking, until something changes", async () => {
  const finished = new Finished(() => {});
  for (const ask of [() => Promise.resolve(null), () => Promise.reject(new Error("no answer"))]) {
    finished.seek("a", ask);
    await soon();
    assert.ok(finished.lacks("a"));
    assert.ok(!finished.lacks("b"));
    finished.drop();
    assert.ok(!finished.lacks("a"));
  }
});

test("a picture that is held no more frees its memory", async () => {
  const finished = new Finished(() => {});
  const image = picture();
  finished.seek("a", () => Promise.resolve(image));
  await soon();
  finished.keepFor("b");
  assert.ok(image.closed);
});
