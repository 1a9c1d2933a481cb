// Where the browser offers no WebGL2: the photo as it is until the server's own picture is there,
// which it is whenever the hand rests. Nothing is blurred here.

export class PlainRenderer {
  lost = false;
  slow = true; // all is left to the server
  frameMs = 0;
  mostPx = 0; // of a magnified part: none is drawn
  #photo = null;
  #map = null;
  #shows = ""; // what is on the canvas

  /** @param {HTMLCanvasElement} canvas its size follows the photo */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  }

  get complete() {
    return this.#photo !== null && this.#map !== null;
  }

  get size() {
    const { width, height } = this.#photo;
    return { width, height };
  }

  /** @param {ImageBitmap} image sRGB */
  setPhoto(image) {
    this.#photo = image;
    this.#map = null;
    this.#shows = "";
    this.canvas.width = image.width;
    this.canvas.height = image.height;
  }

  /** @param {DisparityMap} map */
  setDisparity(map) {
    this.#map = map;
  }

  setLamps() {}

  setSoftEdges() {}

  warmUp() {}

  dispose() {}

  refine() {
    return false;
  }

  /**
   * What can be shown of an edit at once: its depth or the original. A picture of the server's that
   * was there before stays until the next: it is nearer to what comes than the photo is.
   *
   * @param {{gain: number, overlay?: string, split?: number}} params as the lens renderer's
   */
  render({ gain, overlay = "none", split = 0 }) {
    if (!this.complete) return;
    if (overlay === "disparity") this.#showDepth();
    else if (split >= 1 || gain === 0 || this.#shows !== "finished") this.showOriginal();
  }

  showOriginal() {
    if (this.#photo === null) return;
    this.context.drawImage(this.#photo, 0, 0);
    this.#shows = "original";
  }

  /**
   * @param {ImageBitmap} image
   * @param {number} split the original is left of it
   */
  showFinished(image, split = 0) {
    const { width, height } = this.canvas;
    this.context.drawImage(image, 0, 0, width, height);
    const left = Math.round(split * width);
    if (left > 0) this.context.drawImage(this.#photo, 0, 0, left, height, 0, 0, left, height);
    this.#shows = split >= 1 ? "original" : "finished";
  }

  #showDepth() {
    const { values, width, height } = this.#map;
    const image = new ImageData(width, height);
    const grey = new Uint32Array(image.data.buffer);
    values.forEach((value, index) => {
      const level = Math.round(255 * Math.min(1, Math.max(0, value)));
      grey[index] = 0xff000000 | (level * 0x10101);
    });
    const small = document.createElement("canvas");
    Object.assign(small, { width, height });
    /** @type {CanvasRenderingContext2D} */ (small.getContext("2d")).putImageData(image, 0, 0);
    this.context.drawImage(small, 0, 0, this.canvas.width, this.canvas.height);
    this.#shows = "depth";
  }
}
