// Which network estimates depth; one that is not here yet is offered with its size and licence.

import * as api from "../api.js";
import { element, select } from "./controls.js";

const POLL_MS = 300;
const TITLES = { auto: "Automatic", builtin: "Built-in network", embedded: "Stored in the photo" };

const title = (name) => TITLES[name] ?? name;
const size = (bytes) => `${Math.round(bytes / 1e6)} MB`;

export class ModelPicker {
  /**
   * @param {Schema} schema of the server
   * @param {object} hooks
   * @param {(name: string) => void} hooks.choose
   * @param {(error: Error) => void} hooks.fault one could not be fetched
   */
  constructor(schema, hooks) {
    this.schema = schema;
    this.hooks = hooks;
    this.list = select({ label: "Depth model", onChange: (name) => this.#choose(name) });
    this.note = element("p", { class: "note" });
    this.offer = element("div", { class: "offer", hidden: true });
    this.elements = [this.list.element, this.note, this.offer];
    this.#setModels(schema.models);
  }

  #setModels(models) {
    this.models = new Map(models.map((model) => [model.name, model]));
    this.list.offer(
      models.map(({ name, ready, bytes }) => [
        name,
        ready ? title(name) : `${name} (${size(bytes)})`,
      ]),
    );
  }

  /** Show an edit's choice, and where the present depth came from. */
  show(name, source) {
    if (!this.offer.hidden) return;
    this.list.set(name);
    this.note.hidden = name !== "auto" || source === null;
    this.note.textContent = `Depth from: ${title(source)}`;
  }

  #choose(name) {
    const model = this.models.get(name);
    this.offer.hidden = model.ready;
    if (model.ready) {
      this.hooks.choose(name);
      return;
    }
    this.offer.replaceChildren(
      element("p", { text: `${model.about}.` }),
      element("p", { class: "note", text: `${size(model.bytes)}, licence ${model.licence}` }),
      element("button", {
        class: "primary",
        type: "button",
        text: this.schema.offline ? "Offline" : "Download",
        disabled: this.schema.offline,
        onclick: () => this.#fetch(name),
      }),
    );
  }

  async #fetch(name) {
    try {
      let work = await api.fetchModel(name);
      while (work.state === "working") {
        this.#showFetch(name, work.stage === "fetch" ? work.fraction : 0);
        await new Promise((resume) => setTimeout(resume, POLL_MS));
        work = await api.fetchStatus(name);
      }
      this.offer.hidden = true;
      if (work.state === "failed") throw new Error(work.error);
      if (work.state !== "ready") return;
      this.#setModels(work.models);
      this.hooks.choose(name);
    } catch (error) {
      this.offer.hidden = true;
      this.hooks.fault(error);
    }
  }

  #showFetch(name, fraction) {
    const meter = element("div", { class: "meter" }, element("div"));
    /** @type {HTMLElement} */ (meter.firstChild).style.width = `${100 * fraction}%`;
    this.offer.replaceChildren(
      element("p", { text: `Fetching ${name} … ${Math.round(100 * fraction)} %` }),
      meter,
      element("button", {
        class: "secondary",
        type: "button",
        text: "Stop",
        onclick: () => api.cancelFetch(name).catch(() => {}),
      }),
    );
  }
}
