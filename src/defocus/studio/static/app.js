// The page: puts photos, panel, preview and keys together.

import { Album } from "./album.js";
import * as api from "./api.js";
import { element } from "./panel/controls.js";
import { takeFiles } from "./drops.js";
import { ExportDialog, stageText } from "./export-dialog.js";
import { fillHelp, handleKey } from "./keys.js";
import { UnsupportedError } from "./lens/renderer.js";
import { link } from "./link.js";
import { lookOf, withLook } from "./look.js";
import { Panel } from "./panel/panel.js";
import { Preview } from "./preview.js";
import { showToast } from "./toasts.js";
import { ViewTools } from "./view-tools.js";
import { Viewport } from "./viewport.js";

const ALIVE_MS = 60_000;
const DOUBLE_CLICK_MS = 600;

/** @returns {any} of whatever kind the page's markup says */
const at = (id) => document.getElementById(id);
const PHOTO_TOOLS = ["reset", "brush", "depth", "peaking", "compare", "split", "zoom", "export"];

class Studio {
  constructor(schema) {
    this.schema = schema;
    this.lastClick = -Infinity;
    this.copied = null;
    this.preview = new Preview(at("preview"), at("detail"));
    this.panel = new Panel(at("panel"), schema, {
      edit: (change, kind, live) => this.edit(change, kind, live),
      brushChanged: () => this.view.brushChanged(),
      fault: (error) => {
        this.#showEdit();
        this.say(error.message, true);
      },
    });
    this.viewport = new Viewport(
      {
        viewport: at("viewport"),
        sheet: at("sheet"),
        reticle: at("reticle"),
        frame: at("frame"),
        splitter: at("splitter"),
        ring: at("brush-ring"),
      },
      {
        focus: (x, y, phase) => this.#focus(x, y, phase),
        frame: (corners, phase) => this.#frame(corners, phase),
        stroke: (points, phase) => this.#stroke(points, phase),
        doubleClick: () => this.#takeBack(this.beforeClick),
        split: (split) => this.preview.look({ split }),
        magnify: (part) => this.preview.magnify(part),
        zoomed: (text) => {
          at("zoom").textContent = text;
        },
        brush: () => this.panel.brush,
      },
    );
    this.view = new ViewTools(at, this.preview, this.viewport, this.panel);
    this.album = new Album(at("strip"), {
      chosen: (photo) => this.#show(photo),
      listed: () => this.#showStripTools(),
      fault: (error, photo) => {
        if (photo.ready || photo !== this.current) this.say(faultText(error, photo), true);
        this.#showBusy();
        this.#showEdit();
      },
      closed: (photo, undo) =>
        this.say(`${photo.name} is closed.`, false, { text: "Undo", act: undo }),
      progress: () => this.#showBusy(),
      pixels: () => this.#show(this.current),
      improved: () => {
        this.preview.depthChanged();
        this.#showEdit();
        this.#showBusy();
      },
      strokes: (changed) => this.preview.strokesChanged(changed),
      facts: () => {
        this.preview.update();
        this.#showEdit();
      },
    });
    this.exportDialog = new ExportDialog(at("export-dialog"), schema, {
      edit: (change) => this.edit(change),
      say: (text, isError) => this.say(text, isError),
    });
    this.#wire();
  }

  // -- photos -----------------------------------------------------------------------------------

  get current() {
    return this.album.current;
  }

  get photos() {
    return this.album.photos;
  }

  /** Open photos; a saved edit among them is applied to the photo on the screen. */
  async openFiles(files) {
    const all = [...files];
    const edits = all.filter((file) => file.name.toLowerCase().endsWith(".json"));
    for (const file of edits) await this.#takeEdit(file);
    // Of a folder, what may be a photo; what a person chose by itself is told if it is none.
    const suffixes = this.schema.suffixes;
    const known = ({ name }) => suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
    const others = all.filter((file) => !edits.includes(file));
    return this.#openPhotos(others.some(known) ? others.filter(known) : others);
  }

  async #takeEdit(file) {
    const photo = this.current;
    try {
      if (!photo?.ready) throw new Error("open a photo first, then drop the edit on it");
      const edit = await photo.ask(async (id) => api.readEdit(id, await file.text()));
      this.edit(() => edit);
      this.say(`${file.name} is applied.`);
    } catch (error) {
      this.say(`${file.name}: ${error.message}`, true);
    }
  }

  #openPhotos(files) {
    const source = (file) => ({ name: file.name, open: () => api.upload(file) });
    return this.album.open(files.map(source));
  }

  openOffered(...which) {
    const source = (one) => ({
      name: this.schema.offered[one] ?? one,
      open: () => api.openOffered(one),
    });
    return this.album.open(which.map(source));
  }

  #show(photo) {
    const failed = photo?.state === "failed" && !photo.ready;
    at("welcome").hidden = photo !== null;
    at("failure").hidden = !failed;
    at("failure-name").textContent = failed ? `${photo.name} cannot be opened` : "";
    at("failure-text").textContent = failed ? photo.error : "";
    at("title").textContent = photo?.name ?? "";
    document.title = photo === null ? "defocus studio" : `${photo.name} – defocus studio`;
    const ready = photo?.ready ?? false;
    const seen = photo !== null && photo.picture !== null;
    at("viewport").hidden = !seen;
    at("viewport").inert = !ready;
    at("panel").inert = !ready;
    for (const id of PHOTO_TOOLS) at(id).disabled = !ready;
    this.#showBusy();
    this.#showStripTools();
    if (!seen) return;
    this.preview.show(photo);
    this.viewport.open(photo.size, photo.picture.width);
    this.#showEdit();
  }

  // -- the edit ---------------------------------------------------------------------------------

  /**
   * Change the current edit.
   *
   * @param {Change} change
   * @param {string|null} kind see Photo.change
   * @param {boolean} live a drag goes on
   */
  edit(change, kind = null, live = false) {
    const photo = this.current;
    if (!photo?.ready) return;
    const before = photo.edit;
    const after = change(before);
    if (JSON.stringify(after) !== JSON.stringify(before)) photo.change(after, kind);
    if (!live) photo.settle();
    const sameFocus = JSON.stringify(before.focus) === JSON.stringify(after.focus);
    this.preview.update({ rack: !live && !sameFocus });
    this.#showEdit();
  }

  #focus(x, y, phase) {
    const photo = this.current;
    if (phase === "start" && performance.now() - this.lastClick > DOUBLE_CLICK_MS) {
      this.beforeClick = photo.mark();
    }
    if (phase === "start") this.#startGesture();
    if (phase === "start") this.lastClick = performance.now();
    if (this.#endsGesture(phase)) return;
    const focus = (edit) => ({ ...edit, focus: { ...edit.focus, mode: "point", at: [x, y] } });
    photo.change(focus(photo.edit), "focus.point");
    this.preview.update({ rack: phase === "start" });
    this.#showEdit();
  }

  #frame(corners, phase) {
    if (phase === "start") this.#startGesture();
    if (phase === "start" || this.#endsGesture(phase)) return;
    const rectangle = { mode: "rectangle", at: corners.map(round) };
    const change = (edit) => ({ ...edit, focus: { ...edit.focus, ...rectangle } });
    this.edit(change, "focus.rectangle", true);
  }

  #stroke(points, phase) {
    const photo = this.current;
    if (phase === "start") {
      this.#startGesture();
      this.strokesBefore = photo.edit.strokes;
      this.strokeDisparity = this.panel.brushDisparity();
    }
    if (phase !== "cancel") {
      const { radius, hardness } = this.panel.brush;
      const stroke = { points: thin(points), radius, disparity: this.strokeDisparity, hardness };
      photo.change({ ...photo.edit, strokes: [...this.strokesBefore, stroke] }, "stroke");
      this.#showEdit();
    }
    this.#endsGesture(phase);
  }

  // What a hand does in one go is one step, or none if it breaks off.
  #startGesture() {
    this.beforeGesture = this.current.mark();
  }

  #endsGesture(phase) {
    if (phase === "end") this.current.settle();
    if (phase === "cancel") this.#takeBack(this.beforeGesture);
    return phase === "end" || phase === "cancel";
  }

  #takeBack(mark) {
    this.current.rewind(mark);
    this.#afterTravel();
  }

  undo() {
    this.current?.undo();
    this.#afterTravel();
  }

  redo() {
    this.current?.redo();
    this.#afterTravel();
  }

  reset() {
    this.edit((edit) => ({ ...structuredClone(this.schema.edit), output: edit.output }));
    this.#afterTravel();
  }

  // -- looks ------------------------------------------------------------------------------------

  /** Keep the look of the photo in sight, for `paste`. */
  copy() {
    this.copied = lookOf(this.current.edit);
    this.say("The look is copied: paste it on this or on selected photos.");
  }

  /** Give the selected photos, or the one in sight, the look that was copied. */
  paste() {
    const { selected } = this.album;
    if (this.copied !== null) this.#apply(this.copied, selected.length > 0 ? selected : [this.current]);
  }

  /** Give the selected photos, or all, the look of the one in sight. */
  applyToOthers() {
    const { current } = this;
    const others = this.#several.filter((photo) => photo !== current);
    this.#apply(lookOf(current.edit), others);
  }

  #apply(look, photos) {
    const changed = [];
    for (const photo of photos) {
      if (!photo?.edit) continue; // not open yet, or never
      const after = withLook(photo.edit, look);
      if (JSON.stringify(after) === JSON.stringify(photo.edit)) continue;
      changed.push({ photo, before: photo.mark(), after });
      photo.settle();
      photo.change(after);
    }
    this.#afterTravel();
    const undo = () => {
      for (const { photo, before, after } of changed) {
        if (photo.edit === after) photo.rewind(before); // what was done to it since is not undone
      }
      this.#afterTravel();
    };
    const count = changed.length === 1 ? "1 photo" : `${changed.length} photos`;
    this.say(`Applied to ${count}.`, false, changed.length > 0 ? { text: "Undo", act: undo } : null);
  }

  // What a button for several photos is about: the selected ones, or all.
  get #several() {
    const { selected } = this.album;
    return selected.length > 0 ? selected : this.photos;
  }

  #showStripTools() {
    const { length: count } = this.album?.selected ?? [];
    const which = count > 0 ? `${count} selected` : "all";
    at("strip-tools").hidden = this.album === undefined || this.photos.length < 2;
    at("apply").textContent = count > 0 ? `Apply to ${which}` : "Apply to all";
    at("export-many").textContent = `Export ${which}`;
    const ready = this.current?.ready ?? false;
    for (const id of ["apply", "export-many"]) at(id).disabled = !ready;
  }

  #afterTravel() {
    if (!this.current?.ready) return;
    this.preview.update({ rack: true });
    this.#showEdit();
  }

  #showEdit() {
    const photo = this.current;
    if (!photo?.ready) return;
    this.panel.show(photo, photo.plane());
    this.viewport.showFocus(photo.edit.focus);
    at("undo").disabled = !photo.history.canUndo;
    at("redo").disabled = !photo.history.canRedo;
    if (at("export-dialog").open) this.exportDialog.refresh();
  }

  // -- signs ------------------------------------------------------------------------------------

  #showBusy() {
    const photo = this.current;
    const working = photo !== null && !photo.ready && ["working", "ready"].includes(photo.state);
    at("busy").hidden = !working;
    if (!working) return;
    at("busy-text").textContent = photo.id === null ? `Opening ${photo.name}` : stageText(photo.stage);
    at("busy-meter").style.width = `${Math.round(100 * photo.fraction)}%`;
  }

  #showLink() {
    at("banner").hidden = link.fault === null;
    at("banner-text").textContent = `${link.fault} What you do meanwhile is kept here.`;
  }

  say(text, isError = false, offer = null) {
    showToast(at("toasts"), text, isError, offer);
  }

  // -- events -----------------------------------------------------------------------------------

  #wire() {
    const on = (id, action) => at(id).addEventListener("click", action);
    const pick = () => at("files").click();
    at("files").accept = this.schema.suffixes.join(",");
    at("files").addEventListener("change", (event) => {
      this.openFiles(event.target.files);
      event.target.value = "";
    });
    this.pick = pick;
    on("choose", pick);
    on("add", pick);
    on("sample", () => this.openOffered("sample"));
    on("undo", () => this.undo());
    on("redo", () => this.redo());
    on("reset", () => this.reset());
    on("zoom", () => this.viewport.toggleZoom());
    on("export", () => this.openExport());
    on("apply", () => this.applyToOthers());
    on("export-many", () => this.exportDialog.open(this.current, this.#several));
    on("help", () => this.help());
    fillHelp(at("help-dialog"));
    addEventListener("keydown", (event) => handleKey(this, event, true));
    addEventListener("keyup", (event) => handleKey(this, event, false));
    takeFiles(at("drop-hint"), (files) => this.openFiles(files), () => this.paste());
    on("remove", () => this.album.close(this.current));
    on("retry", () => link.retry());
    link.begin(api.alive);
    link.addEventListener("change", () => this.#showLink());
    addEventListener("pagehide", () => {
      for (const photo of this.photos) photo.flush();
      this.album.forgetClosed();
      api.leave();
    });
    // Back to a page that was left, or awake again: the server may have thought it gone.
    addEventListener("pageshow", () => link.retry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") link.retry();
    });
    setInterval(() => api.alive().catch(() => {}), ALIVE_MS);
  }

  // A pixel of the canvas is shown meanwhile, so that the browser is ready to show more.
  warmUp() {
    at("viewport").hidden = false;
    setTimeout(() => {
      this.preview.base.warmUp(this.schema.edit.lens);
      requestAnimationFrame(() => {
        at("viewport").hidden = this.current === null || this.current.picture === null;
      });
    });
  }

  openExport() {
    if (this.current?.ready) this.exportDialog.open(this.current);
  }

  help() {
    at("help-dialog").showModal();
  }
}

/** Fewer points where the pointer hardly moved: at most the 10,000 that a stroke may have. */
function thin(points) {
  const kept = [points[0]];
  for (const point of points.slice(1)) {
    const last = kept.at(-1);
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) > 0.002) kept.push(point);
  }
  return kept.slice(0, 10_000).map(([x, y]) => [round(x), round(y)]);
}

/** What went wrong with a photo; the server's own words name it already. */
const faultText = (error, { name }) =>
  error.message.includes(name) ? error.message : `${name}: ${error.message}`;

const round = (value) => Math.round(value * 1e5) / 1e5;

async function main() {
  try {
    const schema = await api.about();
    const studio = new Studio(schema);
    window.studio = studio;
    studio.warmUp();
    if (schema.photos.length > 0) studio.album.adopt(schema.photos);
    else await studio.openOffered(...schema.offered.keys());
  } catch (error) {
    const fix =
      error instanceof UnsupportedError
        ? " Use a recent Firefox, Chrome, Edge or Safari, or 'defocus blur' on the command line."
        : "";
    at("welcome").replaceChildren(element("h2", { text: error.message + fix }));
    throw error;
  }
}

main();
