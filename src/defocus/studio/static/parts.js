// Parts of a photo: rectangles in its pixels.

/** Whether one part holds another. */
export function contains(outer, inner) {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.width >= inner.x + inner.width &&
    outer.y + outer.height >= inner.y + inner.height
  );
}

/** A part with a margin all around. */
export const grow = ({ x, y, width, height }, by) => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
});

/** The part within the photo, around the same middle, no side longer than `longest`. */
export function clip(part, width, height, longest) {
  const side = (start, length, whole) => {
    const kept = Math.min(length, longest, whole);
    const from = Math.round(start + (length - kept) / 2);
    return [Math.min(Math.max(0, from), whole - Math.floor(kept)), Math.floor(kept)];
  };
  const [x, w] = side(part.x, part.width, width);
  const [y, h] = side(part.y, part.height, height);
  return { x, y, width: w, height: h };
}
