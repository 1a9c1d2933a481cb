// A photo with another edit beside its own, for a second picture of it.

import { sceneGainPx } from "./optics.js";

/** What of a photo a preview needs; the edit follows the photo's own. */
export class Variant {
  /** @type {Change} */
  change = (edit) => edit;

  /** @param {import("./photo.js").Photo} photo */
  constructor(photo) {
    this.photo = photo;
  }

  get edit() {
    return this.change(this.photo.edit);
  }

  get id() {
    return this.photo.id;
  }

  get state() {
    return this.photo.state;
  }

  get complete() {
    return this.photo.complete;
  }

  get isDraft() {
    return this.photo.isDraft;
  }

  get depths() {
    return this.photo.depths;
  }

  get ready() {
    return this.photo.ready;
  }

  get picture() {
    return this.photo.picture;
  }

  pixels() {
    return this.photo.pixels();
  }

  get map() {
    return this.photo.map;
  }

  get subject() {
    return this.photo.subject;
  }

  get lamps() {
    return this.photo.lamps;
  }

  get scene() {
    return this.photo.scene;
  }

  get size() {
    return this.photo.size;
  }

  plane() {
    return this.photo.plane(this.edit);
  }

  gain(plane) {
    return sceneGainPx(this.scene, this.edit, plane);
  }

  ask(call) {
    return this.photo.ask(call);
  }
}

/** As it came from the camera. */
export const untouched = (edit) => ({ ...edit, amount: 0, matte: false, method: "lens" });

/** At another aperture. */
export const atStop = (fNumber) => (edit) => ({ ...edit, lens: { ...edit.lens, f_number: fNumber } });
