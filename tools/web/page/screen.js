/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small help with the document. */

export function by(id) {
  return document.getElementById(id);
}

/* make("p", {class: "x"}, "text", node …) */
export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function draw(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/* A screen reader says a live region again whenever it is written: only where it differs. */
export function write(node, said) {
  if (node.textContent !== said) node.textContent = said;
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/* Rebuilds a list only where what it says has changed, so that focus and reader stay where they are. */
const built = new WeakMap();
export function rebuild(node, said, children) {
  const key = JSON.stringify(said);
  if (built.get(node) === key) return;
  built.set(node, key);
  node.replaceChildren(...children());
}

let saidTimer = 0;
/* A sentence for a few seconds. */
export function say(sentence) {
  write(by("said"), sentence);
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => write(by("said"), ""), 6000);
}
