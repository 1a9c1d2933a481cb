// The same edit as a command line, as Python, or for a whole folder.

import * as api from "./api.js";
import { element, segments } from "./panel/controls.js";

export class ExportCommands {
  #say;
  #texts = null;
  #shown = "cli";
  #photo = null;
  #asked = 0; // how often; the answer to an older question is not shown

  /** @param {(text: string, isError?: boolean) => void} say */
  constructor(say) {
    this.#say = say;
    this.code = element("pre", { class: "code", tabindex: "0" });
    this.note = element("p", { class: "note" });
    this.kind = segments({
      label: "Kind of command",
      choices: [
        ["cli", "Command line"],
        ["python", "Python"],
        ["batch", "A whole folder"],
      ],
      onChange: (kind) => this.#show(kind),
    });
    const button = (text, onclick) =>
      element("button", { class: "secondary", type: "button", text, onclick });
    this.element = element(
      "details",
      { class: "as-command", ontoggle: () => this.load(this.#photo) },
      element("summary", { text: "The same edit as a command" }),
      element(
        "div",
        { class: "subgroup" },
        this.kind.element,
        this.code,
        this.note,
        element(
          "footer",
          {},
          button("Save edit", () => this.#save()),
          button("Copy as command", () => this.#copy()),
        ),
      ),
    );
  }

  /** Show it for a photo, once it is unfolded. */
  async load(photo) {
    if (photo !== this.#photo || !this.element.open) this.#forget();
    this.#photo = photo;
    if (!this.element.open || photo === null) return;
    const question = ++this.#asked;
    try {
      const texts = await photo.ask((id) => api.commands(id, photo.edit));
      if (question !== this.#asked) return;
      this.#texts = texts;
      this.#show(this.#shown);
    } catch (error) {
      this.#say(error.message, true);
    }
  }

  #forget() {
    this.#asked += 1;
    this.#texts = null;
    this.code.textContent = "";
    this.note.hidden = true;
  }

  #show(kind) {
    this.#shown = kind;
    this.kind.set(kind);
    if (this.#texts === null) return;
    this.code.textContent = this.#texts[kind];
    const notes = [];
    if (kind === "batch") {
      notes.push("Focuses on each photo's own subject; brush strokes stay with this photo.");
    }
    if (this.#texts.needs_file) notes.push("Reads edit.json: press “Save edit” first.");
    this.note.textContent = notes.join(" ");
    this.note.hidden = notes.length === 0;
  }

  async #copy() {
    if (this.#texts === null) return;
    try {
      await navigator.clipboard.writeText(this.#texts[this.#shown]);
      this.#say("Copied.");
    } catch {
      getSelection().selectAllChildren(this.code);
      this.#say("Press Ctrl+C to copy.");
    }
  }

  #save() {
    if (this.#texts === null) return;
    download("edit.json", this.#shown === "batch" ? this.#texts.look : this.#texts.edit);
  }
}

/** Hand a text to the browser as a file. */
function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
