// The server, as functions. Every failure is an Error whose message is meant for people.

const TAB_KEY = "defocus-tab";

/** This tab's name; it survives a reload. */
export const tab = (() => {
  const kept = sessionStorage.getItem(TAB_KEY);
  if (kept !== null) return kept;
  const made = crypto.randomUUID().replaceAll("-", "");
  sessionStorage.setItem(TAB_KEY, made);
  return made;
})();

async function call(method, path, { headers, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, { method, headers: { "x-tab": tab, ...headers }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The studio does not answer: is 'defocus studio' still running?");
  }
  if (response.ok) return response;
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error;
  } catch {
    // a plain text answer is the message
  }
  const error = new Error(message || `The studio answered ${response.status}.`);
  error.status = response.status;
  throw error;
}

const json = async (...request) => (await call(...request)).json();
const buffer = async (...request) => (await call(...request)).arrayBuffer();

export const about = () => json("GET", "/api/studio");
export const alive = () => call("POST", "/api/alive");
export const openOffered = (which) => json("POST", `/api/open/${which}`);
export const photoStatus = (id, seen) =>
  json("GET", `/api/photos/${id}?${new URLSearchParams({ seen })}`);
export const closePhoto = (id) => call("DELETE", `/api/photos/${id}`);
export const layerUrl = (id, layer) => `/api/photos/${id}/layers/${layer}`;
export const disparity = (id) => buffer("GET", layerUrl(id, "disparity"));
export const subject = (id) => buffer("GET", layerUrl(id, "subject"));

export const upload = (file) =>
  json("POST", "/api/photos", { body: file, headers: { "x-name": encodeURIComponent(file.name) } });

const withEdit = (edit) => ({
  body: JSON.stringify(edit),
  headers: { "content-type": "application/json" },
});
/** Keep an edit; with `keepalive` even if the page goes. */
export const putEdit = (id, edit, keepalive = false) =>
  json("PUT", `/api/photos/${id}/edit`, { ...withEdit(edit), keepalive });
export const commands = (id, edit) => json("POST", `/api/photos/${id}/commands`, withEdit(edit));
export const startExport = (id, edit, beside) =>
  json("POST", `/api/photos/${id}/exports?beside=${beside ? 1 : 0}`, withEdit(edit));
export const exportStatus = (id) => json("GET", `/api/exports/${id}`);
export const cancelExport = (id) => call("DELETE", `/api/exports/${id}`);
export const exportUrl = (id) => `/api/exports/${id}/file`;

export const fetchModel = (name) => json("POST", `/api/models/${name}`);
export const fetchStatus = (name) => json("GET", `/api/models/${name}`);
export const cancelFetch = (name) => call("DELETE", `/api/models/${name}`);

/** The preview as a bitmap of sRGB values, untouched by the browser's colour management. */
export async function picture(id) {
  const blob = await (await call("GET", layerUrl(id, "photo"))).blob();
  return createImageBitmap(blob, { colorSpaceConversion: "none" });
}

/** A part of the photo pixel for pixel. */
export async function region(id, part, signal) {
  return unpack(await call("GET", `/api/photos/${id}/region?${query(part)}`, { signal }));
}

/**
 * The photo with see-through edges for an edit.
 *
 * @param {string} id
 * @param {object} edit
 * @param {object|null} part in pixels of the photo, or null for the whole at preview size
 * @param {AbortSignal} signal
 * @returns null if nothing in focus has such edges
 */
export async function softEdges(id, edit, part, signal) {
  const where = part === null ? "" : `?${query(part)}`;
  const request = { ...withEdit(edit), signal };
  const response = await call("POST", `/api/photos/${id}/soft-edges${where}`, request);
  return response.status === 204 ? null : unpack(response);
}

const query = ({ x, y, width, height }) => new URLSearchParams({ x, y, width, height });

async function unpack(response) {
  const data = await response.arrayBuffer();
  const end = new Uint8Array(data).indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 0, end)));
  let at = end + 1;
  const take = (length) => data.slice(at, (at += length));
  const count = head.width * head.height;
  const blob = new Blob([take(head.photoBytes)], { type: "image/jpeg" });
  return {
    ...head,
    codes: take(2 * count),
    subject: head.hasSubject ? new Uint8Array(take(count)) : null,
    alpha: new Uint8Array(take(count)),
    bitmap: await createImageBitmap(blob, { colorSpaceConversion: "none" }),
  };
}

/** Tell the server that the tab closes; it answers nobody. */
export function leave() {
  navigator.sendBeacon(`/api/leave?tab=${tab}`);
}
