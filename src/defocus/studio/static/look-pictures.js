// The photo itself, small, as each look would make it: drawn one by one while nothing else goes on.

import { free } from "./hand.js";
import { LensRenderer, UnsupportedError } from "./lens/renderer.js";
import { sampled } from "./maps.js";
import { sceneGainPx } from "./optics.js";

const WIDE_PX = 180;
const GOOD_LEVEL = 4; // of the renderer's frames: small pictures cost little

export class LookPictures {
  #renderer = null;
  #round = {}; // the latest: an older one ends

  /**
   * @param {import("./photo.js").Photo} photo ready
   * @param {Edit[]} edits one for each picture
   * @param {(index: number, picture: HTMLCanvasElement) => void} put it is drawn; copy it
   */
  async draw(photo, edits, put) {
    const round = {};
    this.#round = round;
    const over = () => this.#round !== round || photo.picture === null || photo.map === null;
    await free();
    if (over()) return;
    const scale = Math.min(1, WIDE_PX / photo.picture.width);
    const width = Math.max(1, Math.round(photo.picture.width * scale));
    const height = Math.max(1, Math.round(photo.picture.height * scale));
    const small = await createImageBitmap(photo.picture, {
      resizeWidth: width,
      resizeHeight: height,
      resizeQuality: "medium",
      colorSpaceConversion: "none",
    });
    for (const [index, edit] of edits.entries()) {
      await new Promise((resume) => setTimeout(resume)); // the page goes first
      await free();
      if (over()) break;
      this.#renderer ??= rendererOrNone();
      if (this.#renderer === null) break; // names alone then
      if (index === 0) this.#take(photo, small, width, height);
      const plane = photo.plane(edit);
      this.#renderer.level = GOOD_LEVEL;
      this.#renderer.render({
        plane: { ...plane, holdsSubject: Number(plane.holdsSubject) },
        gain: (sceneGainPx(photo.scene, edit, plane) * width) / photo.scene.width,
        lens: edit.lens,
        foreground: edit.foreground,
      });
      put(index, this.#renderer.canvas);
    }
    small.close();
  }

  #take(photo, small, width, height) {
    this.#renderer.setPhoto(small);
    this.#renderer.setLamps(photo.lamps);
    const { map, subject } = photo;
    const values = sampled(map.values, map, width, height);
    const held = subject && sampled(subject, map, width, height);
    this.#renderer.setDisparity({ values, width, height }, held);
  }
}

function rendererOrNone() {
  try {
    return new LensRenderer(document.createElement("canvas"));
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}
