// Several photos in one export.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PRESETS, presetOf } from "../../src/defocus/studio/static/export-presets.js";
import { leftText, Round } from "../../src/defocus/studio/static/export-round.js";

test("two are exported at a time, in order, each with its number", async () => {
  let now = 0;
  let most = 0;
  const begun = [];
  const work = async (photo, number) => {
    begun.push([photo, number]);
    most = Math.max(most, ++now);
    await new Promise((resume) => setTimeout(resume, photo === "b" ? 8 : 1));
    now--;
    return photo.toUpperCase();
  };
  const { done, faults } = await new Round([..."abcde"], work, () => {}).run();
  assert.equal(most, 2);
  assert.deepEqual(begun, [..."abcde"].map((photo, index) => [photo, index + 1]));
  assert.deepEqual(done, [..."ABCDE"]);
  assert.deepEqual(faults, []);
});

test("one that fails stops no other and is told", async () => {
  const work = async (photo) => {
    if (photo === "b") throw new Error("no room");
    return photo;
  };
  const { done, faults } = await new Round([..."abc"], work, () => {}).run();
  assert.deepEqual(done, ["a", "c"]);
  assert.deepEqual(
    faults.map(({ photo, error }) => [photo, error.message]),
    [["b", "no room"]],
  );
});

test("after a cancellation none is begun", async () => {
  const begun = [];
  const round = new Round(
    [..."abcdef"],
    async (photo) => {
      begun.push(photo);
      round.cancel();
    },
    () => {},
  );
  await round.run();
  assert.deepEqual(begun, ["a"]);
});

test("the progress of all never falls, ends at 1, and tells the time that is left", async () => {
  let clock = 0;
  const seen = [];
  const work = async (_, __, report) => {
    for (const fraction of [0, 0.5]) {
      clock += 1000;
      report("render", fraction);
      await null;
    }
  };
  await new Round([..."abcd"], work, (progress) => seen.push(progress)).run(() => clock);
  const shares = seen.map(({ share }) => share);
  assert.deepEqual(shares, [...shares].sort((a, b) => a - b));
  assert.equal(shares.at(-1), 1);
  assert.equal(seen.at(-1).ended, 4);
  assert.equal(seen[0].leftMs, null);
  const half = seen.find(({ ended, share }) => ended === 2 && share === 0.5);
  assert.equal(half.leftMs, clock / 2);
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
