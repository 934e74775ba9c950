// SPDX-License-Identifier: GPL-3.0-or-later
// As much of a browser as the page's own code asks for, made of index.html; whatever is drawn by uPlot
// or judged by eye is the real browser's (browser.mjs).

const VOID = ["meta", "link", "input", "br"];

class Node {
  constructor(name) {
    this.localName = name;
    this.attributes = {};
    this.childNodes = [];
    this.parent = null;
    this.listeners = {};
    this.hidden = false;
    this.dataset = new Proxy({}, {
      get: (_, key) => this.attributes[`data-${dashed(key)}`],
      set: (_, key, said) => { this.attributes[`data-${dashed(key)}`] = String(said); return true; },
    });
    this.classList = {
      toggle: (said, on) => {
        const others = this.classes().filter((one) => one !== said);
        this.attributes.class = (on ? [...others, said] : others).join(" ");
      },
      remove: (...gone) => gone.forEach((said) => this.classList.toggle(said, false)),
    };
  }

  classes() { return (this.attributes.class ?? "").split(" ").filter(Boolean); }
  get id() { return this.attributes.id ?? ""; }
  get children() { return this.childNodes.filter((child) => child instanceof Node); }
  get options() { return this.all("option"); }
  get value() { return this.said ?? (this.localName === "select" ? this.options[0]?.attributes.value : "") ?? ""; }
  set value(said) { this.said = String(said); }
  get selectedIndex() { return this.options.findIndex((option) => option.attributes.value === this.value); }
  set selectedIndex(at) { this.value = this.options[at]?.attributes.value ?? ""; }
  get textContent() {
    return this.childNodes.map((child) => (child instanceof Node ? child.textContent : child)).join("");
  }
  set textContent(said) { this.replaceChildren(said); }

  setAttribute(name, said) {
    this.attributes[name] = String(said);
    if (name === "hidden") this.hidden = true;
  }
  append(...more) {
    for (const child of more) {
      if (child instanceof Node) child.parent = this;
      this.childNodes.push(child instanceof Node ? child : String(child));
    }
  }
  replaceChildren(...all) {
    this.childNodes = [];
    this.append(...all);
  }

  /* Of a selector: names, #ids, .classes and [attributes], one within the other. */
  matches(selector) {
    return selector.split(",").some((one) => {
      const steps = one.trim().split(/\s+/);
      if (!this.is(steps.pop())) return false;
      let at = this.parent;
      for (const step of steps.reverse()) {
        while (at !== null && !at.is(step)) at = at.parent;
        if (at === null) return false;
        at = at.parent;
      }
      return true;
    });
  }
  is(step) {
    return (step.match(/[#.]?[\w-]+|\[[^\]]+\]/g) ?? []).every((part) =>
      part[0] === "#" ? this.id === part.slice(1)
        : part[0] === "." ? this.classes().includes(part.slice(1))
          : part[0] === "[" ? part.slice(1, -1) in this.attributes
            : this.localName === part);
  }
  closest(selector) {
    for (let at = this; at !== null; at = at.parent) if (at.matches(selector)) return at;
    return null;
  }
  all(selector) {
    return this.children.flatMap((child) => [...(child.matches(selector) ? [child] : []), ...child.all(selector)]);
  }
  querySelector(selector) { return this.all(selector)[0] ?? null; }

  addEventListener(type, take) { (this.listeners[type] ??= []).push(take); }
  /* False where somebody has taken it. */
  dispatchEvent(given) {
    let goes = true, up = true;
    const event = { detail: 0, ...given.more, type: given.type, target: this,
      preventDefault() { goes = false; }, stopPropagation() { up = false; } };
    const path = [document];
    for (let at = this; at !== null; at = at.parent) path.push(at);
    const [root, ...within] = path;
    if (event.type === "keydown") root.hear(event);
    for (const at of within) if (up) for (const take of at.listeners[event.type] ?? []) take(event);
    if (up && event.type !== "keydown") root.hear(event);
    return goes;
  }
  focus() { document.activeElement = this; }
  blur() {
    if (document.activeElement !== this) return;
    document.activeElement = document.body;
    this.change();
  }
  /* What was typed is meant: when the field is left, and before a form is sent. */
  change() {
    if (this.typedInto !== true) return;
    this.typedInto = false;
    this.dispatchEvent({ type: "change" });
  }
}

function dashed(key) {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function parse(html) {
  const top = new Node("#document");
  let at = top;
  for (const [, comment, end, name, said, text] of
    html.matchAll(/(<!.*?>)|<(\/?)(\w+)([^>]*)>|([^<]+)/gs)) {
    if (comment) continue;
    if (text !== undefined) at.append(text);
    else if (end) at = at.parent;
    else {
      const node = new Node(name);
      for (const [, key, , value] of said.matchAll(/([\w-]+)(="([^"]*)")?/g)) node.setAttribute(key, value ?? "");
      at.append(node);
      if (!VOID.includes(name)) at = node;
    }
  }
  return top;
}

class Kept {
  constructor() { this.said = new Map(); }
  getItem(key) { return this.said.get(key) ?? null; }
  setItem(key, said) { this.said.set(key, String(said)); }
}

/* A tab: what it keeps survives a reload, the document does not. */
export function openTab(locale) {
  Object.assign(globalThis, { sessionStorage: new Kept(), localStorage: new Kept() });
  Object.defineProperty(globalThis, "navigator", { value: { language: locale, languages: [locale] }, configurable: true });
}

export function openDocument(html) {
  const top = parse(html);
  const listeners = {};
  globalThis.document = {
    listeners, title: "", documentElement: top.querySelector("html"), body: top.querySelector("body"),
    getElementById: (id) => top.querySelector(`#${id}`),
    querySelectorAll: (selector) => top.all(selector),
    createElement: (name) => new Node(name),
    createElementNS: (_, name) => new Node(name),
    addEventListener: (type, take) => (listeners[type] ??= []).push(take),
    hear: (event) => { for (const take of listeners[event.type] ?? []) take(event); },
  };
  document.activeElement = document.body;
  Object.assign(globalThis, {
    location: { hash: "#token=0123", pathname: "/", reload() {} },
    history: { replaceState() {} },
    matchMedia: () => ({ addEventListener() {} }),
    addEventListener() {}, requestAnimationFrame() {}, scrollTo() {}, print() {},
  });
}

/* What hands do. */
export const by = (id) => document.getElementById(id);
export function type(id, said) {
  by(id).value = "";
  more(id, said);
}
export function more(id, said) {
  const field = by(id);
  field.focus();
  for (const letter of said) {
    field.value += letter;
    field.typedInto = true;
    field.dispatchEvent({ type: "input", more: { inputType: "insertText" } });
  }
}
export function pick(id, said) { // out of the list below a field
  by(id).focus();
  by(id).value = said;
  by(id).typedInto = true;
  by(id).dispatchEvent({ type: "input" });
}
export function press(key) {
  document.activeElement.dispatchEvent({ type: "keydown", more: { key } });
}
export function send(form) { // Enter in one of its fields
  if (document.activeElement.closest(`#${form}`)) document.activeElement.change();
  by(form).dispatchEvent({ type: "submit" });
}
export function click(node) {
  node.dispatchEvent({ type: "click" });
}
