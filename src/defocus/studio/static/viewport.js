// The photo under the hands: zoom, pan, focus by click and drag, brush, split. Works with a mouse,
// touch, pen and keys, and speaks in fractions of the photo.

const MARGIN_PX = 20;
const MAX_ZOOM = 4;
const STEP = 0.01;
const BIG_STEP = 0.05;
const LEAST_FRAME = 0.01;
const KEY_FRAME = 0.08; // half the side of the frame that a key draws

export class Viewport {
  /**
   * @param {object} parts elements: viewport, sheet, reticle, frame, splitter, ring
   * @param {object} hooks
   * @param {(x: number, y: number, phase: "start"|"move"|"end") => void} hooks.focus
   * @param {(at: number[], phase: "move"|"end") => void} hooks.frame left, top, right, bottom
   * @param {(points: number[][], phase: "start"|"move"|"end"|"cancel") => void} hooks.stroke
   * @param {() => void} hooks.doubleClick
   * @param {(split: number) => void} hooks.split
   * @param {(part: object|null) => void} hooks.magnify part of the photo in its pixels
   * @param {(text: string) => void} hooks.zoomed
   * @param {() => ({active: boolean, radius: number})} hooks.brush
   */
  constructor(parts, hooks) {
    Object.assign(this, parts);
    this.hooks = hooks;
    this.size = { width: 1, height: 1 };
    this.previewWidth = 1;
    this.scale = 1;
    this.fitted = true;
    this.offset = { x: 0, y: 0 };
    this.pointers = new Map();
    this.gesture = null;
    this.point = { x: 0.5, y: 0.5 };
    this.splitAt = 0.5;
    this.spaceDown = false;
    this.#listen();
    new ResizeObserver(() => this.#resized()).observe(this.viewport);
  }

  /** Show a photo of a size whose preview is `previewWidth` wide. */
  open(size, previewWidth) {
    this.size = size;
    this.previewWidth = previewWidth;
    this.point = { x: 0.5, y: 0.5 };
    this.fit();
  }

  fit() {
    this.fitted = true;
    this.scale = this.#fitScale();
    this.#centre();
    this.#place();
  }

  /** Zoom so that a pixel of the photo is a pixel of the screen, around a point of the viewport. */
  zoomTo(scale, at = this.#middle()) {
    const least = this.#fitScale();
    const next = Math.min(MAX_ZOOM, Math.max(least, scale));
    const x = (at.x - this.offset.x) / this.scale;
    const y = (at.y - this.offset.y) / this.scale;
    this.scale = next;
    this.fitted = next <= least * 1.001;
    this.offset = { x: at.x - x * next, y: at.y - y * next };
    this.#place();
  }

  toggleZoom(at) {
    if (this.fitted) this.zoomTo(1 / devicePixelRatio, at);
    else this.fit();
  }

  zoomBy(factor, at) {
    this.zoomTo(this.scale * factor, at);
  }

  panBy(x, y) {
    this.offset = { x: this.offset.x + x, y: this.offset.y + y };
    this.#place();
  }

  showSplit(on) {
    this.splitter.hidden = !on;
    this.#placeSplit();
  }

  #fitScale() {
    const { clientWidth, clientHeight } = this.viewport;
    const margin = clientWidth < 600 ? 0 : 2 * MARGIN_PX;
    return Math.min(
      (clientWidth - margin) / this.size.width,
      (clientHeight - margin) / this.size.height,
      Math.max(1, 900 / Math.max(this.size.width, this.size.height)),
    );
  }

  #middle() {
    return { x: this.viewport.clientWidth / 2, y: this.viewport.clientHeight / 2 };
  }

  #centre() {
    const middle = this.#middle();
    this.offset = {
      x: middle.x - (this.size.width * this.scale) / 2,
      y: middle.y - (this.size.height * this.scale) / 2,
    };
  }

  #resized() {
    if (this.fitted) this.fit();
    else this.#place();
  }

  #place() {
    const width = this.size.width * this.scale;
    const height = this.size.height * this.scale;
    const keep = (offset, length, room) =>
      length <= room
        ? (room - length) / 2
        : Math.min(room * 0.25, Math.max(room * 0.75 - length, offset));
    this.offset.x = keep(this.offset.x, width, this.viewport.clientWidth);
    this.offset.y = keep(this.offset.y, height, this.viewport.clientHeight);
    const { style } = this.sheet;
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.transform = `translate(${Math.round(this.offset.x)}px, ${Math.round(this.offset.y)}px)`;
    this.#placeSplit();
    const percent = Math.round(100 * this.scale * devicePixelRatio);
    this.hooks.zoomed(this.fitted ? "Fit" : `${percent} %`);
    this.hooks.magnify(this.#needsDetail() ? this.#visible() : null);
  }

  // The preview has too few pixels for what is on the screen.
  #needsDetail() {
    if (this.previewWidth >= this.size.width) return false;
    return this.size.width * this.scale * devicePixelRatio > this.previewWidth * 1.15;
  }

  #visible() {
    const { clientWidth, clientHeight } = this.viewport;
    const left = Math.max(0, -this.offset.x / this.scale);
    const top = Math.max(0, -this.offset.y / this.scale);
    const right = Math.min(this.size.width, (clientWidth - this.offset.x) / this.scale);
    const bottom = Math.min(this.size.height, (clientHeight - this.offset.y) / this.scale);
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  #place01(event) {
    const bounds = this.viewport.getBoundingClientRect();
    const x = (event.clientX - bounds.left - this.offset.x) / (this.size.width * this.scale);
    const y = (event.clientY - bounds.top - this.offset.y) / (this.size.height * this.scale);
    return { x, y, inside: x >= 0 && x <= 1 && y >= 0 && y <= 1 };
  }

  #local(event) {
    const bounds = this.viewport.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  }

  // -- pointers ---------------------------------------------------------------------------------

  #listen() {
    const { viewport, splitter } = this;
    viewport.addEventListener("pointerdown", (event) => this.#down(event));
    viewport.addEventListener("pointermove", (event) => this.#move(event));
    viewport.addEventListener("pointerup", (event) => this.#up(event));
    viewport.addEventListener("pointercancel", (event) => this.#up(event));
    viewport.addEventListener("pointerleave", () => {
      this.ring.hidden = true;
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
        this.zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), this.#local(event));
      },
      { passive: false },
    );
    viewport.addEventListener("keydown", (event) => this.#key(event));
    splitter.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      splitter.setPointerCapture(event.pointerId);
    });
    splitter.addEventListener("pointermove", (event) => {
      if (splitter.hasPointerCapture(event.pointerId)) this.#splitTo(this.#place01(event).x);
    });
    splitter.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.#splitTo(this.splitAt + by * (event.shiftKey ? 5 : 1));
    });
  }

  #down(event) {
    if (event.target === this.splitter) return;
    this.viewport.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (this.pointers.size === 2) {
      this.#end(event, true);
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
    if (this.hooks.brush().active) {
      this.gesture = { kind: "stroke", points: [[place.x, place.y]] };
      this.hooks.stroke(this.gesture.points, "start");
    } else if (event.shiftKey) {
      this.gesture = { kind: "frame", from: place };
    } else {
      this.gesture = { kind: "focus" };
      this.#focus(place, "start");
    }
  }

  #move(event) {
    this.#moveRing(event);
    if (!this.pointers.has(event.pointerId)) return;
    this.pointers.set(event.pointerId, event);
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
      this.#focus(this.#place01(event), "move");
    } else if (gesture.kind === "frame") {
      this.#frame(gesture.from, this.#place01(event));
    } else if (gesture.kind === "stroke") {
      for (const part of event.getCoalescedEvents?.() ?? [event]) {
        const { x, y } = this.#place01(part);
        gesture.points.push([limit(x), limit(y)]);
      }
      this.hooks.stroke(gesture.points, "move");
    }
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    this.#end(event, event.type === "pointercancel");
  }

  #end(event, broken) {
    const { gesture } = this;
    this.gesture = null;
    this.viewport.classList.remove("panning");
    if (gesture?.kind === "stroke") this.hooks.stroke(gesture.points, broken ? "cancel" : "end");
    if (gesture?.kind === "focus") this.hooks.focus(this.point.x, this.point.y, "end");
    if (gesture?.kind === "frame") this.#endFrame();
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
    this.showReticle();
  }

  // Focus on what lies between two corners.
  #frame(from, to) {
    const [left, right] = [limit(from.x), limit(to.x)].sort((a, b) => a - b);
    const [top, bottom] = [limit(from.y), limit(to.y)].sort((a, b) => a - b);
    if (right - left < LEAST_FRAME || bottom - top < LEAST_FRAME) return;
    this.hooks.frame([left, top, right, bottom], "move");
    const { frame } = this;
    frame.hidden = false;
    frame.style.left = `${100 * left}%`;
    frame.style.top = `${100 * top}%`;
    frame.style.width = `${100 * (right - left)}%`;
    frame.style.height = `${100 * (bottom - top)}%`;
    frame.classList.add("shown");
  }

  #endFrame() {
    this.hooks.frame(null, "end");
    this.frame.classList.remove("shown");
  }

  /** Mark the focus point for a moment. */
  showReticle() {
    const { reticle } = this;
    reticle.hidden = false;
    reticle.style.left = `${100 * this.point.x}%`;
    reticle.style.top = `${100 * this.point.y}%`;
    reticle.classList.add("shown");
    requestAnimationFrame(() => requestAnimationFrame(() => reticle.classList.remove("shown")));
  }

  /** The brush has another size or is (not) in use. */
  brushChanged() {
    const { active } = this.hooks.brush();
    this.viewport.classList.toggle("brushing", active);
    if (!active) this.ring.hidden = true;
    this.#sizeRing();
  }

  #sizeRing() {
    const { width, height } = this.size;
    const across = 2 * this.hooks.brush().radius * Math.hypot(width, height) * this.scale;
    this.ring.style.width = `${across}px`;
    this.ring.style.height = `${across}px`;
  }

  #moveRing(event) {
    if (!this.hooks.brush().active) return;
    const { x, y } = this.#local(event);
    this.ring.hidden = false;
    this.ring.style.left = `${x}px`;
    this.ring.style.top = `${y}px`;
    this.#sizeRing();
  }

  #splitTo(at) {
    this.splitAt = limit(at);
    this.#placeSplit();
    this.hooks.split(this.splitAt);
  }

  #placeSplit() {
    this.splitter.style.left = `${100 * this.splitAt}%`;
    this.splitter.setAttribute("aria-valuenow", Math.round(100 * this.splitAt));
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
        this.showReticle();
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
        this.#frame(corner(-KEY_FRAME), corner(KEY_FRAME));
        this.#endFrame();
      } else {
        this.#focus(this.point, "start");
        this.hooks.focus(this.point.x, this.point.y, "end");
      }
    }
  }
}

const limit = (value) => Math.min(1, Math.max(0, value));
