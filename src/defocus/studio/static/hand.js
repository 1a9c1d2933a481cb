// Whether a button or finger is down: as long as it is, the server is left alone.

let held = false;
const waiting = new Set();

for (const name of ["pointerdown", "pointerup", "pointercancel", "blur"]) {
  window.addEventListener(
    name,
    () => {
      held = name === "pointerdown";
      if (held) return;
      const calls = [...waiting];
      waiting.clear();
      for (const call of calls) call();
    },
    { capture: true },
  );
}

export const isHeld = () => held;

/** Call this once nothing is held any more: now, or as soon as it is let go. */
export function whenFree(call) {
  if (held) waiting.add(call);
  else call();
}

/** Resolves once nothing is held any more. */
export const free = () => new Promise(whenFree);
