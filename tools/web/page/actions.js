/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done now: the bar below, one table for buttons and keys. */
import { by, make, rebuild } from "./screen.js";
import { accepts, momentOf, primaryOf, viewOf } from "./state.js";
import { text } from "./words.js";

/* In this order on the screen. `key` is what the keyboard says, `label` a text. */
const COMMANDS = [
  { command: "next", key: " ", label: "next" },
  { command: "repeat", key: "r", label: "repeat" },
  { command: "reject", key: "d", label: "reject" },
  { command: "stop", key: "x", label: "stop" },
  { command: "finish", key: "f", label: "finish" },
  { command: "abort", key: "q", label: "abort" },
];

const RESULT = [
  { act: "again", key: " ", label: "next_test" },
  { act: "print", key: "p", label: "print" },
  { act: "csv-wide", key: "w", label: "csv_wide" },
  { act: "csv-long", key: "l", label: "csv_long" },
  { act: "csv-tests", key: "t", label: "csv_tests" },
];

const SETUP = [
  { act: "roster-next", key: "n", label: "roster_next" },
  { act: "roster-skip", key: "s", label: "roster_skip" },
  { act: "roster-back", key: "b", label: "roster_back" },
];

function inTest(page) {
  const test = page.state.test;
  const pain = momentOf(test) === "pain"; // what "stop" asks for is being asked
  const found = COMMANDS.filter(({ command }) => accepts(page, command) && !(pain && command === "stop"))
    .map((action) => ({ ...action, primary: action.command === primaryOf(page) }));
  if (test.needs === "side")
    for (const side of ["left", "right"])
      found.unshift({ command: "side", value: side, key: side === "left" ? "ArrowLeft" : "ArrowRight",
        label: side });
  for (const side of test.locked)
    if (accepts(page, "release"))
      found.push({ command: "release", value: side, key: "", label: `release_${side}` });
  if (momentOf(test) !== "effort") return found;
  /* any key ends an effort: there the one button says so */
  const anyKey = test.state === "effort";
  return found.map((action) => action.command === "stop"
    ? { ...action, primary: true, ...(anyKey ? { name: text("any_key") } : {}) }
    : { ...action, primary: false, key: anyKey ? "" : action.key });
}

export function actionsOf(page) {
  if (page.connection !== "open") return [];
  const view = viewOf(page);
  if (view === "bench") return inTest(page);
  if (view === "result") return RESULT.map((action) => ({ ...action, primary: action.key === " " }))
    .filter((action) => page.result.report !== null || !action.act.startsWith("csv"));
  return view === "setup" && page.roster.athletes.length > 0 ? SETUP : [];
}

function keyName(key) {
  return { " ": text("key_space"), ArrowLeft: "←", ArrowRight: "→" }[key] ?? key;
}

export function drawActions(page) {
  const actions = actionsOf(page);
  const place = viewOf(page) === "setup" ? by("roster_buttons") : by("actions");
  const other = place === by("actions") ? by("roster_buttons") : by("actions");
  rebuild(other, "nothing", () => []);
  rebuild(place, actions, () => actions.map((action) => {
    const button = make("button", { type: "button", class: action.primary ? "primary" : "" },
      text(action.label), action.key === "" ? null : make("kbd", {}, action.name ?? keyName(action.key)));
    if (action.command) button.dataset.command = action.command;
    if (action.value) button.dataset.value = action.value;
    if (action.act) button.dataset.act = action.act;
    return button;
  }));
}
