// The studio's lens in a cell of a notebook. Bundled into ../static/refocus.js by `npm run bundle`.

import { LensRenderer } from "../../studio/static/lens/renderer.js";
import { pixelsOf } from "../../studio/static/likeness.js";
import { expand } from "../../studio/static/maps.js";
import { planeOf, sceneGainPx } from "../../studio/static/optics.js";
import { PaintedMap } from "../../studio/static/strokes.js";

const STOPS = [0.95, 1.2, 1.4, 1.8, 2, 2.4, 2.8, 3.5, 4, 4.8, 5.6, 6.7, 8, 9.5, 11, 13, 16];
const REST_MS = 150;

function make(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

/** Bytes of a model, which may be a part of a larger buffer. */
const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

/** What Python packed (defocus.session.payloads.Picture). */
async function unpack(model) {
  const data = bytesOf(model.get("_picture"));
  const end = data.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(data.subarray(0, end)));
  let at = end + 1;
  const take = (length) => {
    at += length;
    return data.slice(at - length, at);
  };
  const blob = new Blob([take(head.photoBytes)], { type: "image/jpeg" });
  const count = head.width * head.height;
  const codes = take(2 * count).buffer;
  const subject = head.hasSubject ? take(count) : null;
  const lamps = head.lamps && { values: bytesOf(model.get("_lamps")), ...head.lamps };
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  let pixels = null;
  const whole = () => {
    pixels ??= pixelsOf(bitmap);
    return pixels;
  };
  const painted = new PaintedMap(expand(codes, head), undefined, { whole, here: whole });
  return { bitmap, painted, subject, lamps, width: head.width };
}

class Cell {
  #frame = 0;
  #timer = 0;
  #renderer = null;
  #original = false;

  constructor(model, picture, el) {
    this.model = model;
    this.picture = picture;
    this.canvas = make("canvas");
    this.stop = make("input", { type: "range", min: "0", max: String(STOPS.length - 1), ariaLabel: "Aperture" });
    this.stopText = make("output");
    this.look = make("select", { ariaLabel: "Look" }, make("option", { value: "", textContent: "Look …" }));
    model.get("_looks").forEach(({ title }, index) => {
      this.look.append(make("option", { value: String(index), textContent: title }));
    });
    this.compare = make("button", { type: "button", textContent: "Original", title: "Hold to see the original" });
    this.subject = make("button", { type: "button", textContent: "Focus on the subject" });
    const row = make("div", { className: "row" },
      make("label", {}, "Aperture", this.stop, this.stopText), this.look, this.subject, this.compare);
    this.root = make("div", { className: "defocus-cell" }, this.canvas, row);
    el.append(this.root);
    this.#wire();
    // A browser has few graphics contexts: a cell that is out of sight gives its own back.
    this.watcher = new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting) this.#begin();
      else this.#end();
    });
    this.watcher.observe(this.root);
  }

  get edit() {
    return this.model.get("edit");
  }

  #change(change) {
    this.model.set("edit", { ...structuredClone(this.edit), ...change });
    this.model.save_changes();
  }

  #wire() {
    this.root.addEventListener("click", (event) => {
      if (event.target !== this.canvas) return;
      const box = this.canvas.getBoundingClientRect();
      const share = (value) => Math.min(1, Math.max(0, value));
      const at = [
        share((event.clientX - box.left) / box.width),
        share((event.clientY - box.top) / box.height),
      ];
      this.#change({ focus: { mode: "point", at, range: null } });
    });
    this.stop.addEventListener("input", () => {
      this.#change({ lens: { ...this.edit.lens, f_number: STOPS[Number(this.stop.value)] } });
    });
    this.look.addEventListener("change", () => {
      const look = this.model.get("_looks")[Number(this.look.value)];
      if (this.look.value === "") return;
      this.look.value = "";
      const { lens, ...others } = look.edit;
      this.#change({ ...others, lens: { ...this.edit.lens, ...lens } });
    });
    this.subject.addEventListener("click", () => {
      this.#change({ focus: { mode: "auto", at: [], range: null } });
    });
    const hold = (held) => () => {
      this.#original = held;
      this.update();
    };
    this.compare.addEventListener("pointerdown", hold(true));
    for (const end of ["pointerup", "pointerleave", "blur"]) this.compare.addEventListener(end, hold(false));
  }

  #begin() {
    if (this.#renderer !== null) return;
    this.#renderer = new LensRenderer(this.canvas, () => this.#load());
    this.#load();
  }

  #load() {
    const { bitmap, painted, subject, lamps } = this.picture;
    this.#renderer.setPhoto(bitmap);
    painted.set(this.edit.strokes);
    this.#renderer.setLamps(lamps);
    this.#renderer.setDisparity(painted.map, subject);
    this.update();
  }

  #end() {
    if (this.#renderer === null) return;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#renderer.dispose();
    this.#renderer = null;
    // A canvas whose context is gone gives no other; its place keeps its height.
    const fresh = make("canvas", { width: this.canvas.width, height: this.canvas.height });
    this.canvas.replaceWith(fresh);
    this.canvas = fresh;
  }

  /** The edit has changed, here or in Python. */
  update() {
    const { lens } = this.edit;
    const nearest = STOPS.reduce((best, stop, index) =>
      Math.abs(stop - lens.f_number) < Math.abs(STOPS[best] - lens.f_number) ? index : best, 0);
    this.stop.value = String(nearest);
    this.stopText.textContent = `f/${lens.f_number}`;
    if (this.#renderer === null) return;
    const { painted, subject } = this.picture;
    const changed = painted.set(this.edit.strokes);
    if (changed !== null) this.#renderer.setDisparity(painted.map, subject, changed);
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    if (this.#original) {
      this.#renderer.showOriginal();
      return;
    }
    const { edit } = this;
    const facts = this.model.get("_facts");
    const plane = planeOf(edit.focus, this.picture.painted.map, this.picture.subject, facts);
    const scale = this.picture.width / facts.width;
    this.#renderer.render({
      plane: { ...plane, holdsSubject: Number(plane.holdsSubject) },
      gain: sceneGainPx(facts, edit, plane) * scale,
      lens: edit.lens,
      foreground: edit.foreground,
    });
    this.#timer = setTimeout(() => this.#refine(), REST_MS);
  }

  #refine() {
    this.#frame = requestAnimationFrame(() => {
      if (this.#renderer?.refine()) this.#refine();
    });
  }

  dispose() {
    this.watcher.disconnect();
    this.#end();
    this.root.remove();
  }
}

export default {
  /** One view of a model; what it returns frees the view's graphics. */
  async render({ model, el }) {
    const cell = new Cell(model, await unpack(model), el);
    const update = () => cell.update();
    model.on("change:edit", update);
    return () => {
      model.off("change:edit", update);
      cell.dispose();
      cell.picture.bitmap.close();
    };
  },
};
