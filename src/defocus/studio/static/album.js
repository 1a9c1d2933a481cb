// The open photos: adding, choosing and closing them, and whose pixels stay in memory.

import * as api from "./api.js";
import { Filmstrip } from "./filmstrip.js";
import { Photo } from "./photo.js";

const LOADED_PHOTOS = 5;

export class Album {
  photos = [];
  current = null;
  #on;
  #strip;
  #recent = []; // those whose pixels are here, the one shown last first

  /**
   * @param {HTMLElement} strip where their thumbnails go
   * @param {object} on what the page does:
   *   opening(name), chosen(photo or null), fault(error), and of the current photo alone
   *   progress(), pixels(), improved(), strokes(where the map changed), facts()
   */
  constructor(strip, on) {
    this.#on = on;
    this.#strip = new Filmstrip(strip, {
      choose: (photo) => this.choose(photo),
      close: (photo) => this.close(photo),
    });
  }

  /** Let the server open a photo, and take it. */
  async open(request, name) {
    this.#on.opening(name);
    try {
      await this.adopt(await request());
    } catch (error) {
      this.#on.fault(error);
    }
  }

  /** Take a photo that the server has opened. */
  async adopt(status) {
    const photo = new Photo(status);
    this.photos.push(photo);
    this.#strip.add(photo);
    const ofCurrent = (event, act) =>
      photo.addEventListener(event, ({ detail }) => {
        if (photo === this.current) act(detail);
      });
    photo.addEventListener("progress", () => this.#strip.refresh(photo));
    ofCurrent("progress", () => this.#on.progress());
    ofCurrent("pixels", () => this.#on.pixels());
    ofCurrent("improved", () => this.#on.improved());
    ofCurrent("strokes", (changed) => this.#on.strokes(changed));
    ofCurrent("facts", () => this.#on.facts());
    photo.addEventListener("loaded", () => this.#loaded(photo));
    photo.addEventListener("fault", (event) => this.#fault(photo, event.detail));
    if (this.current === null || !this.current.ready) this.choose(photo);
    try {
      await photo.load();
    } catch (error) {
      photo.state = "failed";
      this.#fault(photo, error);
    }
  }

  choose(photo) {
    if (this.current !== null) this.current.onScreen = false;
    this.current = photo;
    if (photo !== null) photo.onScreen = true;
    this.#strip.current(photo);
    if (photo?.ready) this.#keepFew(photo);
    this.#on.chosen(photo);
    if (photo?.unloaded) this.#bringBack(photo);
  }

  close(photo) {
    const index = this.photos.indexOf(photo);
    this.photos.splice(index, 1);
    this.#strip.remove(photo);
    this.#recent = this.#recent.filter((other) => other !== photo);
    photo.unload();
    photo.forgetHistory();
    api.closePhoto(photo.id).catch(() => {});
    if (photo === this.current) this.choose(this.photos[Math.max(0, index - 1)] ?? null);
  }

  #loaded(photo) {
    this.#strip.refresh(photo);
    if (photo === this.current || !this.current?.ready) this.choose(photo);
    else this.#keepFew(photo);
    this.#on.progress(); // whatever is shown, this one is no longer being opened
  }

  #fault(photo, error) {
    this.#strip.refresh(photo);
    this.#on.fault(error);
  }

  #keepFew(photo) {
    this.#recent = [photo, ...this.#recent.filter((other) => other !== photo)];
    for (const other of this.#recent.splice(LOADED_PHOTOS)) other.unload();
  }

  async #bringBack(photo) {
    try {
      await photo.reload();
    } catch (error) {
      this.#on.fault(error);
    }
  }
}
