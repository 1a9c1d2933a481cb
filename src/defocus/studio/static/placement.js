// Where the photo lies in its viewport: zoom and offset. Lengths are CSS pixels.

const MARGIN_PX = 20;
const NARROW_PX = 600; // a viewport without room for a margin
const SMALL_PX = 900; // a smaller photo is enlarged to this, not further
const MAX_ZOOM = 4;
const OVERLAP = 0.25; // of the viewport: a photo may be moved aside, but never out of sight

export class Placement {
  size = { width: 1, height: 1 };
  room = { width: 1, height: 1 };
  scale = 1;
  offset = { x: 0, y: 0 };
  fitted = true;

  /** Show all of the photo. */
  fit() {
    this.fitted = true;
    this.scale = this.#fitScale();
    this.#settle();
  }

  /**
   * Show a photo of another size: all of it, or, if a part of the last one was in sight, the same
   * part as large.
   */
  take(size, room) {
    const at = { x: this.room.width / 2, y: this.room.height / 2 };
    const middle = this.place01(at);
    Object.assign(this, { size, room });
    if (this.fitted) {
      this.fit();
      return;
    }
    this.offset = {
      x: room.width / 2 - middle.x * this.shown.width,
      y: room.height / 2 - middle.y * this.shown.height,
    };
    this.zoomTo(this.scale);
  }

  /** The viewport has another size. */
  resize(room) {
    this.room = room;
    if (this.fitted) this.fit();
    else this.#settle();
  }

  /** Zoom around a point of the viewport. */
  zoomTo(scale, at = { x: this.room.width / 2, y: this.room.height / 2 }) {
    const least = this.#fitScale();
    const next = Math.min(MAX_ZOOM, Math.max(least, scale));
    const x = (at.x - this.offset.x) / this.scale;
    const y = (at.y - this.offset.y) / this.scale;
    this.scale = next;
    this.fitted = next <= least * 1.001;
    this.offset = { x: at.x - x * next, y: at.y - y * next };
    this.#settle();
  }

  panBy(x, y) {
    this.offset = { x: this.offset.x + x, y: this.offset.y + y };
    this.#settle();
  }

  /** Width and height of the photo as it is shown. */
  get shown() {
    return { width: this.size.width * this.scale, height: this.size.height * this.scale };
  }

  /** The part of the photo that is in sight, in its pixels. */
  get visible() {
    const { size, room, offset, scale } = this;
    const x = Math.max(0, -offset.x / scale);
    const y = Math.max(0, -offset.y / scale);
    const right = Math.min(size.width, (room.width - offset.x) / scale);
    const bottom = Math.min(size.height, (room.height - offset.y) / scale);
    return { x, y, width: right - x, height: bottom - y };
  }

  /** Fractions of the photo at a point of the viewport. */
  place01(point) {
    const { width, height } = this.shown;
    const x = (point.x - this.offset.x) / width;
    const y = (point.y - this.offset.y) / height;
    return { x, y, inside: x >= 0 && x <= 1 && y >= 0 && y <= 1 };
  }

  #fitScale() {
    const { size, room } = this;
    const margin = room.width < NARROW_PX ? 0 : 2 * MARGIN_PX;
    return Math.min(
      (room.width - margin) / size.width,
      (room.height - margin) / size.height,
      Math.max(1, SMALL_PX / Math.max(size.width, size.height)),
    );
  }

  #settle() {
    const keep = (offset, length, room) =>
      length <= room
        ? (room - length) / 2
        : Math.min(room * OVERLAP, Math.max(room * (1 - OVERLAP) - length, offset));
    const { width, height } = this.shown;
    this.offset = {
      x: keep(this.offset.x, width, this.room.width),
      y: keep(this.offset.y, height, this.room.height),
    };
  }
}
