// Keyboard shortcuts, and the dialog that lists them.

import { element, icon } from "./panel/controls.js";

/** @type {[string, string, (studio: any) => void][]} keys, what they do, action */
const SHORTCUTS = [
  ["Ctrl+O", "Open photos", (studio) => studio.pick()],
  ["Ctrl+Z", "Undo", (studio) => studio.undo()],
  ["Ctrl+Shift+Z", "Redo", (studio) => studio.redo()],
  ["Ctrl+C", "Copy the look of the photo", (studio) => studio.sharing.copy()],
  ["Ctrl+E", "Export", (studio) => studio.openExport()],
  ["[", "Wider aperture", (studio) => studio.panel.step(-1)],
  ["]", "Narrower aperture", (studio) => studio.panel.step(1)],
  ["D", "Show depth", (studio) => studio.view.toggleOverlay("disparity")],
  ["P", "Focus peaking", (studio) => studio.view.toggleOverlay("peaking")],
  ["S", "Split view", (studio) => studio.view.toggleSplit()],
  ["Y", "Two pictures: before and after, two apertures, two photos", (studio) => studio.beside.toggle()],
  ["Z", "Fit or 100 %", (studio) => studio.viewport.toggleZoom()],
  ["+", "Zoom in", (studio) => studio.viewport.zoomBy(1.25)],
  ["-", "Zoom out", (studio) => studio.viewport.zoomBy(0.8)],
  ["B", "Depth brush", (studio) => studio.view.toggleBrush()],
  [",", "Smaller brush", (studio) => studio.panel.resizeBrush(0.85)],
  [".", "Larger brush", (studio) => studio.panel.resizeBrush(1.18)],
  ["X", "Brush erases, or paints again", (studio) => studio.panel.toggleErase()],
  ["A", "Brush stops at edges, or not", (studio) => studio.panel.toggleEdges()],
  ["?", "This list", (studio) => studio.help()],
];

const NEED_NO_PHOTO = new Set(["Ctrl+O", "?"]);

const ON_THE_PHOTO = [
  ["Click", "Focus there; drag, and focus follows"],
  ["Click a person", "Hold that one alone; Shift + click adds or lets go (Tab, Enter)"],
  ["Click a thing", "Hold all of it; Shift + click adds it"],
  ["Shift + drag", "Draw a frame: focus on what it holds"],
  ["Arrows", "Move the focus point (Shift: farther)"],
  ["Enter", "Focus or paint at the point (Shift: focus on a frame around it)"],
  ["Ctrl+V", "Paste the look on this or on the selected photos"],
  ["Ctrl, Shift + click", "Select several photos in the strip (by finger: a long touch, then short ones)"],
  ["Ctrl + Enter, Shift + arrows", "The same by key; arrows go along the strip"],
  ["Delete", "Close the photo whose picture in the strip has the focus"],
  ["Alt + click", "Brush: take up the depth of a place"],
  ["C or \\", "Hold to see the original"],
  ["Space + drag", "Pan (or middle button, two fingers, Alt + arrows)"],
  ["Wheel", "Zoom"],
  ["Double click", "Fit or 100 %"],
];

/** Do what a key stands for. */
export function handleKey(studio, event, down) {
  if (event.key === " ") {
    const onControl = event.target.closest("button, input, select, summary, dialog");
    if (onControl === null) {
      studio.viewport.spaceDown = down;
      event.preventDefault();
    }
    return;
  }
  if (event.target.closest("input[type=text], select, dialog") !== null) return;
  const control = event.ctrlKey || event.metaKey;
  const comparing = event.key === "\\" || event.key.toLowerCase() === "c";
  if (comparing && !(down && control)) studio.view.compare(down);
  if (!down || event.altKey) return;
  let name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  if (control) name = `Ctrl+${event.shiftKey ? "Shift+" : ""}${name}`;
  if (name === "Ctrl+Y") name = "Ctrl+Shift+Z";
  if (name === "=") name = "+";
  if (name === "Ctrl+C" && !getSelection().isCollapsed) return; // a text is meant
  const shortcut = SHORTCUTS.find(([keys]) => keys === name);
  if (shortcut === undefined) return;
  event.preventDefault();
  if (NEED_NO_PHOTO.has(name) || studio.current?.ready) shortcut[2](studio);
}

/** Fill the dialog that lists the shortcuts. */
export function fillHelp(dialog) {
  const rows = [...ON_THE_PHOTO, ...SHORTCUTS].flatMap(([keys, what]) => [
    element("dt", {}, element("kbd", { text: keys })),
    element("dd", { text: what }),
  ]);
  dialog.replaceChildren(
    element(
      "header",
      {},
      element("h2", { id: "help-title", text: "Keyboard and mouse" }),
      element(
        "button",
        { class: "icon", type: "button", "aria-label": "Close", onclick: () => dialog.close() },
        icon("close"),
      ),
    ),
    element("div", { class: "body" }, element("dl", { class: "keys" }, ...rows)),
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
