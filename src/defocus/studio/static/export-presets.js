// Kinds of results that are often wanted: format, quality and size in one.

/**
 * @typedef {{output: {format: string|null, quality: number|null}, size: number|null}} Preset
 * @type {Record<string, {text: string, about: string} & Preset>}
 */
export const PRESETS = {
  same: {
    text: "Like the photo",
    about: "Its own format, quality and size",
    output: { format: null, quality: null },
    size: null,
  },
  web: {
    text: "Web",
    about: "JPEG, 2048 pixels, quality 85",
    output: { format: "jpeg", quality: 85 },
    size: 2048,
  },
  print: {
    text: "Print",
    about: "JPEG, all pixels, quality 96",
    output: { format: "jpeg", quality: 96 },
    size: null,
  },
  edit: {
    text: "Edit on",
    about: "TIFF, all pixels, nothing lost",
    output: { format: "tiff", quality: null },
    size: null,
  },
};

export const SIZES = [null, 4096, 2560, 2048, 1080];

/** The preset that asks for just this; null if none does. */
export function presetOf({ format, quality }, size) {
  const same = (preset) =>
    preset.output.format === format && preset.output.quality === quality && preset.size === size;
  return Object.keys(PRESETS).find((name) => same(PRESETS[name])) ?? null;
}
