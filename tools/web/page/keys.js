/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboard alone is enough: one key a button, digits for pain, and in an effort every key stops. */
import { actionsOf } from "./actions.js";
import { by } from "./screen.js";
import { accepts, viewOf } from "./state.js";

/* "1" may become "10". */
const SECOND_DIGIT_MS = 800;
/* The key that began an effort, pressed twice, is no wish to stop it. */
const SETTLED_MS = 500;
const MODIFIERS = ["Shift", "Control", "Alt", "Meta", "CapsLock", "AltGraph", "NumLock"];

function isTyping(target) {
  return target.matches?.("input, textarea, select") ?? false;
}

/* What a focused control does with the key itself. */
function isItsOwn(event) {
  const control = event.target.closest?.("button, summary, a, [tabindex]");
  return control !== null && control !== undefined && [" ", "Enter"].includes(event.key);
}

export class Keys {
  /* `act` runs one of actions.js; `pain` and `recall` take what was typed; `start` begins a test. */
  constructor(page, { act, pain, recall, start }) {
    this.page = page;
    this.run = { act, pain, recall, start };
    this.typed = "";
    this.timer = 0;
    this.effortSince = Infinity;
    document.addEventListener("keydown", (event) => this.press(event), true);
  }

  /* Called with each state. */
  look() {
    const effort = this.page.state?.test?.state === "effort";
    if (!effort) this.effortSince = Infinity;
    else if (this.effortSince === Infinity) this.effortSince = performance.now();
  }

  press(event) {
    if (MODIFIERS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(Tab|F\d+)$/.test(event.key)) return; // the browser's
    if (this.stops()) {
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat && performance.now() - this.effortSince > SETTLED_MS)
        this.run.act({ command: "stop" });
      return;
    }
    if (event.key === "Escape") event.target.blur?.();
    if (event.repeat || isTyping(event.target) || isItsOwn(event)) return;
    if (this.digit(event) || this.enter(event)) {
      event.preventDefault();
      return;
    }
    const action = actionsOf(this.page).find(({ key }) => key !== "" && key === event.key);
    if (action) this.run.act(action);
    else if (event.key === " " && viewOf(this.page) === "setup") this.run.start();
    else return;
    event.preventDefault();
  }

  stops() {
    return this.page.state?.test?.state === "effort" && accepts(this.page, "stop");
  }

  digit(event) {
    if (!/^[0-9]$/.test(event.key)) return false;
    clearTimeout(this.timer);
    if (this.page.state?.test?.needs === "pain") {
      const both = this.typed + event.key;
      this.typed = "";
      if (both === "1") {
        this.typed = both;
        this.timer = setTimeout(() => this.givePain(), SECOND_DIGIT_MS);
      } else this.run.pain(both === "10" ? 10 : Number(event.key));
      return true;
    }
    if (viewOf(this.page) !== "setup") return false;
    this.typed += event.key;
    this.timer = setTimeout(() => (this.typed = ""), 3000);
    return true;
  }

  givePain() {
    const value = Number(this.typed);
    this.typed = "";
    this.run.pain(value);
  }

  /* A scanner types a number and Enter. */
  enter(event) {
    if (event.key !== "Enter" || viewOf(this.page) !== "setup") return false;
    clearTimeout(this.timer);
    const typed = this.typed;
    this.typed = "";
    if (typed !== "") this.run.recall(typed);
    else by("athlete").focus();
    return true;
  }
}
