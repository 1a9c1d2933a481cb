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

  /** Add a photo: at a place among the others, or at the end. */
  add(photo, index = this.items.size) {
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
    this.list.insertBefore(item, this.list.children[index] ?? null);
    this.refresh(photo);
  }

  refresh(photo) {
    const entry = this.items.get(photo);
    if (entry === undefined) return;
    const { thumb } = entry;
    const failed = photo.state === "failed" && !photo.ready;
    thumb.classList.toggle("working", !photo.ready && photo.state === "working");
    thumb.classList.toggle("failed", failed);
    thumb.textContent = failed ? `Cannot open ${photo.name}` : "";
    thumb.title = failed ? `${photo.name}: ${photo.error}` : photo.name;
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
    const all = [...this.list.children];
    const place = all.indexOf(this.items.get(photo).item);
    const next = all[(place + by + all.length) % all.length];
    for (const [other, { item, thumb }] of this.items) {
      if (item !== next) continue;
      thumb.focus();
      this.hooks.choose(other);
    }
  }
}
