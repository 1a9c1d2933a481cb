// The open photos in a row.

import * as api from "./api.js";
import { element, icon } from "./panel/controls.js";

export class Filmstrip {
  /**
   * @param {HTMLElement} list
   * @param {{choose: (photo: object) => void, close: (photo: object) => void}} hooks
   */
  constructor(list, hooks) {
    this.list = list;
    this.hooks = hooks;
    this.items = new Map();
  }

  add(photo) {
    const thumb = element("button", {
      class: "thumb",
      type: "button",
      title: photo.name,
      "aria-label": photo.name,
      onclick: () => this.hooks.choose(photo),
      onkeydown: (event) => this.#move(event, photo),
    });
    const close = element(
      "button",
      {
        class: "close icon",
        type: "button",
        "aria-label": `Close ${photo.name}`,
        onclick: () => this.hooks.close(photo),
      },
      icon("close"),
    );
    const item = element("li", {}, thumb, close);
    this.items.set(photo, { item, thumb });
    this.list.append(item);
    this.refresh(photo);
  }

  refresh(photo) {
    const entry = this.items.get(photo);
    if (entry === undefined) return;
    const { thumb } = entry;
    thumb.classList.toggle("working", !photo.ready && photo.state === "working");
    const failed = photo.state === "failed" && !photo.ready;
    thumb.classList.toggle("failed", failed);
    thumb.textContent = failed ? "Cannot open" : "";
    if (photo.size !== null && !thumb.style.backgroundImage) {
      thumb.style.backgroundImage = `url("${api.layerUrl(photo.id, "thumbnail")}")`;
    }
  }

  current(photo) {
    for (const [other, { thumb }] of this.items) {
      if (other === photo) thumb.setAttribute("aria-current", "true");
      else thumb.removeAttribute("aria-current");
    }
    this.items.get(photo)?.item.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  remove(photo) {
    this.items.get(photo)?.item.remove();
    this.items.delete(photo);
  }

  #move(event, photo) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Delete") this.hooks.close(photo);
    if (by === undefined) return;
    event.preventDefault();
    const all = [...this.items.keys()];
    const next = all[(all.indexOf(photo) + by + all.length) % all.length];
    this.items.get(next).thumb.focus();
    this.hooks.choose(next);
  }
}
