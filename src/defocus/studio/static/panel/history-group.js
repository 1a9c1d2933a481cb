// The steps of the edit, versions of it with a name, and virtual copies of the photo.

import { changeText } from "../changes.js";
import { element, group, icon } from "./controls.js";

/**
 * @param {object} hooks
 * @param {(place: number) => void} hooks.jump to a step
 * @param {(edit: Edit) => void} hooks.take the edit of a version
 * @param {(versions: {name: string, edit: Edit}[]) => Promise<void>} hooks.keep these versions
 * @param {() => void} hooks.copy open a virtual copy
 */
export function historyGroup({ jump, take, keep, copy }) {
  let photo = null;
  let drawn = "";
  const steps = element("ol", { class: "steps", "aria-label": "Steps" });
  const versions = element("ul", { class: "versions", "aria-label": "Versions" });
  const name = element("input", {
    type: "text",
    class: "text-field",
    placeholder: "Name of this version",
    maxlength: 80,
    "aria-label": "Name of this version",
    onkeydown: (event) => {
      if (event.key === "Enter") save();
    },
  });
  const save = async () => {
    const text = name.value.trim() || `Version ${photo.versions.length + 1}`;
    const others = photo.versions.filter((version) => version.name !== text);
    await keep([...others, { name: text, edit: structuredClone(photo.edit) }]);
    name.value = "";
  };
  const button = (text, onclick, title = "") =>
    element("button", { class: "secondary", type: "button", text, title, onclick });
  const made = group(
    "History",
    false,
    steps,
    versions,
    element("div", { class: "name-row" }, name, button("Keep", save, "Keep this version by its name")),
    button("Virtual copy", copy, "The same photo once more, with an edit of its own"),
  );
  const step = (text, place, at) =>
    element(
      "li",
      {},
      element("button", {
        type: "button",
        text,
        "aria-current": place === at ? "step" : null,
        onclick: () => jump(place),
      }),
    );
  const version = (one) =>
    element(
      "li",
      {},
      element("button", { type: "button", text: one.name, onclick: () => take(one.edit) }),
      element(
        "button",
        {
          type: "button",
          class: "icon",
          "aria-label": `Remove version ${one.name}`,
          onclick: () => keep(photo.versions.filter((other) => other !== one)),
        },
        icon("close"),
      ),
    );
  const draw = () => {
    if (!made.open || !photo?.history) return;
    const { edits, at } = photo.history.steps(photo.edit);
    const texts = edits.map((edit, index) => changeText(edits[index - 1] ?? null, edit));
    const key = JSON.stringify([photo.id, texts, at, photo.versions.map((one) => one.name)]);
    if (key === drawn) return;
    drawn = key;
    steps.replaceChildren(...texts.map((text, place) => step(text, place, at)).reverse());
    versions.replaceChildren(...photo.versions.map(version));
  };
  made.addEventListener("toggle", draw);
  return {
    element: made,
    show(shown) {
      photo = shown;
      draw();
    },
  };
}
