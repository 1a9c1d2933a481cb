// In which order the open photos stand.

/**
 * Of what is known of two photos, which comes first.
 *
 * @typedef {{name: string, added: number, edited: boolean}} Facts
 */
export const ORDERS = {
  /** @type {(a: Facts, b: Facts) => number} */
  opened: (a, b) => a.added - b.added,
  /** @type {(a: Facts, b: Facts) => number} */
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.added - b.added,
  /** @type {(a: Facts, b: Facts) => number} */
  edited: (a, b) => Number(b.edited) - Number(a.edited) || a.added - b.added,
};
