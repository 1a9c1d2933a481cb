// The records that the page and the server exchange, for `tsc --checkJs`. The server's own checks
// are in src/defocus/edit/record.py and src/defocus/studio/schema.py.

interface Lens {
  f_number: number;
  highlights: number;
  highlight_threshold: number;
  blades: number;
  rotation_deg: number;
  roundness: number;
  cat_eye: number;
  squeeze: number;
  ring: number;
}

interface Focus {
  mode: "auto" | "face" | "eyes" | "all" | "point" | "rectangle" | "near" | "far" | "disparity";
  at: number[];
  range: number | null;
}

interface Stroke {
  points: number[][];
  radius: number;
  /** null takes away what was painted before. */
  disparity: number | null;
  hardness: number;
  strength?: number;
  /** It stops at edges of the photo. */
  edges?: boolean;
}

interface Edit {
  model: string;
  quality: string;
  invert: boolean;
  focus: Focus;
  lens: Lens;
  amount: number;
  by_distance: boolean;
  foreground: number;
  matte: boolean;
  method: string;
  mask: { blur_ksize: number; depth_threshold: number | null };
  strokes: Stroke[];
  output: { format: string | null; quality: number | null; embed_disparity: boolean };
}

/** A change of an edit. */
type Change = (edit: Edit) => Edit;
/** Makes it: as one step with others of its kind; `live` while a drag goes on. */
type MakeChange = (change: Change, kind?: string | null, live?: boolean) => void;

/** Where the focal plane lies; `holdsSubject` is a share while it moves. */
interface Plane {
  disparity: number;
  range: number;
  holdsSubject?: boolean | number;
}

interface DisparityMap {
  values: Float32Array;
  width: number;
  height: number;
}

/** In pixels of a photo, or in fractions of it; `across`: how many pixels wide it is asked for. */
interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
  across?: number;
}

interface Model {
  name: string;
  about: string;
  ready: boolean;
  bytes?: number;
  licence?: string;
}

interface Schema {
  edit: Edit;
  ranges: Record<string, number[]>;
  stops: number[];
  qualities: string[];
  formats: string[];
  formatOf: Record<string, string | null>;
  embeds: string[];
  suffixes: string[];
  models: Model[];
  looks: { name: string; title: string; about: string; edit: Record<string, any> }[];
  offline: boolean;
  lastExport: {
    output: Edit["output"];
    recipe: { long_side_px: number | null; name: string };
    beside: boolean;
  } | null;
  offered: string[];
  photos: Status[];
}

/** How far a photo is on the server. */
interface Status {
  id: string;
  name: string;
  savesBeside: boolean;
  which: string | null;
  /** 1 is the photo, others are virtual copies. */
  copy: number;
  state: "working" | "ready" | "failed" | "cancelled";
  stage: string;
  fraction: number;
  error: string | null;
  stamp: string;
  size: { width: number; height: number } | null;
  depths: number;
  /** Whether the latest picture is no draft. */
  best: boolean;
  scene: any;
  edit?: Edit & { defocus_edit?: number };
  versions?: { name: string; edit: Edit & { defocus_edit?: number } }[];
}

interface Window {
  studio: any;
}

/** A failure of a request: the status, or that nobody answered. */
interface Error {
  status?: number;
  unanswered?: boolean;
}
