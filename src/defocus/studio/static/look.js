// A look: what of an edit suits other photos too.

/**
 * All but the place of focus, the strokes, and where depth comes from: those belong to one photo.
 *
 * @param {Edit} edit
 */
export function lookOf({ focus, strokes, model, quality, invert, ...choices }) {
  return structuredClone({ ...choices, range: focus.range });
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
  return { ...edit, ...choices, focus: { ...edit.focus, range } };
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
