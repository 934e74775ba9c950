/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the station tells to what the screen shows. Pure but for the clock. */

const MOMENTS = {
  zero: "setup", zeroing: "setup", get_on: "setup", prove_left: "setup", prove_right: "setup",
  weigh: "setup", weighing: "setup", wait: "setup", ready: "effort", effort: "effort",
  rest: "rest", pain: "pain", pain_side: "pain", get_off: "end", zeroing_after: "end",
  finished: "end", aborted: "end",
};

export function momentOf(test) {
  return MOMENTS[test.state] ?? "setup";
}

export const model = {
  connection: "connecting", // open, lost, refused
  mine: sessionStorage.getItem("stance-mine"), // the test that this page began
  ticked: sessionStorage.getItem("stance-ticked"), // the one of them that the list knows of
  state: null,
  stateAt: 0, // when it came, performance.now()
  stateSince: 0, // since when the test is in this state
  protocols: [],
  roster: { athletes: [], position: 0 },
  result: null, // {id, report, summary, warnings}
  refusal: "", // why a test was not begun
  dry: JSON.parse(sessionStorage.getItem("stance-dry") ?? "null"), // {test, from}, see noteDry
  dismissed: sessionStorage.getItem("stance-dismissed"),
  tells: [], // of this test, newest last
  mass: new Map(JSON.parse(sessionStorage.getItem("stance-mass") ?? "[]")), // by test
};

/* connecting, setup, bench, result */
export function viewOf(page) {
  if (page.state === null) return "connecting";
  if (page.state.test !== null) return "bench";
  if (isReadingResult(page)) return "connecting"; // never an older one meanwhile
  return page.result !== null && page.result.id !== page.dismissed ? "result" : "setup";
}

/* A result is there and not here yet. */
export function isReadingResult(page) {
  const last = page.state?.last_result ?? null;
  return last !== null && last !== page.dismissed && last !== page.result?.id;
}

export function dismiss(page) {
  page.dismissed = page.result?.id ?? null;
  if (page.dismissed !== null) sessionStorage.setItem("stance-dismissed", page.dismissed);
}

export function rememberMine(page, test) {
  page.mine = test;
  sessionStorage.setItem("stance-mine", test);
}

export function rememberTicked(page, test) {
  page.ticked = test;
  sessionStorage.setItem("stance-ticked", test);
}

export function rememberMass(page, test, massKg) {
  page.mass = new Map([...page.mass, [test, massKg]].slice(-20));
  sessionStorage.setItem("stance-mass", JSON.stringify([...page.mass]));
}

/* How often the sound had run dry when a test began. null: it was under way when this page came. */
export function noteDry(page, state) {
  const test = state.test?.id;
  if (test === undefined || test === page.dry?.test) return;
  const before = page.state?.sound.underflows ?? null; // a station that was started anew counts anew
  page.dry = { test, from: before === null ? null : Math.min(before, state.sound.underflows) };
  sessionStorage.setItem("stance-dry", JSON.stringify(page.dry));
}

/* In this test, or, where that is not known, since the station's start. */
export function timesDry(page) {
  return page.state.test === null ? 0 : page.state.sound.underflows - (page.dry?.from ?? 0);
}

/* Between two reports of the station the clock goes on by itself. */
export function remaining(page) {
  const said = page.state?.test?.remaining_s;
  if (said === null || said === undefined) return null;
  return Math.max(0, said - (performance.now() - page.stateAt) / 1000);
}

export function accepts(page, command) {
  return page.connection === "open" && (page.state?.test?.commands.includes(command) ?? false);
}

/* How long what the station told stands beside what it waits for. */
const TOLD_MS = 8000;
/* A tell comes with the state that it explains, before or behind it. */
const TOGETHER_MS = 500;

/* What the station told last and still matters; null: nothing. Why a step of the set-up is asked for once
   more is said until it is taken. */
export function toldLast(page) {
  const last = page.tells[page.tells.length - 1];
  const moment = momentOf(page.state.test);
  if (last === undefined || last.message === "locked" || !["setup", "rest"].includes(moment)) return null;
  const explains = moment === "setup" && last.at >= page.stateSince - TOGETHER_MS;
  return explains || performance.now() - last.at < TOLD_MS ? last : null;
}

/* What stands under the space bar in a test; null: nothing. */
export function primaryOf(page) {
  return accepts(page, "next") ? "next" : null;
}
