// Short messages that go by themselves.

import { element, icon } from "./panel/controls.js";

const STAY_MS = 6000;

/**
 * Show a message in the list of them; an error stays longer.
 *
 * @param {HTMLElement} list
 * @param {string} text
 * @param {boolean} isError
 * @param {{text: string, act: () => void}|null} offer a button
 */
export function showToast(list, text, isError, offer = null) {
  const toast = element(
    "div",
    { class: isError ? "toast error" : "toast" },
    element("p", { text }),
    ...(offer === null
      ? []
      : [
          element("button", {
            class: "link",
            type: "button",
            text: offer.text,
            onclick: () => {
              toast.remove();
              offer.act();
            },
          }),
        ]),
    element(
      "button",
      { class: "icon", type: "button", "aria-label": "Dismiss", onclick: () => toast.remove() },
      icon("close"),
    ),
  );
  list.append(toast);
  setTimeout(() => toast.remove(), isError ? 3 * STAY_MS : STAY_MS);
}
