// The open photos: adding, choosing and closing them, and whose pixels stay in memory.

import * as api from "./api.js";
import { Filmstrip } from "./filmstrip.js";
import { Line } from "./line.js";
import { ORDERS } from "./orders.js";
import { Photo } from "./photo.js";

const LOADED_PHOTOS = 5;
const REGRET_MS = 10_000; // how long a closed photo can be had back
const AHEAD_MS = 1000; // so long nobody waits for anything before others are made ready

export class Album {
  photos = [];
  current = null;
  selected = [];
  #on;
  #strip;
  #recent = []; // those whose pixels are here, the one shown last first
  #line = new Line();
  #opening = Promise.resolve(); // one after the other, so that their order holds
  #comeUp = []; // opened last: the first that is a photo comes up, unless another is chosen
  #closing = new Map(); // photo → timer
  #added = new Map(); // photo → its number
  #count = 0;
  #coming = new Set(); // whose pixels are on their way
  #aheadTimer = 0;
  /** @type {keyof typeof ORDERS} */
  #order = "opened";

  /**
   * @param {HTMLElement} strip where their thumbnails go
   * @param {any} on what the page does:
   *   chosen(photo or null), listed(), isEdited(photo), fault(error, photo), closed(photos, undo),
   *   atRest(), whether nobody waits for a picture, and of the current photo alone progress(), pixels(), prepared(), improved(), strokes(where the map changed), facts()
   */
  constructor(strip, on) {
    this.#on = on;
    this.#strip = new Filmstrip(strip, {
      choose: (photo) => this.choose(photo),
      close: (photo) => this.close(photo),
      selected: (photos) => this.#select(photos),
      isEdited: (photo) => on.isEdited(photo),
    });
  }

  /**
   * Open photos, in this order; the first of them comes up, that is, of those that can be read.
   *
   * @param {{name: string, open: () => Promise<Status>}[]} sources
   * @param {import("./photo.js").Photo|null} after stand after this one, not at the end
   * @returns {Promise<any>} once the server has them all
   */
  open(sources, after = null) {
    const photos = sources.map(({ name, open }) => new Photo(name, open));
    for (const photo of photos) this.#add(photo, after);
    if (photos.length > 0) {
      this.choose(photos[0]);
      this.#comeUp = photos;
    }
    const all = photos.map((photo) => {
      this.#opening = this.#opening.then(() => this.#open(photo));
      return this.#opening;
    });
    return Promise.all(all);
  }

  /** Take photos that the server has open already. */
  adopt(statuses) {
    for (const status of statuses) {
      // A copy that was opened by this again would be the photo itself.
      const again = status.which === null || status.copy > 1 ? null : () => api.openOffered(status.which);
      const photo = new Photo(status.name, again);
      photo.adopt(status);
      this.#add(photo);
      this.#load(photo);
    }
    if (statuses.length > 0) this.choose(this.photos[0]);
  }

  #select(photos) {
    this.selected = photos;
    this.#on.listed();
  }

  /**
   * Show the photos in another order, now and when others come.
   *
   * @param {keyof typeof ORDERS} order
   */
  sort(order) {
    this.#order = order;
    const before = new Map(this.photos.map((photo, index) => [photo, index]));
    const facts = (photo) => ({
      name: photo.name,
      added: this.#added.get(photo),
      edited: this.#on.isEdited(photo),
    });
    this.photos.sort((a, b) => ORDERS[order](facts(a), facts(b)));
    if (this.photos.some((photo, index) => before.get(photo) !== index)) this.#strip.arrange(this.photos);
  }

  #add(photo, after = null) {
    this.photos.push(photo);
    const count = this.#count++;
    this.#added.set(photo, after === null ? count : this.#added.get(after) + count / 1e6);
    this.#strip.add(photo);
    this.sort(this.#order);
    this.#on.listed();
    const ofCurrent = (event, act) =>
      photo.addEventListener(event, ({ detail }) => {
        if (photo === this.current) act(detail);
      });
    photo.addEventListener("progress", () => this.#strip.refresh(photo));
    photo.addEventListener("edit", () => this.#strip.refresh(photo));
    ofCurrent("progress", () => this.#on.progress());
    ofCurrent("pixels", () => this.#on.pixels());
    ofCurrent("prepared", () => this.#on.prepared());
    ofCurrent("improved", () => this.#on.improved());
    ofCurrent("strokes", (changed) => this.#on.strokes(changed));
    ofCurrent("facts", () => this.#on.facts());
    photo.addEventListener("loaded", () => this.#loaded(photo));
    photo.addEventListener("fault", (event) => this.#on.fault(event.detail, photo));
  }

  async #open(photo) {
    if (photo.closed) return;
    try {
      await photo.open();
    } catch (error) {
      this.#failed(photo, error);
      return;
    }
    if (photo.closed) this.#forget(photo); // while it was on its way
    else this.#load(photo); // the next one need not wait for that
  }

  async #load(photo) {
    try {
      await photo.load(this.#line, () => this.#hasRoomFor(photo));
    } catch (error) {
      this.#failed(photo, error);
    } finally {
      this.#coming.delete(photo);
    }
  }

  // Many may be ready at once: the room of those whose pixels are on their way is taken.
  #hasRoomFor(photo) {
    if (this.#recent.length + this.#coming.size >= LOADED_PHOTOS) return false;
    this.#coming.add(photo);
    return true;
  }

  #failed(photo, error) {
    if (photo.closed) return;
    photo.state = "failed";
    photo.error = error.message;
    this.#strip.refresh(photo);
    const next = this.#comeUp.find(({ state, closed }) => state !== "failed" && !closed);
    if (photo === this.current && next !== undefined) {
      const others = this.#comeUp;
      this.choose(next);
      this.#comeUp = others;
    }
    this.#on.fault(error, photo);
    if (photo === this.current) this.#on.chosen(photo);
  }

  choose(photo) {
    this.#comeUp = [];
    if (this.current !== null) this.current.onScreen = false;
    this.current = photo;
    if (photo !== null) photo.onScreen = true;
    this.#strip.current(photo);
    if (photo?.ready) this.#keepFew(photo);
    this.#on.chosen(photo);
    if (photo !== null) this.#look(photo);
  }

  async #look(photo) {
    try {
      await (photo.unloaded ? photo.reload() : photo.look());
    } catch (error) {
      this.#failed(photo, error);
    }
    this.#lookAhead();
  }

  // Those beside it may be looked at next. The one after it comes last: there is room for one.
  #lookAhead() {
    clearTimeout(this.#aheadTimer);
    this.#aheadTimer = setTimeout(async () => {
      if (this.current === null) return;
      if (!this.#on.atRest() || this.photos.some(({ state }) => state === "working")) {
        this.#lookAhead();
        return;
      }
      const place = this.photos.indexOf(this.current);
      for (const beside of [place - 1, place + 1]) {
        await this.photos[beside]?.expect().catch(() => {}); // who looks at it is told
      }
    }, AHEAD_MS);
  }

  /** Close photos; for a while they can be had back. */
  close(...photos) {
    const places = photos.map((photo) => this.photos.indexOf(photo)).filter((index) => index >= 0);
    const going = places.sort((a, b) => a - b).map((index) => ({ index, photo: this.photos[index] }));
    if (going.length === 0) return;
    const shown = this.current;
    this.photos = this.photos.filter((photo) => !photos.includes(photo));
    for (const { photo } of going) this.#strip.remove(photo);
    if (photos.includes(shown)) {
      const place = going.find(({ photo }) => photo === shown).index;
      const next = place - going.filter(({ index }) => index < place).length;
      this.choose(this.photos[Math.min(next, this.photos.length - 1)] ?? null);
    }
    const kept = going.filter(({ photo }) => photo.ready || photo.unloaded);
    for (const { photo } of going) {
      // Nothing was done yet with one that is not there.
      if (!kept.some((other) => other.photo === photo)) this.#forget(photo);
      else this.#closing.set(photo, setTimeout(() => this.#forget(photo), REGRET_MS));
    }
    if (kept.length > 0) {
      this.#on.closed(
        kept.map(({ photo }) => photo),
        () => this.#takeBack(kept, shown),
      );
    }
  }

  #takeBack(closed, shown) {
    const back = closed.filter(({ photo }) => this.#closing.has(photo));
    for (const { photo, index } of back) {
      clearTimeout(this.#closing.get(photo));
      this.#closing.delete(photo);
      this.photos.splice(index, 0, photo);
      this.#strip.add(photo, index);
    }
    this.#on.listed();
    if (back.length === 0) return;
    this.choose(back.some(({ photo }) => photo === shown) ? shown : back[0].photo);
  }

  /** Close for good what was closed. */
  forgetClosed() {
    for (const photo of this.#closing.keys()) this.#forget(photo);
  }

  #forget(photo) {
    clearTimeout(this.#closing.get(photo));
    this.#closing.delete(photo);
    this.#coming.delete(photo);
    photo.closed = true;
    this.#recent = this.#recent.filter((other) => other !== photo);
    this.#added.delete(photo);
    photo.unload();
    photo.forgetHistory();
    if (photo.id !== null) api.closePhoto(photo.id).catch(() => {});
  }

  #loaded(photo) {
    this.#coming.delete(photo);
    this.#strip.refresh(photo);
    this.#keepFew(photo);
    this.#on.listed();
    if (photo === this.current) this.#on.chosen(photo);
  }

  // The one on the screen stays, whatever else comes in.
  #keepFew(photo) {
    const others = this.#recent.filter((other) => other !== photo && other !== this.current);
    const first = this.current?.ready && this.current !== photo ? [this.current, photo] : [photo];
    this.#recent = [...first, ...others];
    for (const other of this.#recent.splice(LOADED_PHOTOS)) other.unload();
  }

  /** Its pixels are wanted, though it is not the one in sight. */
  want(photo) {
    photo.wanted = true;
    this.#look(photo);
  }
}
