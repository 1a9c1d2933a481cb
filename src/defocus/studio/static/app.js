// The page: puts photos, panel, preview and keys together.

import { Album } from "./album.js";
import * as api from "./api.js";
import { Beside } from "./beside.js";
import { element } from "./panel/controls.js";
import { takeFiles } from "./drops.js";
import { ExportDialog, stageText } from "./export-dialog.js";
import { Gestures } from "./gestures.js";
import { fillHelp, handleKey } from "./keys.js";
import { HandOver } from "./hand-over.js";
import { link } from "./link.js";
import { Panel } from "./panel/panel.js";
import { heldBy } from "./people.js";
import { PeopleMarks } from "./people-marks.js";
import { Preview } from "./preview.js";
import { reveal } from "./reveal.js";
import { Sharing } from "./sharing.js";
import { StrokeOverlay } from "./stroke-overlay.js";
import { ThingMark } from "./thing-mark.js";
import { showToast } from "./toasts.js";
import { ViewTools } from "./view-tools.js";
import { Viewport } from "./viewport.js";

const ALIVE_MS = 60_000;
const FIRST_SIGHT_MS = 300; // at most so long it is waited for
const PLAIN = "This browser gives no WebGL2: the blur is shown once your hand rests.";

/** @returns {any} of whatever kind the page's markup says */
const at = (id) => document.getElementById(id);
const VIEW_TOOLS = ["brush", "depth", "peaking", "compare", "split", "beside-toggle", "zoom"];
const PHOTO_TOOLS = [...VIEW_TOOLS, "reset", "export"];

class Studio {
  constructor(schema) {
    this.schema = schema;
    this.preview = new Preview(at("preview"), at("detail"));
    this.panel = new Panel(at("panel"), schema, {
      edit: (change, kind, live) => this.edit(change, kind, live),
      brushChanged: () => {
        this.view.brushChanged();
        this.#showOverlay();
      },
      history: {
        jump: (place) => {
          this.current.jump(place);
          this.#afterTravel();
        },
        take: (edit) => {
          this.edit(() => structuredClone(edit));
          this.#afterTravel();
        },
        keep: (versions) => this.#keepVersions(versions),
        copy: () => this.copyPhoto(),
      },
      pointAt: (stroke) => this.overlay.point(stroke),
      fault: (error) => {
        this.#showEdit();
        this.say(error.message, true);
      },
    });
    this.overlay = new StrokeOverlay(at("painted"), at("stroke-mark"));
    this.gestures = new Gestures({
      photo: () => this.current,
      edit: (change, kind, live) => this.edit(change, kind, live),
      update: (options) => this.#update(options),
      panel: this.panel,
      showEdit: () => this.#showEdit(),
      travelled: () => this.#afterTravel(),
    });
    this.people = new PeopleMarks(at("people"), (index, add) => this.gestures.holdPerson(index, add));
    this.thing = new ThingMark(at("thing"));
    this.sharing = new Sharing({
      photo: () => this.current,
      selected: () => this.album.selected,
      several: () => this.#several,
      travelled: () => this.#afterTravel(),
      say: (text, isError, offer) => this.say(text, isError, offer),
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
        focus: (x, y, phase) => this.gestures.focus(x, y, phase),
        frame: (corners, phase) => this.gestures.frame(corners, phase),
        stroke: (points, phase) => this.gestures.stroke(points, phase),
        tapped: (place, add) => this.gestures.tap(place, add),
        hover: (place) => {
          const onPerson = this.people.hover(place);
          const onThing = this.thing.hover(this.current?.things ?? null, onPerson ? null : place);
          at("viewport").classList.toggle("over-target", onPerson || onThing);
        },
        pick: (place) => this.gestures.pick(place),
        doubleClick: () => this.gestures.forgetClicks(),
        split: (split) => this.preview.look({ split }),
        placed: (placement, part) => {
          this.preview.magnify(part, placement.scale * devicePixelRatio);
          this.beside.placed(placement, part);
        },
        zoomed: (text) => {
          at("zoom").textContent = text;
        },
        brush: () => this.panel.brush,
      },
    );
    this.beside = new Beside(at, {
      photos: () => this.photos,
      want: (photo) => this.album.want(photo),
      viewport: this.viewport,
    });
    this.view = new ViewTools(at, this.preview, this.viewport, this.panel);
    this.album = new Album(at("strip"), {
      chosen: (photo) => this.#show(photo),
      listed: () => {
        this.#showStripTools();
        this.beside.listed();
      },
      fault: (error, photo) => {
        if (photo.ready || photo !== this.current) this.say(faultText(error, photo), true);
        this.#showBusy();
        this.#showEdit();
      },
      closed: (photos, undo) => {
        const what = photos.length === 1 ? `${photos[0].name} is` : `${photos.length} photos are`;
        this.say(`${what} closed.`, false, { text: "Undo", act: undo });
      },
      isEdited: (photo) => this.#isEdited(photo),
      atRest: () => this.preview.atRest,
      progress: () => this.#showBusy(),
      pixels: () => this.#show(this.current),
      prepared: () => this.preview.prepared(),
      improved: () => {
        this.preview.depthChanged();
        this.beside.depthChanged();
        this.#showOverlay();
        this.#showEdit();
        this.#showBusy();
      },
      strokes: (changed) => {
        this.preview.strokesChanged(changed);
        this.beside.strokesChanged(changed);
        this.overlay.changed(changed);
      },
      facts: () => {
        this.#update();
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

  /** Open a virtual copy of the photo in sight: the same picture, an edit of its own. */
  copyPhoto() {
    const photo = this.current;
    const { edit } = photo;
    const open = () => photo.ask((id) => api.copyPhoto(id, edit));
    return this.album.open([{ name: photo.name, open }], photo);
  }

  async #keepVersions(versions) {
    const photo = this.current;
    try {
      await photo.keepVersions(versions);
    } catch (error) {
      this.say(faultText(error, photo), true);
    }
    this.#showEdit();
  }

  #show(photo) {
    const failed = photo?.broken;
    if (photo === null) this.beside.toggle(false);
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
    if (!ready) for (const id of ["undo", "redo"]) at(id).disabled = true; // else its history says
    this.#showBusy();
    this.#showStripTools();
    if (!seen) return;
    this.preview.show(photo);
    this.viewport.open(photo.size, photo.picture.width);
    this.beside.show(photo);
    this.#showOverlay();
    this.#showEdit();
  }

  #showOverlay() {
    const { active, overlay } = this.panel.brush;
    this.overlay.point(null);
    this.overlay.show(this.current, active && overlay);
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
    this.#update({ rack: !live && !sameFocus });
    this.#showEdit();
  }

  #update(options = {}) {
    this.preview.update(options);
    this.beside.update(options);
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

  #isEdited({ edit, broken }) {
    if (!edit || broken) return false; // not open yet, or never
    const { output, ...usual } = this.schema.edit;
    return JSON.stringify({ ...edit, output }) !== JSON.stringify({ ...usual, output });
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
    at("close-many").textContent = `Close ${which}`;
    const ready = this.current?.ready ?? false;
    for (const id of ["apply", "export-many"]) at(id).disabled = !ready;
  }

  #afterTravel() {
    if (!this.current?.ready) return;
    this.#update({ rack: true });
    this.#showEdit();
  }

  #showEdit() {
    const photo = this.current;
    if (!photo?.ready) return;
    this.panel.show(photo, photo.plane());
    this.viewport.showFocus(photo.edit.focus);
    this.#showPeople();
    at("undo").disabled = !photo.history.canUndo;
    at("redo").disabled = !photo.history.canRedo;
    if (at("export-dialog").open) this.exportDialog.refresh();
  }

  #showPeople() {
    const { scene, map } = this.current;
    this.people.show(scene.faces, heldBy(map, scene.faces, this.current.plane()));
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
    reveal(at("reveal"), at("reveal-handle"));
    on("sample", () => this.openOffered("sample"));
    on("undo", () => this.undo());
    on("redo", () => this.redo());
    on("reset", () => this.reset());
    on("zoom", () => this.viewport.toggleZoom());
    on("export", () => this.openExport());
    on("apply", () => this.sharing.applyToOthers());
    on("export-many", () => this.exportDialog.open(this.current, this.#several));
    on("close-many", () => this.album.close(...this.#several));
    at("order").addEventListener("change", () => this.album.sort(at("order").value));
    on("help", () => this.help());
    fillHelp(at("help-dialog"));
    addEventListener("keydown", (event) => handleKey(this, event, true));
    addEventListener("keyup", (event) => handleKey(this, event, false));
    takeFiles(at("drop-hint"), (files) => this.openFiles(files), () => this.sharing.paste());
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

/** What went wrong with a photo; the server's own words name it already. */
const faultText = (error, { name }) =>
  error.message.includes(name) ? error.message : `${name}: ${error.message}`;

// The first sight comes before the graphics: to start those keeps the browser from showing anything.
// A page in the background is not shown: it waits in vain, for a moment.
function firstSight() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, FIRST_SIGHT_MS);
  });
}

async function main() {
  try {
    const [schema] = await Promise.all([api.about(), firstSight()]);
    const studio = new Studio(schema);
    window.studio = studio;
    if (schema.handOver) new HandOver(studio, at("export"));
    studio.warmUp();
    if (studio.preview.isPlain) studio.say(PLAIN);
    if (schema.photos.length > 0) studio.album.adopt(schema.photos);
    else await studio.openOffered(...schema.offered.keys());
  } catch (error) {
    at("welcome").replaceChildren(element("h2", { text: error.message }));
    throw error;
  }
}

main();
