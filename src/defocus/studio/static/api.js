// The server, as functions. Every failure is an Error whose message is meant for people.

import { link } from "./link.js";

const PAGE_KEY = "defocus-page";
const SILENCE = "The studio does not answer. Is ‘defocus studio’ still running?";

/** This page's name: of this one life of it, so that no two share one. */
export const page = crypto.randomUUID().replaceAll("-", "");

// The page before this one in the tab: before a reload, or in the tab that this one is a copy of.
const before = sessionStorage.getItem(PAGE_KEY);
sessionStorage.setItem(PAGE_KEY, page);

/**
 * @param {string} method
 * @param {string} path
 * @param {RequestInit} options of fetch
 */
async function call(method, path, { headers, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, { method, headers: { "x-page": page, ...headers }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    link.lost(SILENCE);
    throw Object.assign(new Error(SILENCE), { unanswered: true });
  }
  if (response.ok) {
    link.found();
    return response;
  }
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error;
  } catch {
    // a plain text answer is the message
  }
  const error = new Error(message || `The studio answered ${response.status}.`);
  error.status = response.status;
  if (response.status === 403) {
    error.unanswered = true; // by the one that this page belongs to
    link.lost(message);
  } else link.found();
  throw error;
}

/** Do what asks the studio, again whenever it did not answer and does again. */
export async function patiently(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!error.unanswered) throw error;
      await link.up();
    }
  }
}

/** @param {Parameters<typeof call>} request */
const json = async (...request) => (await call(...request)).json();
/** @param {Parameters<typeof call>} request */
const buffer = async (...request) => (await call(...request)).arrayBuffer();
/**
 * What the latest picture of the photo has none of is no fault: null.
 *
 * @param {Parameters<typeof call>} request
 */
const perhaps = async (...request) => {
  const response = await call(...request);
  return response.status === 204 ? null : response.arrayBuffer();
};

const navigation = /** @type {PerformanceNavigationTiming|undefined} */ (
  performance.getEntriesByType("navigation")[0]
);
const reloaded = navigation?.type === "reload";
const follows = before === null ? "" : `?${new URLSearchParams({ before, reloaded: reloaded ? "1" : "0" })}`;

export const about = () => json("GET", `/api/studio${follows}`);
export const alive = () => call("POST", "/api/alive");
export const openOffered = (which) => json("POST", `/api/open/${which}`);
export const photoStatus = (id, seen) =>
  json("GET", `/api/photos/${id}?${new URLSearchParams({ seen })}`);
/** The photo may be looked at soon. */
export const expectPhoto = (id) => json("GET", `/api/photos/${id}?next`);
export const closePhoto = (id) => call("DELETE", `/api/photos/${id}`);
export const layerUrl = (id, layer) => `/api/photos/${id}/layers/${layer}`;
export const disparity = (id) => buffer("GET", layerUrl(id, "disparity"));
export const lamps = (id) => perhaps("GET", layerUrl(id, "lamps"));
export const things = (id) => perhaps("GET", layerUrl(id, "things"));
export const subject = (id) => perhaps("GET", layerUrl(id, "subject"));

export const upload = (file) =>
  json("POST", "/api/photos", { body: file, headers: { "x-name": encodeURIComponent(file.name) } });

const withEdit = (edit) => ({
  body: JSON.stringify(edit),
  headers: { "content-type": "application/json" },
});
/** Keep an edit; with `keepalive` even if the page goes. */
export const putEdit = (id, edit, keepalive = false) =>
  json("PUT", `/api/photos/${id}/edit`, { ...withEdit(edit), keepalive });
/** Keep named versions of an edit: these and no others. */
export const putVersions = (id, versions) => call("PUT", `/api/photos/${id}/versions`, withEdit(versions));
/** A virtual copy of a photo, which begins with this edit. */
export const copyPhoto = (id, edit) => json("POST", `/api/photos/${id}/copies`, withEdit(edit));
/** The edit that a file's text holds, checked by the server. */
export const readEdit = async (id, text) => {
  const { edit } = await json("POST", `/api/photos/${id}/commands`, { body: text });
  const { defocus_edit: _, ...choices } = JSON.parse(edit);
  return choices;
};
export const commands = (id, edit) => json("POST", `/api/photos/${id}/commands`, withEdit(edit));
/** @param {{beside: boolean, size: number|null, name: string, number: number}} how */
export const startExport = (id, edit, how) => {
  const { beside, size, name, number } = how;
  const query = { beside: beside ? "1" : "0", size: String(size ?? ""), name, number: String(number) };
  return json("POST", `/api/photos/${id}/exports?${new URLSearchParams(query)}`, withEdit(edit));
};
/** Several photos in one go. @param {{id: string, edit: Edit}[]} orders */
export const startShoot = (orders, { beside, size, name }) => {
  const query = { beside: beside ? "1" : "0", size: String(size ?? ""), name };
  return json("POST", `/api/shoots?${new URLSearchParams(query)}`, withEdit(orders));
};
export const shootStatus = (id) => json("GET", `/api/shoots/${id}`);
export const cancelShoot = (id) => call("DELETE", `/api/shoots/${id}`);
export const exportStatus = (id) => json("GET", `/api/exports/${id}`);
export const cancelExport = (id) => call("DELETE", `/api/exports/${id}`);
export const exportUrl = (id) => `/api/exports/${id}/file`;

/** News of the photos' way back to the program that sent them, a line each, while both are there. */
export const handOverNews = async () => (await call("GET", "/api/hand-over")).body;
/** @param {string[]} ids of the photos that are saved over their files; none gives all up */
export const handOver = (ids) =>
  json("POST", "/api/hand-over", { body: JSON.stringify(ids), headers: { "content-type": "application/json" } });

export const fetchModel = (name) => json("POST", `/api/models/${name}`);
export const fetchStatus = (name) => json("GET", `/api/models/${name}`);
export const cancelFetch = (name) => call("DELETE", `/api/models/${name}`);

/** The preview as a bitmap of sRGB values, untouched by the browser's colour management. */
export async function picture(id) {
  const blob = await (await call("GET", layerUrl(id, "photo"))).blob();
  return createImageBitmap(blob, { colorSpaceConversion: "none" });
}

/** A part of the photo pixel for pixel, or with fewer, so that it is `across` wide. */
export async function region(id, part, signal) {
  return unpack(await call("GET", `/api/photos/${id}/region?${query(part)}`, { signal }));
}

/**
 * The photo with see-through edges for an edit.
 *
 * @param {string} id
 * @param {Edit} edit
 * @param {Part|null} part in pixels of the photo, or null for the whole at preview size
 * @param {AbortSignal} signal
 * @returns null if nothing in focus has such edges
 */
export async function softEdges(id, edit, part, signal) {
  const where = part === null ? "" : `?${query(part)}`;
  const request = { ...withEdit(edit), signal };
  const response = await call("POST", `/api/photos/${id}/soft-edges${where}`, request);
  return response.status === 204 ? null : unpack(response);
}

/**
 * What an export of an edit would show.
 *
 * @param {string} id
 * @param {Edit} edit
 * @param {Part|null} part in pixels of the photo, or null for the whole at preview size
 * @param {AbortSignal} signal
 * @returns {Promise<ImageBitmap|null>} null if the server would need too long for it
 */
export async function portrait(id, edit, part, signal) {
  const where = part === null ? "" : `?${query(part)}`;
  const response = await call("POST", `/api/photos/${id}/portrait${where}`, { ...withEdit(edit), signal });
  if (response.status === 204) return null;
  return createImageBitmap(await response.blob(), { colorSpaceConversion: "none" });
}

/** @param {Part} part */
function query({ x, y, width, height, across = 0 }) {
  const numbers = Object.entries({ x, y, width, height, across });
  return new URLSearchParams(numbers.map(([name, value]) => [name, String(value)]));
}

async function unpack(response) {
  const data = await response.arrayBuffer();
  const end = new Uint8Array(data).indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 0, end)));
  let at = end + 1;
  const take = (length) => {
    at += length;
    return data.slice(at - length, at);
  };
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

/** Tell the server that the page goes; it answers nobody. */
export function leave() {
  navigator.sendBeacon(`/api/leave?page=${page}`);
}
