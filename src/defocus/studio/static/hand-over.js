// Photos that another program sent and waits for: ‘Done’ saves over their files, ‘Cancel’ gives them up.

import * as api from "./api.js";
import { stageText } from "./export-dialog.js";
import { element } from "./panel/controls.js";

const AGAIN_MS = 1000;

export class HandOver {
  #studio;
  #done;
  #cancel;
  #told = null; // the error that was said last
  #over = false;

  /**
   * @param {any} studio
   * @param {HTMLElement} place the button that gives way to ‘Done’
   */
  constructor(studio, place) {
    this.#studio = studio;
    this.#cancel = element("button", { class: "secondary", id: "hand-back", text: "Cancel" });
    this.#done = element("button", {
      class: "primary",
      id: "hand-over",
      text: "Done",
      title: "Save over the files and go back to the program that sent them",
    });
    place.hidden = true;
    place.after(this.#cancel, this.#done);
    this.#cancel.addEventListener("click", () => this.#tell(() => api.handOver([])));
    this.#done.addEventListener("click", () => this.#tell(() => this.#save()));
    this.#follow();
  }

  async #tell(act) {
    this.#done.disabled = true;
    try {
      await act();
    } catch (error) {
      this.#done.disabled = false;
      this.#studio.say(error.message, true);
    }
  }

  async #save() {
    this.#told = null;
    const { photos } = this.#studio;
    for (const photo of photos) {
      await photo.open();
      await photo.save();
    }
    // Those that were dropped on the page have no file to go back to.
    const sent = photos.filter(({ savesBeside }) => savesBeside);
    if (sent.length === 0) throw new Error("No photo of the other program is open: cancel.");
    await api.handOver(sent.map(({ id }) => id));
  }

  // The open answer tells the studio that somebody is here.
  async #follow() {
    while (!this.#over) {
      try {
        await this.#read(await api.handOverNews());
      } catch {
        // it is asked again
      }
      if (!this.#over) await new Promise((resume) => setTimeout(resume, AGAIN_MS));
    }
  }

  async #read(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (text + value).split("\n");
      text = lines.pop();
      for (const line of lines) this.#show(JSON.parse(line));
    }
  }

  #show({ state, stage, error, saved }) {
    const working = state === "working";
    this.#done.disabled = working;
    this.#cancel.disabled = working;
    this.#done.textContent = working ? stageText(stage) : "Done";
    if (error && error !== this.#told) {
      this.#told = error;
      this.#studio.say(error, true);
    }
    if (saved === null || saved === undefined) return;
    this.#over = true;
    this.#farewell(saved ? "Saved." : "Nothing was changed.");
  }

  #farewell(text) {
    document.body.replaceChildren(
      element("section", { class: "welcome", id: "farewell" },
        element("h2", { text }),
        element("p", { text: "You can close this page." })),
    );
    window.close(); // where the browser lets us
  }
}
