// Two pictures of one scene, the second behind a handle that can be dragged.

import { Splitter } from "./splitter.js";

/**
 * @param {HTMLElement} box holds both, and the handle
 * @param {HTMLElement} handle
 */
export function reveal(box, handle) {
  const placeOf = ({ clientX }) => {
    const { left, width } = box.getBoundingClientRect();
    return (clientX - left) / width;
  };
  const splitter = new Splitter(handle, placeOf, (at) => {
    box.style.setProperty("--at", `${100 * at}%`);
  });
  splitter.show(true);
}
