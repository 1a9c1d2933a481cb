// Several photos in one export.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PRESETS, presetOf } from "../../src/defocus/studio/static/export-presets.js";
import { leftText, Round } from "../../src/defocus/studio/static/export-round.js";

// A server that has this to say, one look after the other; the clock goes on by a second each time.
function serverOf(looks) {
  const stopped = [];
  let at = 0;
  const look = async () => looks[Math.min(at, looks.length - 1)];
  const ask = { begin: look, look, stop: async (id) => stopped.push(id), wait: async () => void at++ };
  return { ask, stopped, now: () => 1000 * at };
}

const one = (name, state, error = null) => ({ id: `id-${name}`, name, state, error, savedAs: null });
const shoot = (state, ...exports) => {
  const ended = exports.filter((each) => each.state !== "working").length;
  return { id: "shoot", state, error: null, ended, fraction: ended / exports.length, exports };
};
const quiet = { progress: () => {}, made: () => {} };

test("each result is told once, as soon as it is there, and one that fails stops no other", async () => {
  const { ask, now } = serverOf([
    shoot("working", one("a", "working"), one("b", "working"), one("c", "working")),
    shoot("working", one("a", "working"), one("b", "failed", "no room"), one("c", "ready")),
    shoot("working", one("a", "working"), one("b", "failed", "no room"), one("c", "ready")),
    shoot("ready", one("a", "ready"), one("b", "failed", "no room"), one("c", "ready")),
  ]);
  const made = [];
  const round = new Round(ask, { ...quiet, made: ({ name }) => made.push(name) });
  const { done, faults } = await round.run(now);
  assert.deepEqual(made, ["c", "a"]);
  assert.deepEqual(done.map(({ name }) => name), ["a", "c"]);
  assert.deepEqual(faults, [{ index: 1, error: "no room" }]);
});

test("the progress of all tells the time that is left once one has ended", async () => {
  const { ask, now } = serverOf([
    shoot("working", one("a", "working"), one("b", "working")),
    shoot("working", one("a", "ready"), one("b", "working")),
    shoot("ready", one("a", "ready"), one("b", "ready")),
  ]);
  const seen = [];
  await new Round(ask, { ...quiet, progress: (progress) => seen.push(progress) }).run(now);
  assert.deepEqual(seen, [
    { share: 0, ended: 0, count: 2, leftMs: null },
    { share: 0.5, ended: 1, count: 2, leftMs: 1000 },
    { share: 1, ended: 2, count: 2, leftMs: null },
  ]);
});

test("a cancellation stops the server and nothing more is told", async () => {
  const { ask, stopped, now } = serverOf([shoot("working", one("a", "working")), shoot("ready", one("a", "ready"))]);
  const made = [];
  const round = new Round(ask, { progress: () => round.cancel(), made: ({ name }) => made.push(name) });
  assert.deepEqual(await round.run(now), { done: [], faults: [] });
  assert.deepEqual(stopped, ["shoot"]);
  assert.deepEqual(made, []);
});

test("one that is cancelled while it begins is stopped once it has", async () => {
  const { ask, stopped, now } = serverOf([shoot("working", one("a", "working"))]);
  const round = new Round(ask, quiet);
  const running = round.run(now);
  round.cancel();
  await running;
  assert.deepEqual(stopped, ["shoot"]);
});

test("what the server cannot begin at all is a fault of all", async () => {
  const lost = { ...shoot("failed", one("a", "failed")), error: "no workers" };
  await assert.rejects(new Round(serverOf([lost]).ask, quiet).run(), /no workers/);
});

test("a time is told roughly", () => {
  assert.equal(leftText(null), "");
  assert.equal(leftText(20_000), "less than a minute left");
  assert.equal(leftText(61_000), "about 1 minute left");
  assert.equal(leftText(200_000), "about 3 minutes left");
});

test("a preset is known by what it asks for", () => {
  for (const [name, { output, size }] of Object.entries(PRESETS)) {
    assert.equal(presetOf({ ...output }, size), name);
  }
  assert.equal(presetOf({ format: "webp", quality: 80 }, null), null);
});
