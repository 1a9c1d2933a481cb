// The open photos in a row.

import * as api from "./api.js";
import { element, icon } from "./panel/controls.js";

const LONG_MS = 500; // of a touch
const SLOP_PX = 8;

export class Filmstrip {
  /**
   * @param {HTMLElement} list
   * @param {object} hooks
   * @param {(photo: any) => void} hooks.choose
   * @param {(photo: any) => void} hooks.close
   * @param {(photos: any[]) => void} hooks.selected other photos were marked, beside the one shown
   * @param {(photo: any) => boolean} hooks.isEdited
   */
  constructor(list, hooks) {
    this.list = list;
    this.hooks = hooks;
    this.items = new Map();
    this.selected = new Set();
    this.last = null; // marked or chosen last: where a range begins
    this.shown = null;
    this.touch = null; // a finger rests on a thumb: { timer, x, y, long }
    new ResizeObserver(() => this.#showCurrent()).observe(list);
  }

  /** Add a photo: at a place among the others, or at the end. */
  add(photo, index = this.items.size) {
    const thumb = element("button", {
      class: "thumb",
      type: "button",
      title: photo.name,
      "aria-label": photo.name,
      onclick: (event) => this.#click(event, photo),
      onkeydown: (event) => this.#move(event, photo),
      onpointerdown: (event) => this.#touched(event, photo),
      onpointermove: (event) => this.#slid(event),
      onpointercancel: () => clearTimeout(this.touch?.timer),
      onpointerup: () => clearTimeout(this.touch?.timer),
      oncontextmenu: (event) => this.touch !== null && event.preventDefault(),
    });
    thumb.setAttribute("aria-keyshortcuts", "ArrowLeft ArrowRight Control+Enter Control+A Delete");
    const name = element("span", { class: "name", "aria-hidden": "true", text: photo.name });
    const badge = element("span", { class: "badge", title: "Edited", hidden: true });
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
    const item = element("li", {}, thumb, badge, name, close);
    this.items.set(photo, { item, thumb, badge, name, close });
    this.#tabTo(photo, photo === this.shown);
    this.list.insertBefore(item, this.list.children[index] ?? null);
    this.refresh(photo);
  }

  refresh(photo) {
    const entry = this.items.get(photo);
    if (entry === undefined) return;
    const { thumb, badge, name } = entry;
    name.textContent = photo.name; // a copy learns its own from the server
    badge.hidden = !this.hooks.isEdited(photo);
    const failed = photo.broken;
    thumb.setAttribute("aria-label", `${photo.name}${failed ? ", cannot be opened" : badge.hidden ? "" : ", edited"}`);
    // One that only gave its room to others can be shown, whatever is done to it meanwhile.
    const awaited = photo.state === "working" && !photo.ready && !photo.unloaded;
    thumb.classList.toggle("working", awaited);
    thumb.classList.toggle("failed", failed);
    thumb.textContent = failed ? "Cannot open" : ""; // its name would be cut off
    thumb.title = failed ? `${photo.name}: ${photo.error}` : photo.name;
    if (photo.size !== null && !thumb.style.backgroundImage) {
      thumb.style.backgroundImage = `url("${api.layerUrl(photo.id, "thumbnail")}")`;
    }
  }

  /** Put the photos in this order. */
  arrange(photos) {
    for (const photo of photos) this.list.append(this.items.get(photo).item);
  }

  // Tab comes to the photo in sight and goes on: the arrows lead along the strip.
  #tabTo(photo, on) {
    const { thumb, close } = this.items.get(photo);
    for (const one of [thumb, close]) one.tabIndex = on ? 0 : -1;
  }

  current(photo) {
    this.shown = photo;
    for (const [other, { thumb }] of this.items) {
      this.#tabTo(other, other === photo);
      if (other === photo) thumb.setAttribute("aria-current", "true");
      else thumb.removeAttribute("aria-current");
    }
    this.last = photo;
    this.#showCurrent();
  }

  #showCurrent() {
    this.items.get(this.shown)?.item.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  remove(photo) {
    const item = this.items.get(photo)?.item;
    // Who closes photos by key goes on from there.
    if (item?.contains(document.activeElement)) queueMicrotask(() => this.#takeFocus());
    item?.remove();
    this.items.delete(photo);
    this.select(without(this.selected, photo));
  }

  #takeFocus() {
    const next = this.items.get(this.shown)?.thumb ?? this.list.nextElementSibling;
    /** @type {HTMLElement|null} */ (next)?.focus();
  }

  /** Photos in the order of the strip. */
  get #order() {
    const place = (photo) => [...this.list.children].indexOf(this.items.get(photo).item);
    return [...this.items.keys()].sort((a, b) => place(a) - place(b));
  }

  // A long touch marks a photo; while some are marked, so does a short one.
  #touched(event, photo) {
    this.touch = null;
    if (event.pointerType !== "touch") return;
    const touch = { x: event.clientX, y: event.clientY, long: false, timer: 0 };
    touch.timer = setTimeout(() => {
      touch.long = true;
      this.#mark(photo);
    }, LONG_MS);
    this.touch = touch;
  }

  #slid({ clientX, clientY }) {
    const { touch } = this;
    if (touch !== null && Math.hypot(clientX - touch.x, clientY - touch.y) > SLOP_PX) clearTimeout(touch.timer);
  }

  #mark(photo) {
    this.select(this.selected.has(photo) ? without(this.selected, photo) : [...this.selected, photo]);
  }

  // Control marks one more, Shift all up to it, as files are marked everywhere.
  #click(event, photo) {
    const { touch } = this;
    this.touch = null;
    if (touch?.long) return; // that was it
    if (event.ctrlKey || event.metaKey || (touch !== null && this.selected.size > 0)) {
      this.#mark(photo);
    } else if (event.shiftKey && this.items.has(this.last)) {
      const order = this.#order;
      const [from, to] = [order.indexOf(this.last), order.indexOf(photo)].sort((a, b) => a - b);
      this.select([...this.selected, ...order.slice(from, to + 1)]);
      return;
    } else {
      this.select([]);
      this.hooks.choose(photo);
    }
    this.last = photo;
  }

  /** Mark these photos and no others. */
  select(photos) {
    this.selected = new Set(photos);
    for (const [photo, { thumb }] of this.items) {
      thumb.setAttribute("aria-pressed", String(this.selected.has(photo)));
    }
    this.hooks.selected(this.#order.filter((photo) => this.selected.has(photo)));
  }

  #move(event, photo) {
    if (event.key === "Escape") this.select([]);
    if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.select([...this.items.keys()]);
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault(); // a key's click does not say what is held with it
      this.#mark(photo);
    }
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
      if (event.shiftKey) this.select([...this.selected, photo, other]);
    }
  }
}

const without = (photos, one) => [...photos].filter((photo) => photo !== one);
