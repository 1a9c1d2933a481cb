// The photo under the hands: zoom, pan, focus by click and drag, brush, split. Works with a mouse,
// touch, pen and keys, and speaks in fractions of the photo.

import { Marks } from "./marks.js";
import { Placement } from "./placement.js";
import { Splitter } from "./splitter.js";

const STEP = 0.01;
const BIG_STEP = 0.05;
const LEAST_FRAME = 0.01;
const KEY_FRAME = 0.08; // half the side of the frame that a key draws
const SLOP_PX = 8; // a finger that moved less has tapped

export class Viewport {
  /**
   * @param {Record<string, HTMLElement>} parts elements: viewport, sheet, reticle, frame, splitter, ring
   * @param {object} hooks
   * @param {(x: number, y: number, phase: "start"|"move"|"end"|"cancel") => void} hooks.focus
   * @param {(at: number[]|null, phase: "start"|"move"|"end"|"cancel") => void} hooks.frame left,
   *   top, right, bottom
   * @param {(points: number[][], phase: "start"|"move"|"end"|"cancel") => void} hooks.stroke
   * @param {(place: {x: number, y: number}, add: boolean) => void} hooks.tapped clicked, not
   *   dragged; with Shift
   * @param {(place: {x: number, y: number}|null) => void} hooks.hover
   * @param {(place: {x: number, y: number}) => void} hooks.pick the brush takes up a depth
   * @param {() => void} hooks.doubleClick
   * @param {(split: number) => void} hooks.split
   * @param {(placement: Placement, part: Part|null) => void} hooks.placed and which part of the
   *   photo, in its pixels, is shown so large that it needs all of them
   * @param {(text: string) => void} hooks.zoomed
   * @param {() => ({active: boolean, radius: number, hardness: number})} hooks.brush
   */
  constructor(parts, hooks) {
    const { viewport, sheet, splitter } = parts;
    this.viewport = viewport;
    this.sheet = sheet;
    this.hooks = hooks;
    this.marks = new Marks({ reticle: parts.reticle, frame: parts.frame, ring: parts.ring });
    this.splitter = new Splitter(splitter, (event) => this.#place01(event).x, hooks.split);
    this.placement = new Placement();
    this.previewWidth = 0; // nothing is shown yet
    this.pointers = new Map();
    /** @type {any} */
    this.gesture = null; // what the hand does, by its `kind`
    this.point = { x: 0.5, y: 0.5 };
    this.spaceDown = false;
    this.#listen();
    new ResizeObserver(() => {
      if (this.previewWidth === 0) return;
      const { clientWidth: width, clientHeight: height } = viewport;
      this.#place(() => this.placement.resize({ width, height }));
    }).observe(viewport);
  }

  /** Show a photo of a size whose preview is `previewWidth` wide, placed as the one before. */
  open(size, previewWidth) {
    this.previewWidth = previewWidth;
    const { clientWidth: width, clientHeight: height } = this.viewport;
    this.#place(() => this.placement.take(size, { width, height }));
  }

  /** What is in focus, to be marked for as long as it is so. */
  showFocus({ mode, at }) {
    if (mode === "point") this.point = { x: at[0], y: at[1] };
    this.marks.showFocus(mode, at);
  }

  fit() {
    this.#place(() => this.placement.fit());
  }

  /** All of the photo, or a pixel of it for each of the screen around a point of the viewport. */
  toggleZoom(at) {
    if (this.placement.fitted) this.#place(() => this.placement.zoomTo(1 / devicePixelRatio, at));
    else this.fit();
  }

  zoomBy(factor, at) {
    this.#place(() => this.placement.zoomTo(this.placement.scale * factor, at));
  }

  zoomByWheel({ deltaY, ctrlKey }, at) {
    this.zoomBy(Math.exp(-deltaY * (ctrlKey ? 0.01 : 0.0018)), at);
  }

  panBy(x, y) {
    this.#place(() => this.placement.panBy(x, y));
  }

  #place(change) {
    change();
    const { shown, offset, scale, fitted } = this.placement;
    const { style } = this.sheet;
    style.width = `${shown.width}px`;
    style.height = `${shown.height}px`;
    style.transform = `translate(${Math.round(offset.x)}px, ${Math.round(offset.y)}px)`;
    this.hooks.zoomed(fitted ? "Fit" : `${Math.round(100 * scale * devicePixelRatio)} %`);
    this.hooks.placed(this.placement, this.#needsDetail() ? this.placement.visible : null);
  }

  // The preview has too few pixels for what is on the screen.
  #needsDetail() {
    if (this.previewWidth >= this.placement.size.width) return false;
    return this.placement.shown.width * devicePixelRatio > this.previewWidth * 1.15;
  }

  #place01(event) {
    return this.placement.place01(this.#local(event));
  }

  #local(event) {
    const bounds = this.viewport.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }

  // -- pointers ---------------------------------------------------------------------------------

  #listen() {
    const { viewport } = this;
    viewport.addEventListener("pointerdown", (event) => this.#down(event));
    viewport.addEventListener("pointermove", (event) => this.#move(event));
    viewport.addEventListener("pointerup", (event) => this.#up(event));
    viewport.addEventListener("pointercancel", (event) => this.#up(event));
    viewport.addEventListener("pointerleave", () => {
      this.marks.hideRing();
      this.hooks.hover(null);
    });
    viewport.addEventListener("dblclick", (event) => {
      if (this.hooks.brush().active) return;
      this.hooks.doubleClick(); // the two clicks were not meant for the focus
      this.toggleZoom(this.#local(event));
    });
    viewport.addEventListener("contextmenu", (event) => event.preventDefault());
    viewport.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoomByWheel(event, this.#local(event));
      },
      { passive: false },
    );
    viewport.addEventListener("keydown", (event) => this.#key(event));
  }

  #down(event) {
    if (event.target === this.splitter.element) return;
    this.viewport.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (this.pointers.size === 2) {
      this.#end(true);
      this.gesture = { kind: "pinch", ...this.#pinch() };
      return;
    }
    if (event.button === 1 || event.button === 2 || this.spaceDown) {
      this.gesture = { kind: "pan", x: event.clientX, y: event.clientY };
      this.viewport.classList.add("panning");
      return;
    }
    const place = this.#place01(event);
    if (!place.inside) return;
    // A finger may be the first of two: nothing begins before it moves or leaves.
    if (event.altKey && this.hooks.brush().active) this.hooks.pick(place);
    else if (event.pointerType === "touch") this.gesture = { kind: "touch", place, event };
    else this.#begin(place, event.shiftKey);
  }

  #begin(place, framing) {
    if (this.hooks.brush().active) {
      this.gesture = { kind: "stroke", points: [[place.x, place.y]] };
      this.hooks.stroke(this.gesture.points, "start");
    } else if (framing) {
      this.gesture = { kind: "frame", from: place, moved: false };
      this.hooks.frame(null, "start");
    } else {
      this.gesture = { kind: "focus", from: place, moved: false };
      this.#focus(place, "start");
    }
  }

  // A finger begins to move: it paints, moves the magnified photo, or draws the focus along.
  #slide({ place, event }, now) {
    if (Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) < SLOP_PX) return;
    if (this.placement.fitted || this.hooks.brush().active) this.#begin(place, false);
    else this.gesture = { kind: "pan", x: event.clientX, y: event.clientY };
  }

  #move(event) {
    this.#moveRing(event);
    if (!this.pointers.has(event.pointerId)) {
      this.hooks.hover(this.hooks.brush().active ? null : this.#place01(event));
      return;
    }
    this.pointers.set(event.pointerId, event);
    if (this.gesture?.kind === "touch") this.#slide(this.gesture, event);
    const { gesture } = this;
    if (gesture === null) return;
    if (gesture.kind === "pan") {
      this.panBy(event.clientX - gesture.x, event.clientY - gesture.y);
      Object.assign(gesture, { x: event.clientX, y: event.clientY });
    } else if (gesture.kind === "pinch" && this.pointers.size === 2) {
      const now = this.#pinch();
      this.zoomBy(now.apart / gesture.apart, now.middle);
      this.panBy(now.middle.x - gesture.middle.x, now.middle.y - gesture.middle.y);
      Object.assign(gesture, now);
    } else if (gesture.kind === "focus") {
      gesture.moved = true;
      this.#focus(this.#place01(event), "move");
    } else if (gesture.kind === "frame") {
      gesture.moved = true;
      this.#frame(gesture.from, this.#place01(event));
    } else if (gesture.kind === "stroke") {
      const parts = event.getCoalescedEvents?.() ?? [];
      for (const part of parts.length > 0 ? parts : [event]) {
        const { x, y } = this.#place01(part);
        gesture.points.push([limit(x), limit(y)]);
      }
      this.hooks.stroke(gesture.points, "move");
    }
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    this.#end(event.type === "pointercancel");
  }

  #end(broken) {
    if (this.gesture?.kind === "touch" && !broken) this.#begin(this.gesture.place, false);
    const { gesture } = this;
    const phase = broken ? "cancel" : "end";
    this.gesture = null;
    this.viewport.classList.remove("panning");
    if (gesture?.moved === false && !broken) this.hooks.tapped(gesture.from, gesture.kind === "frame");
    if (gesture?.kind === "stroke") this.hooks.stroke(gesture.points, phase);
    if (gesture?.kind === "focus") this.hooks.focus(this.point.x, this.point.y, phase);
    if (gesture?.kind === "frame") this.#endFrame(phase);
  }

  #pinch() {
    const [a, b] = [...this.pointers.values()].map((event) => this.#local(event));
    return {
      apart: Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)),
      middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
    };
  }

  #focus({ x, y }, phase) {
    this.point = { x: limit(x), y: limit(y) };
    this.hooks.focus(this.point.x, this.point.y, phase);
    this.marks.flash();
  }

  // Focus on what lies between two corners.
  #frame(from, to) {
    const [left, right] = [limit(from.x), limit(to.x)].sort((a, b) => a - b);
    const [top, bottom] = [limit(from.y), limit(to.y)].sort((a, b) => a - b);
    if (right - left < LEAST_FRAME || bottom - top < LEAST_FRAME) return;
    this.hooks.frame([left, top, right, bottom], "move");
  }

  #endFrame(phase) {
    this.hooks.frame(null, phase);
    this.marks.flash();
  }

  /** The brush has another size or is (not) in use. */
  brushChanged() {
    const { active } = this.hooks.brush();
    this.viewport.classList.toggle("brushing", active);
    if (!active) this.marks.hideRing();
    this.#sizeRing();
  }

  #sizeRing() {
    const { width, height } = this.placement.shown;
    const { radius, hardness } = this.hooks.brush();
    this.marks.sizeRing(2 * radius * Math.hypot(width, height), hardness);
  }

  #moveRing(event) {
    if (!this.hooks.brush().active) return;
    this.marks.showRing(this.#local(event));
    this.#sizeRing();
  }

  // -- keys -------------------------------------------------------------------------------------

  #key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in arrows && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const [x, y] = arrows[event.key];
      if (event.altKey) {
        this.panBy(-60 * x, -60 * y);
        return;
      }
      const by = event.shiftKey ? BIG_STEP : STEP;
      const place = { x: limit(this.point.x + by * x), y: limit(this.point.y + by * y) };
      if (this.hooks.brush().active) {
        this.point = place;
        this.marks.showPoint(this.point);
      } else {
        this.#focus(place, "move");
        this.hooks.focus(place.x, place.y, "end");
      }
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.hooks.brush().active) {
        const points = [[this.point.x, this.point.y]];
        this.hooks.stroke(points, "start");
        this.hooks.stroke(points, "end");
      } else if (event.shiftKey) {
        const { x, y } = this.point;
        const corner = (by) => ({ x: x + by, y: y + by });
        this.hooks.frame(null, "start");
        this.#frame(corner(-KEY_FRAME), corner(KEY_FRAME));
        this.#endFrame("end");
      } else {
        this.#focus(this.point, "start");
        this.hooks.tapped(this.point, false);
        this.hooks.focus(this.point.x, this.point.y, "end");
      }
    }
  }
}

const limit = (value) => Math.min(1, Math.max(0, value));
