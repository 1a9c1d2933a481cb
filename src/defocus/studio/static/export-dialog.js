// Export at full resolution, and the same edit as commands.

import * as api from "./api.js";
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

/** Hand a text to the browser as a file. */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export class ExportDialog {
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
    this.running = null;
    const output = (name, value) =>
      hooks.edit((edit) => ({ ...edit, output: { ...edit.output, [name]: value } }));
    this.format = select({ label: "Format", onChange: (name) => output("format", name || null) });
    this.format.offer([["", "Same as the photo"], ...schema.formats.map((f) => [f, f.toUpperCase()])]);
    this.quality = slider({
      label: "Quality",
      min: 40,
      max: 100,
      step: 1,
      usual: 92,
      onChange: (value) => output("quality", Math.round(value)),
    });
    this.ownQuality = toggle({
      label: "Keep the photo's own quality",
      onChange: (on) => output("quality", on ? null : 92),
    });
    this.embed = toggle({
      label: "Embed depth and original, to refocus later",
      title: `Where the file can hold it: ${schema.embeds.join(", ")}`,
      onChange: (on) => output("embed_disparity", on),
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
    this.beside = false;
    this.meter = element("div", { class: "meter" }, element("div"));
    this.progressText = element("p", { class: "note", role: "status" });
    this.progress = element("div", { hidden: true }, this.progressText, this.meter);
    this.start = element("button", {
      class: "primary",
      type: "button",
      text: "Export",
      onclick: () => this.#export(),
    });
    this.stop = element("button", {
      class: "secondary",
      type: "button",
      text: "Cancel export",
      hidden: true,
      onclick: () => this.#cancel(),
    });
    this.code = element("pre", { class: "code", tabindex: "0" });
    this.codeNote = element("p", { class: "note" });
    this.kind = segments({
      label: "Kind of command",
      choices: [
        ["cli", "Command line"],
        ["python", "Python"],
        ["batch", "A whole folder"],
      ],
      onChange: (kind) => this.#showCode(kind),
    });
    const button = (text, onclick) =>
      element("button", { class: "secondary", type: "button", text, onclick });
    this.title = element("h2", { id: "export-title", text: "Export" });
    this.asCommand = element(
      "div",
      { class: "subgroup" },
      element("hr", { class: "divider" }),
      element("h3", { text: "The same edit as a command" }),
      this.kind.element,
      this.code,
      this.codeNote,
      element(
        "footer",
        {},
        button("Save edit", () => this.#saveEdit()),
        button("Copy as command", () => this.#copy()),
      ),
    );
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
        element("div", { class: "pair" }, this.format.element, this.quality.element),
        this.ownQuality.element,
        this.embed.element,
        this.where.element,
        this.progress,
        element("footer", {}, this.stop, this.start),
        this.asCommand,
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
    this.photo = photo;
    this.photos = photos.filter((one) => one.edit !== null && one.size !== null);
    this.refresh();
    const many = this.photos.length > 1;
    this.title.textContent = many ? `Export ${this.photos.length} photos` : "Export";
    this.asCommand.hidden = many;
    this.beside = this.photos.every((one) => one.savesBeside);
    this.where.element.hidden = !this.beside;
    this.where.set(this.beside ? "beside" : "download");
    this.kind.set("cli");
    this.dialog.showModal();
    await this.#loadCommands();
  }

  /** The edit has changed. */
  refresh() {
    const { output } = this.photo.edit;
    this.format.set(output.format ?? "");
    this.quality.set(output.quality ?? 92);
    this.ownQuality.set(output.quality === null);
    this.quality.element.inert = output.quality === null;
    const suffix = /\.[^.]*$/.exec(this.photo.name.toLowerCase())?.[0];
    const format = output.format ?? this.formatOf[suffix];
    this.embed.set(output.embed_disparity && this.embeds.includes(format));
    this.embed.element.inert = !this.embeds.includes(format);
    if (this.dialog.open) this.#loadCommands();
  }

  async #loadCommands() {
    try {
      this.texts = await this.photo.ask((id) => api.commands(id, this.photo.edit));
      this.#showCode(this.shownKind ?? "cli");
    } catch (error) {
      this.hooks.say(error.message, true);
    }
  }

  #showCode(kind) {
    this.shownKind = kind;
    this.kind.set(kind);
    this.code.textContent = this.texts[kind];
    const notes = [];
    if (kind === "batch") {
      notes.push("Focuses on each photo's own subject; brush strokes stay with this photo.");
    }
    if (this.texts.needs_file) notes.push("Reads edit.json: press “Save edit” first.");
    this.codeNote.textContent = notes.join(" ");
    this.codeNote.hidden = notes.length === 0;
  }

  async #copy() {
    const text = this.texts[this.shownKind];
    try {
      await navigator.clipboard.writeText(text);
      this.hooks.say("Copied.");
    } catch {
      getSelection().selectAllChildren(this.code);
      this.hooks.say("Press Ctrl+C to copy.");
    }
  }

  #saveEdit() {
    download("edit.json", this.shownKind === "batch" ? this.texts.look : this.texts.edit);
  }

  #busy(on) {
    this.start.disabled = on;
    this.stop.hidden = !on;
    this.progress.hidden = !on;
  }

  async #export() {
    const { photos, beside } = this;
    const { output } = this.photo.edit;
    const round = {}; // this one export: another, or none, may be wanted before it ends
    this.round = round;
    this.#busy(true);
    const saved = [];
    for (const [index, photo] of photos.entries()) {
      const place = photos.length > 1 ? `${index + 1} of ${photos.length}, ${photo.name}: ` : "";
      const tell = ({ stage, fraction }) => {
        this.progressText.textContent = place + stageText(stage);
        const share = (index + fraction) / photos.length;
        /** @type {HTMLElement} */ (this.meter.firstChild).style.width = `${Math.round(100 * share)}%`;
      };
      try {
        const work = await this.#exportOne(photo, { ...photo.edit, output }, beside, tell, round);
        if (work === null) return; // cancelled
        saved.push(work);
      } catch (error) {
        const { message } = error;
        this.hooks.say(message.includes(photo.name) ? message : `${photo.name}: ${message}`, true);
      }
    }
    this.running = null;
    this.#busy(false);
    const [first] = saved;
    if (saved.length > 1) this.hooks.say(`Exported ${saved.length} photos.`);
    else if (saved.length === 1 && beside) this.hooks.say(`Saved ${first.savedAs}`);
    else if (saved.length === 1) this.hooks.say(`Exported ${first.name}.`);
  }

  // One photo; null if the round has ended meanwhile.
  async #exportOne(photo, edit, beside, tell, round) {
    let work = await photo.ask((id) => api.startExport(id, edit, beside));
    this.running = work.id;
    while (work.state === "working") {
      tell(work);
      await new Promise((resume) => setTimeout(resume, POLL_MS));
      if (this.round !== round) return null;
      work = await api.exportStatus(work.id);
    }
    if (work.state === "failed") throw new Error(work.error);
    if (work.savedAs === null) element("a", { href: api.exportUrl(work.id), download: work.name }).click();
    return work;
  }

  #cancel() {
    const id = this.running;
    this.running = null;
    this.round = null;
    this.#busy(false);
    if (id !== null) api.cancelExport(id).catch(() => {});
    this.hooks.say("Export cancelled.");
  }
}
