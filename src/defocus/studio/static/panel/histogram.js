// How much of the picture lies at each depth, with the focal plane and its range to drag.

import { element } from "./controls.js";

const GRIP_PX = 9;

/** @param {(change: {at?: number, range?: number}, live: boolean) => void} onChange */
export function depthHistogram(onChange) {
  const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { "aria-hidden": "true" }));
  const box = element(
    "div",
    {
      class: "histogram",
      role: "slider",
      tabindex: "0",
      "aria-label": "Focus distance",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      title: "Drag the focal plane, or the edges of the sharp range",
    },
    canvas,
  );
  const ends = element(
    "div",
    { class: "ends", "aria-hidden": "true" },
    element("span", { text: "far" }),
    element("span", { text: "near" }),
  );
  let bars = [];
  let plane = { disparity: 0.5, range: 0.1 };

  const draw = () => {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = box;
    if (width === 0) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(box);
    const accent = style.getPropertyValue("--accent");
    const left = (plane.disparity - plane.range / 2) * width;
    const sharp = Math.max(2, plane.range * width);
    context.fillStyle = accent;
    context.globalAlpha = 0.16;
    context.fillRect(left, 0, sharp, height);
    const step = width / Math.max(1, bars.length);
    bars.forEach((bar, index) => {
      const x = index * step;
      const inside = x + step / 2 >= left && x + step / 2 <= left + sharp;
      context.fillStyle = inside ? accent : style.getPropertyValue("--faint");
      context.globalAlpha = inside ? 0.95 : 0.7;
      const tall = Math.sqrt(bar) * (height - 10);
      context.fillRect(x, height - tall, Math.max(1, step - 1), tall);
    });
    context.globalAlpha = 0.6;
    context.fillStyle = accent;
    context.fillRect(left, 0, 1, height);
    context.fillRect(left + sharp - 1, 0, 1, height);
    context.globalAlpha = 1;
    context.fillRect(plane.disparity * width - 1, 0, 2, height);
  };

  const set = (histogram, shown) => {
    bars = histogram;
    plane = shown;
    const place = Math.round(100 * plane.disparity);
    box.setAttribute("aria-valuenow", String(place));
    box.setAttribute("aria-valuetext", `${place} % near, range ${Math.round(100 * plane.range)} %`);
    draw();
  };

  let drag = null;
  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    const { x, width } = place(event);
    const edge = (plane.range / 2) * width;
    const away = Math.abs(x - plane.disparity * width);
    drag = edge > 4 && Math.abs(away - edge) < GRIP_PX && away > GRIP_PX ? "range" : "plane";
    move(event);
  });
  const place = (event) => {
    const bounds = box.getBoundingClientRect();
    return { x: event.clientX - bounds.left, width: bounds.width };
  };
  const move = (event) => {
    const { x, width } = place(event);
    const at = Math.min(1, Math.max(0, x / width));
    if (drag === "range") onChange({ range: Math.min(1, 2 * Math.abs(at - plane.disparity)) }, true);
    else onChange({ at }, true);
  };
  box.addEventListener("pointermove", (event) => {
    if (drag !== null) move(event);
  });
  const release = () => {
    if (drag !== null) onChange({}, false);
    drag = null;
  };
  box.addEventListener("pointerup", release);
  box.addEventListener("pointercancel", release);
  box.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 0.01, ArrowUp: 0.01, ArrowLeft: -0.01, ArrowDown: -0.01 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) onChange({ range: Math.min(1, Math.max(0, plane.range + by)) }, false);
    else onChange({ at: Math.min(1, Math.max(0, plane.disparity + by)) }, false);
  });
  new ResizeObserver(draw).observe(box);
  return { elements: [box, ends], set };
}
