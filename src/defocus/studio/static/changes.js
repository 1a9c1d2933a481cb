// What a step of the history did, in a few words.

const LENS = {
  f_number: ({ f_number }) => `f/${Number(f_number.toFixed(2))}`,
  highlights: ({ highlights }) => `Highlights ${Math.round(100 * highlights)} %`,
  highlight_threshold: () => "Highlight threshold",
  blades: ({ blades }) => (blades === 0 ? "Round aperture" : `${blades} blades`),
  roundness: () => "Blade roundness",
  rotation_deg: () => "Rotation",
  cat_eye: () => "Cat-eye",
  squeeze: () => "Anamorphic",
  ring: () => "Cream – bubbles",
};

const FOCUS = {
  auto: "Focus on the subject",
  face: "Focus on the face",
  eyes: "Focus on the eyes",
  all: "Focus on all faces",
  point: "Focus on a point",
  rectangle: "Focus on a part",
  near: "Focus near",
  far: "Focus far",
  disparity: "Focus distance",
};

const OTHERS = {
  foreground: "Foreground blur",
  amount: "Amount of blur",
  by_distance: "Blur by distance",
  grain: "Grain",
  matte: "Soft edges",
  matte_model: "Soft edges",
  method: "Rendering",
  mask: "Rendering",
  model: "Depth model",
  quality: "Care",
  invert: "Depth turned over",
  output: "Output",
};

/**
 * @param {Edit|null} before null for the first
 * @param {Edit} after
 */
export function changeText(before, after) {
  if (before === null) return "Opened";
  const changed = Object.keys(after).filter((key) => differ(before[key], after[key]));
  if (changed.length === 0) return "Nothing";
  if (changed.length > 1) return "A look, or several things";
  const [key] = changed;
  if (key === "strokes") return strokesText(before.strokes.length, after.strokes.length);
  if (key === "focus") return focusText(before.focus, after.focus);
  if (key === "lens") return lensText(before.lens, after.lens);
  return OTHERS[key] ?? key;
}

function strokesText(before, after) {
  if (after > before) return after - before === 1 ? "Brush stroke" : "Brush strokes";
  return after === 0 && before > 1 ? "All strokes removed" : "Stroke removed";
}

function focusText(before, after) {
  const moved = before.mode !== after.mode || differ(before.at, after.at);
  return moved ? FOCUS[after.mode] : "Sharp range";
}

function lensText(before, after) {
  const changed = Object.keys(after).filter((key) => before[key] !== after[key]);
  return changed.length === 1 ? LENS[changed[0]](after) : "Lens";
}

const differ = (a, b) => a !== b && JSON.stringify(a) !== JSON.stringify(b);
