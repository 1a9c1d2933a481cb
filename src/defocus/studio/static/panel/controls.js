// The panel's building blocks: elements with a `set(value)` and a callback when the person changes
// them. `live` is true while a drag goes on.

export const percent = (value) => `${Math.round(100 * value)} %`;
export const readPercent = (text) => Number.parseFloat(text.replace(",", ".")) / 100;

let lastId = 0;
const nextId = () => `control-${++lastId}`;

/**
 * Make an element.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} attributes `class`, `text`, `on…` listeners, else attributes
 * @param {...(Node|string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** An icon of the sprite in index.html. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A slider with a number beside it. Double click on the label sets the usual value.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} options.step
 * @param {number} options.usual value after a double click on the label
 * @param {(value: number) => string} [options.show] text of a value
 * @param {(text: string) => number} [options.read] value of a text
 * @param {(value: number, live: boolean) => void} options.onChange
 */
export function slider({ label, min, max, step, usual, show, read, onChange }) {
  const id = nextId();
  const text = show ?? ((value) => String(Number(value.toFixed(4))));
  const parse = read ?? ((typed) => Number.parseFloat(typed.replace(",", ".")));
  const range = element("input", { type: "range", id, min, max, step });
  const number = element("input", { class: "number", type: "text", "aria-label": `${label}, value` });
  const name = element("label", { for: id, text: label, title: "Double click to reset" });
  const paint = (value) => {
    const place = (100 * (value - min)) / (max - min);
    const zero = min < 0 ? (100 * -min) / (max - min) : 0;
    range.style.setProperty("--from", `${Math.min(zero, place)}%`);
    range.style.setProperty("--fill", `${Math.max(zero, place)}%`);
    range.setAttribute("aria-valuetext", text(value));
  };
  const set = (value) => {
    range.value = value;
    paint(value);
    if (document.activeElement !== number) number.value = text(value);
  };
  const choose = (value, live) => {
    set(value);
    number.value = text(value);
    onChange(value, live);
  };
  range.addEventListener("input", () => choose(Number(range.value), true));
  range.addEventListener("change", () => onChange(Number(range.value), false));
  number.addEventListener("change", () => {
    const typed = parse(number.value);
    if (Number.isFinite(typed)) choose(Math.min(max, Math.max(min, typed)), false);
    else number.value = text(Number(range.value));
  });
  number.addEventListener("focus", () => number.select());
  number.addEventListener("keydown", (event) => {
    if (event.key === "Enter") number.blur();
  });
  name.addEventListener("dblclick", () => choose(usual, false));
  const box = element("div", { class: "control" }, name, number, range);
  return { element: box, set };
}

/**
 * One of a few words.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {boolean} [options.shown] the label stands above it
 * @param {string[][]} options.choices value, text, tooltip
 * @param {(value: string) => void} options.onChange
 */
export function segments({ label, shown = false, choices, onChange }) {
  const group = element("div", { class: "segments", role: "radiogroup", "aria-label": label });
  const buttons = choices.map(([value, text, title]) =>
    element("button", {
      type: "button",
      role: "radio",
      text,
      title: title ?? text,
      "data-value": value,
      onclick: () => choose(value),
    }),
  );
  group.append(...buttons);
  const set = (value) => {
    const chosen = buttons.some((button) => button.dataset.value === value);
    buttons.forEach((button, index) => {
      const on = button.dataset.value === value;
      button.setAttribute("aria-checked", String(on));
      const first = buttons.findIndex((other) => !other.hidden);
      button.tabIndex = on || (!chosen && index === first) ? 0 : -1;
    });
  };
  const choose = (value) => {
    set(value);
    onChange(value);
  };
  group.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const offered = buttons.filter((button) => !button.hidden);
    const index = offered.indexOf(/** @type {any} */ (document.activeElement));
    const next = offered[(index + by + offered.length) % offered.length];
    next.focus();
    choose(next.dataset.value);
  });
  /** Offer one of the words, or not. */
  const offer = (value, on) => {
    for (const button of buttons) if (button.dataset.value === value) button.hidden = !on;
  };
  if (!shown) return { element: group, set, offer };
  const name = element("span", { class: "label", "aria-hidden": "true", text: label });
  return { element: element("div", { class: "control" }, name, group), set, offer };
}

/**
 * A switch.
 *
 * @param {{label: string, title?: string, onChange: (on: boolean) => void}} options
 */
export function toggle({ label, title, onChange }) {
  const input = element("input", { type: "checkbox", role: "switch" });
  input.addEventListener("change", () => onChange(input.checked));
  const box = element("label", { class: "check", title: title ?? "" }, label, input);
  return {
    element: box,
    set: (value) => {
      input.checked = value;
    },
  };
}

/** A drop-down list. */
export function select({ label, onChange }) {
  const id = nextId();
  const list = element("select", { id });
  list.addEventListener("change", () => onChange(list.value));
  const box = element(
    "div",
    { class: "control" },
    element("label", { for: id, text: label }),
    element("div", { class: "select" }, list),
  );
  return {
    element: box,
    set: (value) => {
      list.value = value;
    },
    offer: (choices) => {
      const value = list.value;
      list.replaceChildren(...choices.map(([key, text]) => element("option", { value: key, text })));
      list.value = value;
    },
  };
}

/** A part of the panel that folds. */
export function group(title, open, ...children) {
  return element(
    "details",
    { class: `group ${title.toLowerCase().replaceAll(" ", "-")}`, open },
    element("summary", { text: title }),
    element("div", { class: "group-body" }, ...children),
  );
}
