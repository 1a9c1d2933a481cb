// Keeps the picture on the screen in step with the edit: quick frames while something moves, a
// focus rack between two planes, what an export would show at rest, and a pixel-for-pixel part when
// magnified.

import * as api from "./api.js";
import { Finished } from "./finished.js";
import { isHeld, whenFree } from "./hand.js";
import { LensRenderer, UnsupportedError } from "./lens/renderer.js";
import { pixelsOf } from "./likeness.js";
import { expand } from "./maps.js";
import { gainPx } from "./optics.js";
import { maskThreshold } from "./panel/depth-group.js";
import { clip, contains, grow } from "./parts.js";
import { PlainRenderer } from "./plain.js";
import { SoftEdges } from "./soft-edges.js";
import { PaintedMap } from "./strokes.js";

const RACK_MS = 240;
const REST_MS = 120;
const DETAIL_WAIT_MS = 180;
// On a side, at most: a 4K screen full, and what blurs into it; rounded, still what the server gives.
const DETAIL_PX = 4390;
const LOST_MS = 2000;

export class Preview {
  /**
   * @param {HTMLCanvasElement} canvas of the whole photo
   * @param {HTMLCanvasElement} detailCanvas of the magnified part
   */
  constructor(canvas, detailCanvas) {
    /** @type {LensRenderer|PlainRenderer} */
    this.base = this.#rendererOrPlain(canvas);
    this.detailCanvas = detailCanvas;
    this.detail = null;
    this.photo = null;
    this.pixels = null;
    this.shown = null;
    this.rack = null;
    /** @type {{overlay: "none"|"disparity"|"peaking", split: number}} */
    this.view = { overlay: "none", split: 0 };
    this.pending = false;
    this.dirty = false;
    this.lastChange = 0;
    this.detailWanted = null;
    this.detailTimer = 0;
    this.soft = new SoftEdges();
    // Of the whole, and of the magnified part.
    this.finished = new Finished(() => this.#showAnew());
    this.finishedPart = new Finished(() => this.#showAnew());
  }

  // The graphics may be taken away (sleep, another program, a driver that fell over). Mostly they
  // come back to the same canvas; if they do not, another canvas may be given some.
  #rendererOn(canvas) {
    canvas.addEventListener("webglcontextlost", () => {
      setTimeout(() => {
        if (this.base.canvas === canvas && this.base.lost) this.#takeOtherCanvas();
      }, LOST_MS);
    });
    return new LensRenderer(canvas, () => this.#showAgain());
  }

  // Without graphics the page shows what the server renders, once the hand rests.
  #rendererOrPlain(canvas) {
    try {
      return this.#rendererOn(canvas);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      const fresh = /** @type {HTMLCanvasElement} */ (canvas.cloneNode()); // its context may be taken
      canvas.replaceWith(fresh);
      return new PlainRenderer(fresh);
    }
  }

  /** Whether the page itself draws no blur. */
  get isPlain() {
    return this.base instanceof PlainRenderer;
  }

  #takeOtherCanvas() {
    const fresh = /** @type {HTMLCanvasElement} */ (this.base.canvas.cloneNode());
    try {
      const renderer = this.#rendererOn(fresh);
      if (renderer.lost) throw new Error("lost again");
      this.base.canvas.replaceWith(fresh);
      this.base = renderer;
      this.#showAgain();
    } catch {
      setTimeout(() => {
        if (this.base.lost) this.#takeOtherCanvas();
      }, LOST_MS);
    }
  }

  #showAgain() {
    const { photo, detailWanted } = this;
    this.#dropDetail();
    this.pixels = null;
    if (photo?.picture) this.show(photo);
    if (detailWanted !== null) this.magnify(detailWanted.part, detailWanted.screenScale);
  }

  /** Show a photo: as it is, or blurred if its depth is there. */
  show(photo) {
    if (this.pixels !== photo.picture) {
      this.#dropDetail();
      this.base.setPhoto(photo.picture);
      this.photo = photo;
      this.pixels = photo.picture;
    }
    this.shown = null;
    this.rack = null;
    if (photo.ready) this.depthChanged();
    else this.base.showOriginal();
  }

  /** The photo has another, better disparity. */
  depthChanged() {
    this.#dropSoftEdges();
    this.finished.keepFor(this.#finishedKey(null));
    this.finishedPart.drop();
    this.base.setLamps(this.photo.lamps);
    this.base.setDisparity(this.photo.map, this.photo.subject);
    if (this.detail !== null) this.#paintDetail();
    else if (this.detailWanted !== null) {
      this.magnify(this.detailWanted.part, this.detailWanted.screenScale);
    }
    this.update();
  }

  /** The server has the photo's best depth. What an export shows can be asked for meanwhile. */
  prepared() {
    if (!this.photo?.ready) return;
    if (this.detail === null && !isHeld()) this.#seek(null);
    this.#schedule();
  }

  /** Brush strokes have come or gone: in this part of the map. */
  strokesChanged(changed) {
    this.#dropSoftEdges();
    this.base.setDisparity(this.photo.map, this.photo.subject, changed);
    if (this.detail !== null) this.#paintDetail();
    this.update();
  }

  /** The edit has changed. With `rack`, focus glides to its new place. */
  update({ rack = false } = {}) {
    if (!this.photo?.ready) return;
    const target = this.photo.plane();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (rack && this.shown !== null && !still) {
      this.rack = { from: this.shown, to: target, start: performance.now() };
    } else {
      this.rack = null;
      this.shown = asNumbers(target);
    }
    if (this.soft.areOld(this.photo, this.detail?.visible ?? null)) this.#dropSoftEdges();
    this.finished.keepFor(this.#finishedKey(null));
    this.finishedPart.keepFor(this.#finishedKey(this.detail));
    this.#showAnew();
  }

  /** Another overlay or split; the blur stays. */
  look(changes) {
    this.view = { ...this.view, ...changes };
    this.#showAnew();
  }

  /**
   * Show a part of the photo as sharp as the screen is.
   *
   * @param {Part|null} part in the photo's pixels; null for the whole
   * @param {number} screenScale pixels of the screen for one of the photo
   */
  magnify(part, screenScale = 1) {
    clearTimeout(this.detailTimer);
    this.detailAbort?.abort();
    const wanted = this.isPlain ? null : part && { part, screenScale };
    this.detailWanted = wanted;
    if (wanted === null) {
      if (this.detail === null) return;
      this.#dropDetail();
      this.update();
      return;
    }
    const has = this.detail !== null && contains(this.detail.visible, part);
    if (has && this.detail.scale > 0.98 * Math.min(1, screenScale)) return;
    this.detailTimer = setTimeout(() => this.#loadDetail(wanted), DETAIL_WAIT_MS);
  }

  get frameMs() {
    return (this.detail?.renderer ?? this.base).frameMs;
  }

  #wake = () => this.#schedule();

  #showAnew() {
    this.dirty = true;
    this.#schedule();
  }

  #schedule() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame((now) => {
      this.pending = false;
      this.#tick(now);
    });
  }

  #tick(now) {
    if (!this.photo?.ready) return;
    if (this.rack !== null) {
      const t = Math.min(1, Math.max(0, (now - this.rack.start) / RACK_MS));
      this.shown = between(this.rack.from, this.rack.to, t * t * (3 - 2 * t));
      if (t >= 1) this.rack = null;
      this.dirty = true;
    }
    if (this.dirty) {
      this.dirty = false;
      this.#draw(this.detail);
      this.lastChange = performance.now(); // the rest begins once the frame is there
      this.baseStale = this.detail !== null;
      this.#schedule();
      return;
    }
    if (performance.now() - this.lastChange < REST_MS) {
      this.#schedule();
      return;
    }
    if (this.baseStale) {
      this.#draw(null);
      this.baseStale = false;
    }
    this.#rest(this.detail);
  }

  // The whole photo, or its magnified part.
  #draw(detail) {
    const renderer = detail?.renderer ?? this.base;
    const finished = this.rack === null && this.view.overlay === "none" ? this.#finishedOf(detail) : null;
    const params = this.#params(detail);
    if (finished === null) renderer.render(params);
    else renderer.showFinished(finished, params.split);
  }

  #rest(detail) {
    // A hand that pauses in the middle of a drag must not set the server to work.
    if (isHeld()) whenFree(this.#wake);
    else if (this.photo.complete) this.#seek(detail);
    const renderer = detail?.renderer ?? this.base;
    // What is slow here is better left to the server, if that can do it, and not done for a draft.
    if (renderer.slow && (this.#awaits(detail) || (this.photo.isDraft && this.#wantsFinished))) return;
    if (renderer.refine()) this.#schedule();
  }

  // Of the original nothing is rendered, and an overlay is the page's own.
  get #wantsFinished() {
    const { overlay, split } = this.view;
    return overlay === "none" && split < 1 && this.photo.edit.amount > 0;
  }

  #awaits(detail) {
    return this.#wantsFinished && this.#finishedFor(detail).pending;
  }

  #seek(detail) {
    const key = this.#finishedKey(detail);
    const finished = this.#finishedFor(detail);
    if (finished.lacks(key)) this.#seekSoftEdges(detail);
    else if (this.#wantsFinished) {
      const { photo } = this;
      const { edit } = photo;
      const part = detail?.visible ?? null;
      finished.seek(key, (signal) => photo.ask((id) => api.portrait(id, edit, part, signal)));
    }
  }

  #finishedFor = (detail) => (detail === null ? this.finished : this.finishedPart);
  #finishedOf = (detail) => this.#finishedFor(detail).of(this.#finishedKey(detail));

  // What a finished picture holds for.
  #finishedKey(detail) {
    const { photo } = this;
    const { output: _, ...choices } = photo.edit;
    return JSON.stringify([photo.id, photo.depths, detail?.visible ?? null, choices]);
  }

  #seekSoftEdges(detail) {
    const renderer = detail?.renderer ?? this.base;
    const dropped = () => this.#dropSoftEdges();
    this.soft.seek(this.photo, detail?.visible ?? null, dropped, (front) => {
      renderer.setSoftEdges(front);
      this.#showAnew();
    });
  }

  #dropSoftEdges() {
    this.soft.drop();
    this.base.setSoftEdges(null);
    this.detail?.renderer.setSoftEdges(null);
  }

  /** Whether the picture is as good as it gets. */
  get atRest() {
    const { finished, finishedPart, soft } = this;
    const asks = finished.pending || finishedPart.pending || soft.pending;
    const { state, complete } = this.photo ?? { state: "", complete: true };
    const awaited = state === "working" || (state === "ready" && !complete);
    return !this.pending && !asks && !awaited;
  }

  // Of the whole photo, or of the magnified part.
  #params(detail) {
    const { photo, shown } = this;
    const { edit, scene } = photo;
    const previewScale = detail?.scale ?? photo.picture.width / scene.width;
    /** @type {any} */
    const params = {
      plane: shown,
      gain: photo.gain(shown) * previewScale,
      lens: edit.lens,
      foreground: edit.foreground,
      ...this.view,
    };
    if (edit.method === "mask") {
      const [low, high] = scene.sourceRange;
      const threshold = low + maskThreshold(edit, scene) * (high - low);
      params.mask = {
        threshold: (threshold - scene.unit.low) / scene.unit.perUnit,
        width: edit.mask.blur_ksize * previewScale,
      };
    }
    if (detail !== null) params.split = this.#splitWithin(detail.part);
    return params;
  }

  #splitWithin(part) {
    return Math.min(1, Math.max(0, (this.view.split - part.x) / part.width));
  }

  async #loadDetail({ part: visible, screenScale }) {
    const { photo } = this;
    if (!photo?.ready) return; // once its depth is here, it is asked for again
    const { width, height } = photo.scene;
    const { amount, lens } = photo.edit;
    const margin = Math.ceil(
      Math.min(300, amount * gainPx(width, height, lens.f_number)),
    );
    const share = pixelsFor(screenScale);
    const mostPx = Math.min(DETAIL_PX, this.base.mostPx);
    const wanted = clip(grow(visible, margin), width, height, mostPx / share);
    const across = Math.round(wanted.width * share);
    this.detailAbort = new AbortController();
    let got;
    try {
      const { signal } = this.detailAbort;
      got = await photo.ask((id) => api.region(id, { ...wanted, across }, signal));
    } catch {
      return; // the preview stays, enlarged
    }
    if (this.detailWanted?.part !== visible || this.photo !== photo) return;
    const renderer = this.detail?.renderer ?? this.#detailRenderer();
    const part = {
      x: wanted.x / width,
      y: wanted.y / height,
      width: wanted.width / width,
      height: wanted.height / height,
    };
    const { subject, bitmap } = got;
    let pixels = null;
    const here = () => {
      pixels ??= pixelsOf(bitmap);
      return pixels;
    };
    const whole = () => photo.pixels();
    const painted = new PaintedMap(expand(got.codes, got), part, { whole, here });
    this.detail?.bitmap.close();
    const shown = { ...wanted, across };
    const scale = got.width / wanted.width;
    this.detail = { renderer, part, visible: shown, painted, subject, bitmap, scale };
    renderer.setPhoto(bitmap, part);
    renderer.setLamps(photo.lamps);
    this.#paintDetail();
    const { style } = this.detailCanvas;
    style.left = `${100 * part.x}%`;
    style.top = `${100 * part.y}%`;
    style.width = `${100 * part.width}%`;
    style.height = `${100 * part.height}%`;
    renderer.render(this.#params(this.detail));
    this.detailCanvas.hidden = false;
    this.#showAnew();
  }

  #paintDetail() {
    const { painted, subject, renderer } = this.detail;
    const changed = painted.set(this.photo.edit.strokes);
    if (changed !== null || !renderer.complete) renderer.setDisparity(painted.map, subject, changed);
  }

  #detailRenderer() {
    const canvas = this.detailCanvas;
    canvas.addEventListener("webglcontextlost", () => {
      if (this.detailCanvas !== canvas) return; // given away
      const { detailWanted } = this;
      this.#dropDetail();
      this.update();
      this.magnify(detailWanted.part, detailWanted.screenScale);
    });
    return new LensRenderer(canvas);
  }

  #dropDetail() {
    if (this.detail === null) return;
    this.detailCanvas.hidden = true;
    // A canvas whose context is gone gives no other: take a new one.
    const fresh = /** @type {HTMLCanvasElement} */ (this.detailCanvas.cloneNode());
    this.detailCanvas.replaceWith(fresh);
    this.detailCanvas = fresh;
    this.detail.renderer.dispose();
    this.detail.bitmap.close();
    this.detail = null;
    this.finishedPart.drop();
  }
}

// Of the photo's pixels, the share that is asked for: a sixteenth more at most than the screen has.
const pixelsFor = (screenScale) => Math.min(1, Math.ceil(16 * screenScale) / 16);

const asNumbers = (plane) => ({ ...plane, holdsSubject: Number(plane.holdsSubject) });

function between(from, to, t) {
  const mix = (a, b) => a + (Number(b) - a) * t;
  return {
    disparity: mix(from.disparity, to.disparity),
    range: mix(from.range, to.range),
    holdsSubject: mix(from.holdsSubject, to.holdsSubject),
  };
}
