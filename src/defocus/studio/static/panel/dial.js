// The aperture ring: real stops on a scale that turns under a needle, evenly spaced in light.

import { aperturePath } from "../lens/aperture.js";
import { element } from "./controls.js";

const PX_PER_STOP = 62;
const FULL_STOPS = new Set([0.95, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16]);

const light = (fNumber) => 2 * Math.log2(fNumber);

/** How photographers write an f-number. */
export const fText = (fNumber) => `${Number(fNumber.toFixed(2))}`;

/**
 * @param {number[]} stops f-numbers to stop at
 * @param {(fNumber: number, live: boolean) => void} onChange
 */
export function apertureDial(stops, onChange) {
  const value = element("div", { class: "dial-value" });
  const scale = element("div", { class: "dial-scale", "aria-hidden": "true" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-1 -1 2 2");
  svg.setAttribute("class", "dial-aperture");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.append(shape);
  const marks = stops.map((stop) => {
    const full = FULL_STOPS.has(stop);
    const mark = element("span", { class: full ? "" : "half", text: full ? fText(stop) : "" });
    mark.style.left = `${light(stop) * PX_PER_STOP}px`;
    return mark;
  });
  scale.append(...marks);
  const dial = element(
    "div",
    {
      class: "dial",
      role: "slider",
      tabindex: "0",
      "aria-label": "Aperture, f-number",
      "aria-valuemin": stops[0],
      "aria-valuemax": stops.at(-1),
    },
    value,
    svg,
    scale,
  );
  let now = stops[0];

  const set = (fNumber, lens) => {
    now = fNumber;
    value.replaceChildren(element("i", { text: "f" }), `/${fText(fNumber)}`);
    scale.style.transform = `translateX(${-light(fNumber) * PX_PER_STOP}px)`;
    marks.forEach((mark, index) => {
      mark.classList.toggle("now", Math.abs(light(stops[index]) - light(fNumber)) < 0.02);
    });
    dial.setAttribute("aria-valuenow", fNumber);
    dial.setAttribute("aria-valuetext", `f/${fText(fNumber)}`);
    if (lens !== undefined) shape.setAttribute("d", aperturePath(lens));
  };
  const nearest = (fNumber) =>
    stops.reduce((best, stop) =>
      Math.abs(light(stop) - light(fNumber)) < Math.abs(light(best) - light(fNumber)) ? stop : best,
    );
  const choose = (fNumber, live) => {
    if (fNumber === now && live) return;
    set(fNumber);
    onChange(fNumber, live);
  };

  let drag = null;
  dial.addEventListener("pointerdown", (event) => {
    dial.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, light: light(now), moved: false };
  });
  dial.addEventListener("pointermove", (event) => {
    if (drag === null) return;
    const by = event.clientX - drag.x;
    if (Math.abs(by) > 3) drag.moved = true;
    if (!drag.moved) return;
    const wanted = 2 ** ((drag.light - by / PX_PER_STOP) / 2);
    const within = Math.min(stops.at(-1), Math.max(stops[0], wanted));
    // Shift turns freely between the stops.
    choose(event.shiftKey ? Number(within.toFixed(2)) : nearest(within), true);
  });
  const release = (event) => {
    if (drag === null) return;
    if (!drag.moved && event.type === "pointerup") {
      const middle = dial.getBoundingClientRect();
      const by = event.clientX - middle.left - middle.width / 2;
      choose(nearest(2 ** ((drag.light + by / PX_PER_STOP) / 2)), false);
    } else {
      onChange(now, false);
    }
    drag = null;
  };
  dial.addEventListener("pointerup", release);
  dial.addEventListener("pointercancel", release);
  dial.addEventListener("wheel", (event) => {
    if (document.activeElement !== dial) return; // the panel scrolls
    event.preventDefault();
    step(Math.sign(event.deltaY || event.deltaX), true);
  });
  const step = (by, live = false) => {
    const next =
      by > 0
        ? stops.find((stop) => stop > now + 1e-3)
        : stops.findLast((stop) => stop < now - 1e-3);
    if (next !== undefined) choose(next, live);
  };
  dial.addEventListener("keydown", (event) => {
    const keys = {
      ArrowRight: () => step(1),
      ArrowUp: () => step(1),
      ArrowLeft: () => step(-1),
      ArrowDown: () => step(-1),
      Home: () => choose(stops[0], false),
      End: () => choose(stops.at(-1), false),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  return { element: dial, set, step };
}
