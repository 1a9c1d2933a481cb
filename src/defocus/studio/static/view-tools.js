// How the photo is looked at: depth, peaking, the original, split; and whether the brush is in hand.

export class ViewTools {
  /**
   * @param {(id: string) => HTMLElement} at
   * @param {import("./preview.js").Preview} preview
   * @param {import("./viewport.js").Viewport} viewport
   * @param {import("./panel/panel.js").Panel} panel
   */
  constructor(at, preview, viewport, panel) {
    this.at = at;
    this.preview = preview;
    this.viewport = viewport;
    this.panel = panel;
    this.comparing = false;
    const on = (id, action) => at(id).addEventListener("click", action);
    on("brush", () => this.toggleBrush());
    on("depth", () => this.toggleOverlay("disparity"));
    on("peaking", () => this.toggleOverlay("peaking"));
    on("split", () => this.toggleSplit());
    const compare = at("compare");
    compare.addEventListener("pointerdown", () => this.compare(true));
    for (const end of ["pointerup", "pointerleave", "pointercancel", "blur"]) {
      compare.addEventListener(end, () => this.compare(false));
    }
    const held = (event) => event.key === " " || event.key === "Enter";
    compare.addEventListener("keydown", (event) => {
      if (held(event)) this.compare(true);
    });
    compare.addEventListener("keyup", (event) => {
      if (held(event)) this.compare(false);
    });
    addEventListener("blur", () => this.compare(false));
  }

  #press(id, on) {
    this.at(id).setAttribute("aria-pressed", String(on));
  }

  toggleOverlay(overlay) {
    const now = this.preview.view.overlay === overlay ? "none" : overlay;
    this.preview.look({ overlay: now });
    this.#press("depth", now === "disparity");
    this.#press("peaking", now === "peaking");
  }

  /** Show the original, or no longer. */
  compare(on) {
    if (!this.preview.photo?.ready || this.comparing === on) return;
    this.comparing = on;
    this.#press("compare", on);
    this.preview.look({ split: on ? 1 : this.#splitNow() });
  }

  #splitNow() {
    const { splitter } = this.viewport;
    return splitter.shown ? splitter.at : 0;
  }

  toggleSplit() {
    const on = !this.viewport.splitter.shown;
    this.viewport.splitter.show(on);
    this.#press("split", on);
    this.preview.look({ split: this.#splitNow() });
  }

  toggleBrush() {
    this.panel.setBrush(!this.panel.brush.active);
  }

  brushChanged() {
    this.#press("brush", this.panel.brush.active);
    this.viewport.brushChanged();
  }
}
