// Looks by name: each sets only what it is about, and leaves the photo its own focus.

import { mergeLook } from "../look.js";
import { element, group } from "./controls.js";

/**
 * @param {Schema} schema of the server
 * @param {MakeChange} edit
 */
export function looksGroup(schema, edit) {
  // One look after another must not add up: each begins from the usual lens.
  const withLook = (now, look) => mergeLook({ ...now, lens: schema.edit.lens }, look.edit);
  const buttons = schema.looks.map((look) => {
    const button = element("button", {
      type: "button",
      class: "look",
      text: look.title,
      title: look.about,
      onclick: () => edit((now) => withLook(now, look)),
    });
    return { look, button };
  });
  const shelf = element("div", { class: "shelf" }, ...buttons.map(({ button }) => button));
  return {
    element: group("Looks", false, shelf),
    show({ edit: now }) {
      for (const { look, button } of buttons) {
        const on = JSON.stringify(withLook(now, look)) === JSON.stringify(now);
        button.setAttribute("aria-pressed", String(on));
      }
    },
  };
}
