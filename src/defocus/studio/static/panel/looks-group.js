// Looks by name, each with a picture of the photo itself: each sets only what it is about, and
// leaves the photo its own focus.

import { LookPictures } from "../look-pictures.js";
import { mergeLook } from "../look.js";
import { element, group } from "./controls.js";

const WAIT_MS = 350; // after the last change

/**
 * @param {Schema} schema of the server
 * @param {MakeChange} edit
 */
export function looksGroup(schema, edit) {
  const pictures = new LookPictures();
  let shown = null; // photo
  let drawn = ""; // what the pictures show
  let timer = 0;
  // One look after another must not add up: each begins from the usual lens.
  const withLook = (now, look) => mergeLook({ ...now, lens: schema.edit.lens }, look.edit);
  const buttons = schema.looks.map((look) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { "aria-hidden": "true" }));
    const button = element(
      "button",
      {
        type: "button",
        class: "look",
        title: look.about,
        onclick: () => edit((now) => withLook(now, look)),
      },
      canvas,
      element("span", { text: look.title }),
    );
    return { look, button, canvas };
  });
  const shelf = element("div", { class: "shelf" }, ...buttons.map(({ button }) => button));
  const made = group("Looks", false, shelf);
  // What all of them depend on.
  const key = () => {
    const { id, depths, edit: now } = shown;
    const { focus, strokes, amount, by_distance: byDistance } = now;
    return JSON.stringify([id, depths, focus, strokes, amount, byDistance]);
  };
  const draw = () => {
    if (!made.open || !shown?.ready || key() === drawn) return;
    drawn = key();
    const edits = buttons.map(({ look }) => withLook(shown.edit, look));
    pictures.draw(shown, edits, (index, picture) => {
      const { canvas } = buttons[index];
      canvas.width = picture.width;
      canvas.height = picture.height;
      canvas.getContext("2d").drawImage(picture, 0, 0);
    });
  };
  made.addEventListener("toggle", draw);
  return {
    element: made,
    show(photo) {
      const { edit: now } = photo;
      for (const { look, button } of buttons) {
        const on = JSON.stringify(withLook(now, look)) === JSON.stringify(now);
        button.setAttribute("aria-pressed", String(on));
      }
      shown = photo;
      clearTimeout(timer);
      timer = setTimeout(draw, WAIT_MS);
    },
  };
}
