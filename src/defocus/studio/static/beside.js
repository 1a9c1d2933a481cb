// A second picture beside the photo: as it came from the camera, at another aperture, or another of
// the open photos. Zoom and place are those of the first.

import { element } from "./panel/controls.js";
import { fText } from "./panel/dial.js";
import { Preview } from "./preview.js";
import { atStop, untouched, Variant } from "./variant.js";

const STOPS = [1.2, 2, 2.8, 4, 5.6, 8];

export class Beside {
  #at;
  #hooks;
  #preview = null; // made when it is first wanted
  #variants = new WeakMap(); // photo → Variant
  #photo = null;
  #placed = null;
  /** @type {string|import("./photo.js").Photo} */
  #what = "original";
  #offered = []; // photos

  /**
   * @param {(id: string) => any} at
   * @param {object} hooks
   * @param {() => import("./photo.js").Photo[]} hooks.photos that are open
   * @param {(photo: import("./photo.js").Photo) => void} hooks.want bring its pixels
   * @param {import("./viewport.js").Viewport} hooks.viewport whose place is followed
   */
  constructor(at, hooks) {
    this.#at = at;
    this.#hooks = hooks;
    at("beside-toggle").addEventListener("click", () => this.toggle());
    at("beside-close").addEventListener("click", () => this.toggle(false));
    at("beside-what").addEventListener("change", (event) => this.choose(event.target.value));
    this.#listen(at("beside"));
  }

  get on() {
    return !this.#at("beside").hidden;
  }

  /** The second picture's preview, or null as long as there was none. */
  get preview() {
    return this.#preview;
  }

  toggle(on = !this.on) {
    this.#at("beside").hidden = !on;
    this.#at("stage").classList.toggle("two", on);
    this.#at("beside-toggle").setAttribute("aria-pressed", String(on));
    if (on) this.show(this.#photo);
  }

  /** The photo in sight is another one, or has its pixels now. */
  show(photo) {
    this.#photo = photo;
    if (!this.on) return;
    if (!photo?.ready) return;
    this.#offer();
    this.#show(this.#what);
  }

  /** Show this: `original`, `f/…` or, as `photo …`, one of those that are offered. */
  choose(value) {
    this.#show(value.startsWith("photo ") ? this.#offered[Number(value.slice(6))] : value);
  }

  #show(what) {
    const gone = typeof what !== "string" && (what === this.#photo || !this.#offered.includes(what));
    this.#what = gone ? "original" : what;
    this.#at("beside-what").value = this.#value;
    this.#preview ??= new Preview(this.#at("beside-preview"), this.#at("beside-detail"));
    if (typeof this.#what === "string") {
      const variant = this.#variantOf(this.#photo);
      variant.change = this.#what === "original" ? untouched : atStop(Number(this.#what.slice(2)));
      this.#preview.show(variant);
    } else if (this.#what.ready) this.#preview.show(this.#what);
    else this.#hooks.want(this.#what);
    this.#place();
  }

  /** An open photo has come, gone, or has its pixels now. */
  listed() {
    if (!this.on || !this.#photo?.ready) return;
    this.#offer();
    const what = this.#what;
    if (typeof what === "string") return;
    if (!this.#offered.includes(what) || (what.ready && this.#shown !== what)) this.#show(what);
  }

  /** The edit has changed. @param {{rack?: boolean}} options */
  update(options) {
    if (this.#isOfThis()) this.#preview.update(options);
  }

  strokesChanged(changed) {
    if (this.#isOfThis()) this.#preview.strokesChanged(changed);
  }

  depthChanged() {
    if (this.#isOfThis()) this.#preview.depthChanged();
  }

  /** The first picture was placed so; and this part of it (in its pixels) needs all pixels. */
  placed(placement, part) {
    this.#placed = { placement, part };
    if (this.on) this.#place();
  }

  get #shown() {
    return this.#preview?.photo ?? null;
  }

  #isOfThis() {
    return this.on && this.#preview !== null && this.#shown === this.#variants.get(this.#photo);
  }

  #variantOf(photo) {
    if (!this.#variants.has(photo)) this.#variants.set(photo, new Variant(photo));
    return this.#variants.get(photo);
  }

  // What is shown, as the list has it.
  get #value() {
    const what = this.#what;
    return typeof what === "string" ? what : `photo ${this.#offered.indexOf(what)}`;
  }

  #offer() {
    const option = (value, text) => element("option", { value, text });
    this.#offered = this.#hooks.photos().filter((photo) => photo !== this.#photo);
    this.#at("beside-what").replaceChildren(
      option("original", "Original"),
      ...STOPS.map((stop) => option(`f/${stop}`, `f/${fText(stop)}`)),
      ...this.#offered.map((photo, index) => option(`photo ${index}`, photo.name)),
    );
    this.#at("beside-what").value = this.#value;
  }

  // Another photo of another shape lies within the place of the first.
  #place() {
    if (this.#placed === null || this.#shown === null || this.#photo === null) return;
    const { placement, part } = this.#placed;
    const { width, height } = within(placement.shown, this.#shown.size);
    const x = placement.offset.x + (placement.shown.width - width) / 2;
    const y = placement.offset.y + (placement.shown.height - height) / 2;
    const { style } = this.#at("beside-sheet");
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    const { size } = placement;
    const alike = Math.abs(width - placement.shown.width) < 1 && Math.abs(height - placement.shown.height) < 1;
    const scale = this.#shown.size.width / size.width;
    const wanted = part !== null && alike ? scaled(part, scale) : null;
    this.#preview.magnify(wanted, (placement.scale * devicePixelRatio) / scale);
  }

  // It is moved and magnified as the first one is.
  #listen(pane) {
    const { viewport } = this.#hooks;
    const local = (event) => {
      const { left, top } = pane.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    let last = null;
    pane.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".beside-head") !== null) return;
      pane.setPointerCapture(event.pointerId);
      last = event;
    });
    pane.addEventListener("pointermove", (event) => {
      if (last === null) return;
      viewport.panBy(event.clientX - last.clientX, event.clientY - last.clientY);
      last = event;
    });
    for (const end of ["pointerup", "pointercancel"]) {
      pane.addEventListener(end, () => {
        last = null;
      });
    }
    pane.addEventListener("dblclick", (event) => viewport.toggleZoom(local(event)));
    pane.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        viewport.zoomByWheel(event, local(event));
      },
      { passive: false },
    );
  }
}

const scaled = ({ x, y, width, height }, by) => ({
  x: x * by,
  y: y * by,
  width: width * by,
  height: height * by,
});

/** The largest size of a shape that lies within another size. */
export function within(room, { width, height }) {
  const scale = Math.min(room.width / width, room.height / height);
  return { width: width * scale, height: height * scale };
}
