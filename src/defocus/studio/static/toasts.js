// Short messages that go by themselves.

import { element, icon } from "./panel/controls.js";

const STAY_MS = 6000;

/** Show a message in the list of them; an error stays longer. */
export function showToast(list, text, isError) {
  const toast = element(
    "div",
    { class: isError ? "toast error" : "toast" },
    element("p", { text }),
    element(
      "button",
      { class: "icon", type: "button", "aria-label": "Dismiss", onclick: () => toast.remove() },
      icon("close"),
    ),
  );
  list.append(toast);
  setTimeout(() => toast.remove(), isError ? 3 * STAY_MS : STAY_MS);
}
