// A look: what of an edit suits other photos too.

/**
 * All but the place of focus, the strokes, and where depth comes from: those belong to one photo.
 *
 * @param {Edit} edit
 */
export function lookOf({ lens, foreground, matte, method, mask, output, focus }) {
  return structuredClone({ lens, foreground, matte, method, mask, output, range: focus.range });
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
