// Export at full resolution or smaller: one photo, or several in one go.

import * as api from "./api.js";
import { ExportCommands } from "./export-commands.js";
import { PRESETS, presetOf, SIZES } from "./export-presets.js";
import { leftText, Round } from "./export-round.js";
import { element, icon, segments, select, slider, toggle } from "./panel/controls.js";

const POLL_MS = 200;
const STAGES = {
  waiting: "Waiting for other work",
  starting: "Starting",
  reading: "Reading the photo",
  depth: "Estimating depth",
  refine: "Refining edges",
  matte: "Cutting out hair",
  preview: "Preparing the preview",
  render: "Rendering at full resolution",
  writing: "Writing the file",
};

/** Words for a stage of work. */
export const stageText = (stage) => STAGES[stage] ?? stage;

const USUAL_NAME = "{name}-defocus";

export class ExportDialog {
  #stopWork = null; // what is under way
  #opened = 0; // times

  /**
   * @param {HTMLDialogElement} dialog
   * @param {Schema} schema of the server
   * @param {{edit: MakeChange, say: (text: string, isError?: boolean) => void}} hooks
   */
  constructor(dialog, schema, hooks) {
    this.dialog = dialog;
    this.hooks = hooks;
    this.embeds = schema.embeds;
    this.formatOf = schema.formatOf; // that a photo's own format is written in, by suffix
    this.last = schema.lastExport;
    this.beside = false;
    this.size = null;
    const output = (changes) =>
      hooks.edit((edit) => ({ ...edit, output: { ...edit.output, ...changes } }));
    this.preset = segments({
      label: "Kind of result",
      choices: [
        ["last", "As last time", "Format, size and name of the export before"],
        ...Object.entries(PRESETS).map(([name, { text, about }]) => [name, text, about]),
      ],
      onChange: (name) => (name === "last" ? this.#asLastTime() : this.#take(PRESETS[name])),
    });
    this.format = select({ label: "Format", onChange: (name) => output({ format: name || null }) });
    this.format.offer([["", "Same as the photo"], ...schema.formats.map((f) => [f, f.toUpperCase()])]);
    this.quality = slider({
      label: "Quality",
      min: 40,
      max: 100,
      step: 1,
      usual: 92,
      onChange: (value) => output({ quality: Math.round(value) }),
    });
    this.ownQuality = toggle({
      label: "Keep the photo's own quality",
      onChange: (on) => output({ quality: on ? null : 92 }),
    });
    this.sizes = select({
      label: "Longer side",
      onChange: (text) => {
        this.size = text === "" ? null : Number(text);
        this.refresh();
      },
    });
    this.sizes.offer(SIZES.map((px) => (px === null ? ["", "All pixels"] : [String(px), `${px} pixels`])));
    this.name = element("input", { type: "text", class: "text-field", value: USUAL_NAME });
    this.name.setAttribute("aria-label", "File name");
    this.name.title = "{name} is the photo's own name, {number} its place, {f} the f-number";
    this.embed = toggle({
      label: "Embed depth and original, to refocus later",
      title: `Where the file can hold it: ${schema.embeds.join(", ")}`,
      onChange: (on) => output({ embed_disparity: on }),
    });
    this.where = segments({
      label: "Where to",
      choices: [
        ["download", "Download"],
        ["beside", "Save beside the original"],
      ],
      onChange: (value) => {
        this.beside = value === "beside";
      },
    });
    this.meter = element("div", { class: "meter" }, element("div"));
    this.progressText = element("p", { class: "note", role: "status" });
    this.progress = element("div", { hidden: true }, this.progressText, this.meter);
    const button = (kind, text, onclick) =>
      element("button", { class: kind, type: "button", text, onclick });
    this.start = button("primary", "Export", () => this.#export());
    this.stop = button("secondary", "Cancel export", () => this.#cancel());
    this.stop.hidden = true;
    this.title = element("h2", { id: "export-title", text: "Export" });
    this.commands = new ExportCommands(hooks.say);
    dialog.replaceChildren(
      element(
        "header",
        {},
        this.title,
        element(
          "button",
          { class: "icon", type: "button", "aria-label": "Close", onclick: () => dialog.close() },
          icon("close"),
        ),
      ),
      element(
        "div",
        { class: "body" },
        this.preset.element,
        element("div", { class: "pair" }, this.format.element, this.quality.element),
        this.ownQuality.element,
        element(
          "div",
          { class: "pair" },
          this.sizes.element,
          element(
            "div",
            { class: "control" },
            element("span", { class: "label", "aria-hidden": "true", text: "File name" }),
            this.name,
          ),
        ),
        this.embed.element,
        this.where.element,
        this.progress,
        element("footer", {}, this.stop, this.start),
        this.commands.element,
      ),
    );
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  /**
   * Open for a photo.
   *
   * @param {import("./photo.js").Photo} photo in sight
   * @param {import("./photo.js").Photo[]} photos to export, in the format chosen for that one
   */
  async open(photo, photos = [photo]) {
    this.#opened += 1;
    this.photo = photo;
    this.photos = photos.filter((one) => one.edit !== null && one.size !== null);
    const many = this.photos.length > 1;
    this.title.textContent = many ? `Export ${this.photos.length} photos` : "Export";
    this.commands.element.hidden = many;
    this.beside = this.photos.every((one) => one.savesBeside);
    this.where.element.hidden = !this.beside;
    this.where.set(this.beside ? "beside" : "download");
    this.refresh();
    this.dialog.showModal();
    await this.commands.load(many ? null : photo);
  }

  /** The edit or the size has changed. */
  refresh() {
    const { output } = this.photo.edit;
    this.preset.set(presetOf(output, this.size) ?? "");
    this.preset.offer("last", this.last !== null);
    this.format.set(output.format ?? "");
    this.quality.set(output.quality ?? 92);
    this.ownQuality.set(output.quality === null);
    this.quality.element.inert = output.quality === null;
    this.sizes.set(String(this.size ?? ""));
    const suffix = /\.[^.]*$/.exec(this.photo.name.toLowerCase())?.[0];
    const format = output.format ?? this.formatOf[suffix];
    this.embed.set(output.embed_disparity && this.embeds.includes(format));
    this.embed.element.inert = !this.embeds.includes(format);
    if (this.dialog.open) this.commands.load(this.commands.element.hidden ? null : this.photo);
  }

  #take({ output, size }) {
    this.size = size;
    this.hooks.edit((edit) => ({ ...edit, output: { ...edit.output, ...output } }));
    this.refresh();
  }

  #asLastTime() {
    const { output, recipe, beside } = this.last;
    this.name.value = recipe.name;
    if (!this.where.element.hidden) {
      this.beside = beside;
      this.where.set(beside ? "beside" : "download");
    }
    this.#take({ output, size: recipe.long_side_px });
  }

  #busy(on) {
    this.start.disabled = on;
    this.stop.hidden = !on;
    this.progress.hidden = !on;
  }

  async #export() {
    const { photos, beside, size } = this;
    const opened = this.#opened;
    const { output } = this.photo.edit;
    const name = this.name.value;
    this.last = { output, recipe: { long_side_px: size, name }, beside };
    this.#busy(true);
    const how = { beside, size, name, number: 1 };
    const edits = photos.map(({ edit }) => ({ ...edit, output }));
    try {
      const made =
        photos.length > 1
          ? await this.#exportMany(photos, edits, how)
          : await this.#exportOne(photos[0], edits[0], how);
      // Done: what was opened for others meanwhile stays.
      if (made && this.#opened === opened) this.dialog.close();
    } catch (error) {
      this.hooks.say(error.message, true);
    }
  }

  /** @returns {Promise<boolean>} whether there is a result */
  async #exportMany(photos, edits, how) {
    const begin = async () => {
      // What the server has closed meanwhile is opened again first.
      for (const photo of photos) await photo.ask((id) => api.photoStatus(id, ""));
      return api.startShoot(photos.map(({ id }, index) => ({ id, edit: edits[index] })), how);
    };
    const ask = { begin, look: api.shootStatus, stop: api.cancelShoot, wait: pause };
    const tell = { progress: (progress) => this.#showRound(progress), made: download };
    const round = new Round(ask, tell);
    const { done, faults } = await this.#until(round.run(), () => round.cancel());
    if (round.cancelled) return false;
    for (const { index, error } of faults) {
      const { name } = photos[index];
      this.hooks.say(explained(error, name), true);
    }
    if (done.length > 0) this.hooks.say(`Exported ${done.length} photos.`);
    return done.length > 0;
  }

  /** @returns {Promise<boolean>} whether there is a result */
  async #exportOne(photo, edit, how) {
    let work = null;
    let cancelled = false;
    const stop = async () => {
      cancelled = true;
      if (work !== null) await api.cancelExport(work.id);
    };
    const run = async () => {
      work = await photo.ask((id) => api.startExport(id, edit, how));
      if (cancelled) await stop(); // meanwhile
      while (work.state === "working" && !cancelled) {
        this.#showProgress(work.fraction, stageText(work.stage));
        await pause();
        if (!cancelled) work = await api.exportStatus(work.id);
      }
    };
    await this.#until(run(), stop);
    if (cancelled) return false;
    if (work.state === "failed") throw new Error(explained(work.error, photo.name));
    download(work);
    this.hooks.say(work.savedAs === null ? `Exported ${work.name}.` : `Saved ${work.savedAs}`);
    return true;
  }

  // Work that can be stopped, to its end.
  async #until(work, stop) {
    this.#stopWork = stop;
    try {
      return await work;
    } finally {
      if (this.#stopWork === stop) {
        this.#stopWork = null;
        this.#busy(false);
      }
    }
  }

  #showRound({ share, ended, count, leftMs }) {
    const words = [`${ended} of ${count} done`, leftText(leftMs)];
    this.#showProgress(share, words.filter((word) => word !== "").join(", "));
  }

  #showProgress(share, text) {
    this.progressText.textContent = text;
    /** @type {HTMLElement} */ (this.meter.firstChild).style.width = `${Math.round(100 * share)}%`;
  }

  #cancel() {
    const stop = this.#stopWork;
    this.#stopWork = null;
    this.#busy(false);
    stop?.().catch(() => {});
    this.hooks.say("Export cancelled.");
  }
}

const pause = () => new Promise((resume) => setTimeout(resume, POLL_MS));

const explained = (text, name) => (text.includes(name) ? text : `${name}: ${text}`);

/** Fetch a result, unless it lies beside its original already. */
function download({ id, name, savedAs }) {
  if (savedAs === null) element("a", { href: api.exportUrl(id), download: name }).click();
}
