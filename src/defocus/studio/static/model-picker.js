// Which network estimates depth; one that is not here yet is offered with its size and licence.

import { element, select } from "./controls.js";

const size = (bytes) => `${Math.round(bytes / 1e6)} MB`;

export class ModelPicker {
  /**
   * @param {object} schema of the server
   * @param {{choose: (name: string) => void, fetch: (name: string) => void}} hooks
   */
  constructor(schema, hooks) {
    this.schema = schema;
    this.hooks = hooks;
    this.list = select({ label: "Depth model", onChange: (name) => this.#choose(name) });
    this.note = element("p", { class: "note" });
    this.offer = element("div", { class: "offer", hidden: true });
    this.elements = [this.list.element, this.note, this.offer];
    this.setModels(schema.models);
  }

  /** Fill the list. */
  setModels(models) {
    this.models = new Map(models.map((model) => [model.name, model]));
    this.list.offer(
      models.map(({ name, ready, bytes }) => [name, ready ? name : `${name} (${size(bytes)})`]),
    );
  }

  /** Show an edit's choice, and where the present depth came from. */
  show(name, source) {
    if (!this.offer.hidden) return;
    this.list.set(name);
    this.note.textContent = `Depth from: ${source}`;
  }

  /** Progress of a download; null ends it. */
  showFetch(name, fraction, cancel) {
    if (fraction === null) {
      this.offer.hidden = true;
      return;
    }
    const meter = element("div", { class: "meter" }, element("div"));
    meter.firstChild.style.width = `${100 * fraction}%`;
    this.offer.replaceChildren(
      element("p", { text: `Fetching ${name} … ${Math.round(100 * fraction)} %` }),
      meter,
      element("button", { class: "secondary", type: "button", text: "Stop", onclick: cancel }),
    );
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
        onclick: () => this.hooks.fetch(name),
      }),
    );
  }
}
