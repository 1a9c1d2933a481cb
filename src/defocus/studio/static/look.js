// A look: what of an edit suits other photos too.

// In these modes the range is that of whom or what a click or a frame holds.
const HOLDING = ["rectangle", "disparity"];

/** @param {Focus} focus */
const holds = ({ mode }) => HOLDING.includes(mode);

/**
 * All but the place of focus, the strokes, and where depth comes from: those belong to one photo.
 *
 * @param {Edit} edit
 */
export function lookOf({ focus, strokes, model, quality, invert, ...choices }) {
  return structuredClone({ ...choices, range: holds(focus) ? undefined : focus.range });
}

/**
 * An edit with a look: it keeps its own focus, its own subject at first.
 *
 * @param {Edit} edit
 * @param {ReturnType<typeof lookOf>} look
 * @returns {Edit}
 */
export function withLook(edit, look) {
  const { range, ...choices } = structuredClone(look);
  const kept = range === undefined || holds(edit.focus);
  return { ...edit, ...choices, focus: { ...edit.focus, range: kept ? edit.focus.range : range } };
}

/**
 * An edit with a named look of the server's, which holds only what it sets.
 *
 * @param {Edit} edit
 * @param {Record<string, any>} part of an edit
 * @returns {Edit}
 */
export function mergeLook(edit, part) {
  const merged = structuredClone(edit);
  for (const [name, value] of Object.entries(structuredClone(part))) {
    const record = typeof value === "object" && value !== null;
    merged[name] = record ? { ...merged[name], ...value } : value;
  }
  return merged;
}
