/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboard alone is enough: one key a button, digits for pain, and in an effort every key stops:
   function keys, Tab and modifiers too, for a hand in a hurry hits anything. */
import { actionsOf } from "./actions.js";
import { by, say } from "./screen.js";
import { viewOf } from "./state.js";

/* "1" may become "10". */
const SECOND_DIGIT_MS = 800;
/* A scanner types faster than any hand: a letter that no other follows within this time was a key of its own. */
const SCAN_MS = 100;
/* In a field a name may be typed by hand, and fast: no hand is as fast as this. */
const SCAN_FIELD_MS = 40;
/* What was typed by hand and never ended by Enter is forgotten. */
const FORGET_MS = 3000;
/* The hand that stopped still hammers, or holds its key: that is no answer. Keyboards repeat after at most
   660 ms (X11's default, the longest in use); nobody says how much it hurts within a second. */
const CALM_MS = 1000;
/* Slower than fingers hammer. */
const HAMMER_MS = 500;
const MODIFIERS = ["Shift", "Control", "Alt", "Meta", "CapsLock", "AltGraph", "NumLock"];

function isTyping(target) {
  return target.matches?.("input, textarea, select") ?? false;
}

/* What a focused control does with the key itself. */
function isItsOwn(event) {
  const control = event.target.closest?.("button, summary, a, [tabindex]");
  return control !== null && control !== undefined && [" ", "Enter"].includes(event.key);
}

function take(event) {
  event.preventDefault();
  event.stopPropagation();
}

export class Keys {
  /* `act` runs one of actions.js; `pain` and `recall` take what was typed; `start` begins a test. */
  constructor(page, { act, pain, recall, start }) {
    this.page = page;
    this.run = { act, pain, recall, start };
    this.typed = "";
    this.typedAt = -Infinity;
    this.acted = ""; // letters that were keys just now, and may yet begin a name
    this.byHand = false; // what is typed, not by a scanner
    this.timer = 0;
    this.scan = { at: -Infinity, said: "", before: "" }; // into a field
    this.state = "";
    this.stopped = false; // this effort, by this hand
    this.calmAt = 0;
    document.addEventListener("keydown", (event) => this.press(event), true);
    document.addEventListener("mousedown", (event) => this.point(event), true);
  }

  /* Called with each state. */
  look() {
    const state = this.page.state?.test?.state ?? "";
    if (state === "pain" && this.state !== "pain") this.calmAt = performance.now() + CALM_MS;
    if (state !== "effort") this.stopped = false;
    this.state = state;
  }

  /* Whether what a hand hits now still belongs to its stop. */
  hammers() {
    const now = performance.now();
    if (now >= this.calmAt) return false;
    this.calmAt = Math.max(this.calmAt, now + HAMMER_MS);
    return true;
  }

  press(event) {
    if (this.inEffort()) {
      if (this.page.connection === "open") take(event); // a lost station leaves the browser its keys
      this.stop(event.repeat);
      return;
    }
    if (MODIFIERS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.hammers()) {
      take(event);
      return;
    }
    if (/^(Tab|F\d+)$/.test(event.key)) return; // the browser's
    if (event.key === "Escape") event.target.blur?.();
    if (event.repeat) return;
    if (isTyping(event.target)) {
      this.scanField(event);
      return;
    }
    if (this.pain(event) || this.name(event)) {
      take(event);
      return;
    }
    if (isItsOwn(event)) return;
    const action = actionsOf(this.page).find(({ key }) => key !== "" && key === event.key);
    if (action) this.run.act(action);
    else if (event.key === " " && viewOf(this.page) === "setup") this.run.start();
    else return;
    event.preventDefault();
  }

  /* A button of the mouse, a finger on the screen: what a button of the page says, else a stop. */
  point(event) {
    if (!this.inEffort() || event.target.closest?.("button")) return;
    take(event);
    this.stop(false);
  }

  /* Also while the station is not heard: it may hear us. */
  inEffort() {
    return this.page.state?.test?.state === "effort";
  }

  /* Every press is sent, lest one be lost; of a key that is held, the first. */
  stop(isRepeated) {
    if (isRepeated && this.stopped) return;
    this.stopped = true;
    this.calmAt = performance.now() + CALM_MS;
    document.activeElement?.blur?.(); // or the key, let go, would press what has the focus
    this.run.act({ command: "stop" });
  }

  pain(event) {
    if (this.page.state?.test?.needs !== "pain" || !/^[0-9]$/.test(event.key)) return false;
    clearTimeout(this.timer);
    const both = this.typed + event.key;
    this.typed = "";
    if (both === "1") {
      this.typed = both;
      this.timer = setTimeout(() => this.givePain(), SECOND_DIGIT_MS);
    } else this.run.pain(both === "10" ? 10 : Number(event.key));
    return true;
  }

  givePain() {
    const value = Number(this.typed);
    this.typed = "";
    this.run.pain(value);
  }

  /* A scanner types a name and Enter, whatever has the focus; so may a hand. Of the name nothing is left
     out: "S-17" is neither the key s nor athlete 17, and "ben" by a slow hand, of which b was a key, is not "en". */
  name(event) {
    if (viewOf(this.page) !== "setup") return false;
    if (event.key === "Enter") return this.enter(event);
    if (event.key.length !== 1 || (event.key === " " && this.typed === "")) return false;
    clearTimeout(this.timer);
    this.clockTyping();
    this.typed += event.key;
    const action = this.typed.length > 1 ? undefined
      : actionsOf(this.page).find(({ key }) => key === event.key);
    this.timer = setTimeout(() => {
      this.typed = "";
      this.acted = action ? this.acted + event.key : "";
      if (action) this.run.act(action);
    }, action ? SCAN_MS : FORGET_MS);
    if (!action) say(this.acted + this.typed);
    return true;
  }

  clockTyping() {
    const now = performance.now();
    const gap = now - this.typedAt;
    this.typedAt = now;
    if (gap > FORGET_MS) this.acted = "";
    this.byHand = this.typed !== "" && (this.byHand || gap > SCAN_FIELD_MS);
  }

  /* A name that is scanned while a field of the set-up has the focus is neither a mass nor the end of another
     name, and its Enter does not start whoever was chosen before. */
  scanField(event) {
    if (!event.target.closest("#choice")) return;
    const now = performance.now();
    if (now - this.scan.at > SCAN_FIELD_MS) this.scan = { said: "", before: event.target.value };
    this.scan.at = now;
    if (event.key.length === 1) this.scan.said += event.key;
    if (event.key !== "Enter" || this.scan.said === "") return;
    take(event);
    event.target.value = this.scan.before;
    event.target.blur();
    this.run.recall(this.scan.said.trim());
  }

  enter(event) {
    this.clockTyping();
    const typed = (this.byHand ? this.acted + this.typed : this.typed).trim();
    if (typed === "" && isItsOwn(event)) return false;
    clearTimeout(this.timer);
    this.typed = "";
    this.acted = "";
    say("");
    if (typed !== "") this.run.recall(typed);
    else by("athlete").focus();
    return true;
  }
}
