// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of athletes, masses and results in the page's own code, from the first screen on, against a
// station of this file. What only a browser shows is in browser.mjs.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { by, click, more, openDocument, openTab, pick, press, send, type } from "./document.mjs";

const source = `${process.env.source}/tools/web/page`;
const work = mkdtempSync(`${tmpdir()}/stance-page-`);
process.on("exit", () => rmSync(work, { recursive: true }));

const value = (metric, side, number, unit) => ({ repetition: "best", metric, side, value: number, unit,
  uncertainty: null, status: number === null ? "missing:no_body_mass" : "ok" });
const TODAY = new Date().toISOString();
const SIDES = ["left", "right"];

class Station {
  constructor() {
    this.roster = { athletes: [], position: 0 };
    this.tests = []; // {id, athlete, mass_kg, used, warnings, moves}
    this.begun = []; // what was asked for
    this.asked = [];
    this.state = {
      instrument: { state: "idle", problem: null, lost: 0, rate_hz: null, unit: null, uncalibrated: false, simulated: false },
      sound: { state: "ok", problem: null, underflows: 0 }, store: { state: "ok", problem: null },
      test: null, cut_off: null, last_result: null,
    };
  }

  report({ id, athlete, mass_kg: mass = null, used = 3 }) {
    return {
      recording: id, athlete: athlete || null, body_mass_kg: mass, lever_m: null, injured_side: null,
      started_at: TODAY, operator: null, instrument: "rig", software: "stance",
      protocol: { id: "nordic", title: "Nordic", compared: "peak_force" },
      sides: Object.fromEntries(SIDES.map((side) => [side, { measured: true, attempted: 3, used }])),
      integrity: { frames_lost: 0 }, flags: [], repetitions: [],
      comparison: { metric: "peak_force", status: "missing:no_reliability", words: null,
        assumes_independent_sides: false, source: null, ...this.compared },
      values: SIDES.flatMap((side) => [value("peak_force", side, used > 0 ? 320 : null, "N"),
        value("peak_force_per_kg", side, mass && 320 / mass, "N/kg")]),
    };
  }

  history(athlete) {
    return this.tests.filter((test) => test.athlete === athlete).reverse().map(({ id, used = 3, started = TODAY }) => ({
      id, athlete, protocol: "nordic", started, metric: "peak_force", flags: [],
      peak_left_n: used > 0 ? 320 : null, peak_right_n: used > 0 ? 320 : null, mdc_left_n: null, mdc_right_n: null }));
  }

  move(test, { athlete, undo, mass_kg: mass = null }) {
    test.moves ??= [];
    if (undo) Object.assign(test, test.moves.pop());
    else {
      test.moves.push({ athlete: test.athlete, mass_kg: test.mass_kg });
      Object.assign(test, { athlete, mass_kg: mass });
    }
    return {};
  }

  answer(method, path, body) {
    const id = path.split("/")[1];
    const test = this.tests.find((one) => one.id === id);
    if (path === "protocols") return [{ id: "nordic", title: "Nordic", rig: "strap", instruction: "" }];
    if (path === "roster" && method === "PUT") this.roster = body;
    if (path === "roster") return this.roster;
    if (path.startsWith("tests?")) return this.history(new URLSearchParams(path.slice(6)).get("athlete"));
    if (path.endsWith("/report.json")) return this.report(test);
    if (path.endsWith("/athlete")) return this.move(test, body);
    assert.deepEqual([method, path], ["POST", "tests"]);
    this.begun.push(body);
    return { test: `t${this.begun.length}` };
  }

  async fetch(address, { method, body } = {}) {
    const path = address.replace("/api/v1/", "");
    if (path === "events") return { ok: true, body: new ReadableStream({ start: (to) => { this.to = to; } }) };
    if (path === address)
      return existsSync(`${source}/${path}`)
        ? { ok: true, json: async () => JSON.parse(readFileSync(`${source}/${path}`, "utf8")) } : { ok: false };
    this.asked.push(`${method} ${path}`);
    const said = structuredClone(this.answer(method, path, body && JSON.parse(body)));
    if (path.endsWith("/report.json")) await this.slow;
    return { ok: true, json: async () => said };
  }

  tell(name, data) {
    this.to.enqueue(new TextEncoder().encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
    return calm();
  }

  says(more) {
    this.state = { ...this.state, ...more };
    return this.tell("state", this.state);
  }

  result({ id }, { warnings = [] } = {}) {
    const test = this.tests.find((one) => one.id === id);
    return this.tell("result", { id, summary: "", report: this.report(test), problem: null, warnings });
  }

  /* A test from its start to its result. */
  async test(test, { warnings } = {}) {
    this.tests.push(test);
    await this.says({ test: { id: test.id, protocol: "nordic", title: "Nordic", athlete: test.athlete, state: "wait",
      text: "", side: "both", remaining_s: null, needs: "next", commands: ["next"], wanted: 3, attempts: [],
      counted: { left: 0, right: 0 }, target: null, locked: [], lever_m: null, lever_from: null, ...test.now } });
    if (test.now) return;
    await this.result(test, { warnings });
    await this.says({ test: null, last_result: test.id });
  }
}

/* All that is under way without waiting for a clock. */
async function calm() {
  for (let turn = 0; turn < 60; turn++) await new Promise((done) => setImmediate(done));
}

let loads = 0;
const html = readFileSync(`${source}/index.html`, "utf8");
/* The page, loaded: modules anew, what the tab keeps as it was. */
async function load(station) {
  const folder = `${work}/${++loads}`;
  cpSync(source, folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{"type":"module"}');
  writeFileSync(`${folder}/uPlot.esm.js`, "export default class {}"); // nothing is drawn here
  globalThis.fetch = (...asked) => station.fetch(...asked);
  openDocument(html);
  await import(`${folder}/app.js`);
  await calm();
  await station.says({});
}

async function begin(athletes, locale = "en-GB") {
  const station = new Station();
  station.roster.athletes = athletes.map((athlete) => ({ done: false, ...athlete }));
  openTab(locale);
  await load(station);
  return station;
}

const fields = () => ["athlete", "mass", "lever", "injured"].map((id) => by(id).value);
const done = (station) => station.roster.athletes.filter((athlete) => athlete.done).map(({ athlete }) => athlete);
const view = () => document.body.dataset.view;
const says = (id) => by(id).textContent;

/* Whoever comes next has no mass, lever or injury of the one before. */
async function fieldsAreOfWhomTheyName() {
  const station = await begin([{ athlete: "Anna", mass_kg: 60, lever_m: 0.4 }, { athlete: "Ben" }]);
  type("athlete", "Cleo");
  type("mass", "55");
  type("lever", "0.38");
  by("injured").value = "left";
  send("choice");
  await calm();
  assert.deepEqual(station.begun.pop(), { protocol: "nordic", athlete: "Cleo", mass_kg: 55, lever_m: 0.38, injured: "left" });
  await station.test({ id: "t1", athlete: "Cleo" });
  assert.equal(view(), "result");
  press(" ");
  await calm();
  assert.deepEqual([view(), fields()], ["setup", ["", "", "", ""]], "the next one has what the last one had");

  type("athlete", "Anna");
  by("athlete").blur();
  assert.deepEqual(fields(), ["Anna", "60.0", "0.400", ""], "out of the list");
  by("injured").value = "right";
  type("athlete", "Anna-Lena");
  assert.deepEqual(fields().slice(1), ["", "", ""], "the mass of another name");
  send("choice");
  await calm();
  assert.deepEqual(station.begun.pop(), { protocol: "nordic", athlete: "Anna-Lena" });
  pick("athlete", "Anna");
  assert.deepEqual(fields(), ["Anna", "60.0", "0.400", ""], "picked below the field");
  pick("athlete", "Ben");
  assert.deepEqual(fields(), ["Ben", "", "", ""], "picked below the field, and the list knows no mass");
  type("mass", "72");
  more("athlete", " ");
  send("choice");
  await calm();
  assert.deepEqual(station.begun.pop(), { protocol: "nordic", athlete: "Ben", mass_kg: 72 }, "it is still Ben");
}

async function aMassMayComeBeforeTheName() {
  const station = await begin([{ athlete: "Anna", mass_kg: 60, lever_m: 0.4 }]);
  type("mass", "63");
  type("athlete", "Dora");
  send("choice");
  await calm();
  assert.deepEqual(station.begun.pop(), { protocol: "nordic", athlete: "Dora", mass_kg: 63 });
  await station.test({ id: "t1", athlete: "Dora" });
  press(" ");
  await calm();
  type("mass", "61");
  type("athlete", "Anna");
  send("choice");
  await calm();
  assert.deepEqual(station.begun.pop(), { protocol: "nordic", athlete: "Anna", mass_kg: 61, lever_m: 0.4 },
    "of today, and the rest out of the list");
}

/* A result that is somebody else's is his, with his numbers, his earlier tests and his tick. */
async function aMovedResultIsTheOtherOnes() {
  const station = await begin([{ athlete: "Anna", mass_kg: 60 }, { athlete: "Ben" }, { athlete: "Cleo" }]);
  station.tests.push({ id: "t0", athlete: "Ben", started: "2026-01-02T10:00:00Z" });
  pick("athlete", "Anna");
  send("choice");
  await calm();
  const test = { id: "t1", athlete: "Anna", mass_kg: 60 };
  await station.test(test, { warnings: ["the cable was loose"] });
  assert.deepEqual([done(station), says("sentence")], [["Anna"], "Result of Anna."]);
  assert.match(says("values"), /5\.33/);
  assert.match(says("report_head"), /60\.0 kg/);
  assert.match(says("flags"), /the cable was loose/);
  assert.match(says("history"), /: 1$|: 1\D/);

  type("move_to", "Ben");
  send("move_form");
  await calm();
  assert.equal(says("sentence"), "Result of Ben.");
  assert.doesNotMatch(says("values"), /5\.33/, "divided by the mass of another one");
  assert.match(says("values"), /no body mass was given/);
  assert.doesNotMatch(says("report_head"), /60\.0 kg/);
  assert.match(says("flags"), /the cable was loose/, "a move takes a warning away");
  assert.match(says("history"), /: 2/, "the history is of the one before");
  assert.deepEqual(done(station), ["Ben"], "Anna was not tested");
  await station.result(test, { warnings: ["the cable was loose"] }); // kept, for whoever comes anew
  await station.says({});
  assert.deepEqual([done(station), says("sentence")], [["Ben"], "Result of Ben."]);

  click(by("move_undo"));
  await calm();
  assert.deepEqual([done(station), says("sentence")], [["Anna"], "Result of Anna."]);
  assert.match(says("values"), /5\.33/);
  station.tests.push({ id: "t2", athlete: "Anna" });
  type("move_to", "Cleo");
  send("move_form");
  await calm();
  assert.deepEqual(done(station), ["Anna", "Cleo"], "Anna has another test of today");

  station.move(test, { undo: true }); // on another screen
  await station.result(test);
  assert.equal(says("sentence"), "Result of Anna.");
  assert.match(says("history"), /: 2/, "what another screen moves");
}

/* Who was tested is ticked once; who was not, never. */
async function aTickIsForATest() {
  const station = await begin([{ athlete: "Anna" }, { athlete: "Ben" }]);
  pick("athlete", "Anna");
  send("choice");
  await calm();
  const test = { id: "t1", athlete: "Anna", used: 0 };
  await station.test(test);
  assert.deepEqual(done(station), [], "done without a repetition");
  press(" ");
  await calm();
  assert.equal(by("athlete").value, "Anna", "it is still her turn");
  send("choice");
  await calm();
  const second = { id: "t2", athlete: "Anna" };
  await station.test(second);
  assert.deepEqual([done(station), station.roster.position], [["Anna"], 1]);

  const untick = () => { // on another screen
    station.roster.athletes[0].done = false;
    station.roster.position = 0;
  };
  untick();
  await station.result(second);
  assert.deepEqual(done(station), [], "a result that was taken is taken again");
  await load(station); // a reload
  await station.result(second);
  await station.says({ last_result: "t2" });
  assert.deepEqual(done(station), [], "after a reload");
  assert.equal(view(), "result");
  press(" ");
  await calm();
  sessionStorage.setItem("stance-ticked", "");
  await load(station);
  await station.result(second);
  assert.deepEqual([done(station), view()], [[], "setup"], "a result that was put away is taken again");
}

/* Who is done is the station's to say: of today, and on whichever screen. */
async function theListIsTheStations() {
  const station = await begin([{ athlete: "Anna", done: true }, { athlete: "Ben", done: true }]);
  const tomorrow = () => station.roster.athletes.forEach((athlete) => { athlete.done = false; });
  assert.equal(by("roster").all("li.done").length, 2);
  tomorrow();
  by("roster_text").value = "Anna; 60\nBen\nCleo";
  click(by("roster_save"));
  await calm();
  assert.deepEqual(done(station), [], "yesterday's ticks are kept with the list");
  assert.equal(station.roster.athletes[0].mass_kg, 60);

  station.roster.athletes[0].done = true; // on another screen
  press("n");
  await new Promise((acted) => setTimeout(acted, 150));
  await calm();
  assert.equal(by("athlete").value, "Ben", "who was tested on another screen is next");

  const { toDateString } = Date.prototype;
  tomorrow();
  Date.prototype.toDateString = () => "another day";
  await station.says({});
  Date.prototype.toDateString = toDateString;
  assert.equal(by("roster").all("li.done").length, 0, "a page that stood open overnight");
}

/* What came while it was being read is newer, and knows what the report does not say. */
async function aResultThatIsReadKeepsItsWarnings() {
  const station = await begin([]);
  const test = { id: "t1", athlete: "Anna" };
  station.tests.push(test);
  await station.says({ last_result: "t1" });
  assert.equal(view(), "result");
  await station.result(test, { warnings: ["the cable was loose"] });
  assert.match(says("flags"), /the cable was loose/);
  let goOn;
  station.slow = new Promise((now) => { goOn = now; });
  await load(station); // begins to read
  assert.equal(view(), "connecting");
  test.athlete = "Ben";
  await station.result(test, { warnings: ["the cable was loose"] });
  goOn();
  await calm();
  assert.equal(says("sentence"), "Result of Ben.");
  assert.match(says("flags"), /the cable was loose/);
}

async function nobodysTestHasNoHistory() {
  const station = await begin([]);
  station.tests.push({ id: "t0", athlete: "" }, { id: "t1", athlete: "" });
  await station.test({ id: "t2", athlete: "" });
  assert.equal(says("sentence"), "Result of no athlete named.");
  assert.equal(says("history"), "", "a history made of other people");
  type("move_to", "Ben");
  send("move_form");
  await calm();
  assert.match(says("history"), /: 1/);
}

for (const journey of [fieldsAreOfWhomTheyName, aMassMayComeBeforeTheName, aMovedResultIsTheOtherOnes, aTickIsForATest, theListIsTheStations,
  aResultThatIsReadKeepsItsWarnings, nobodysTestHasNoHistory]) {
  try {
    await journey();
  } catch (reason) {
    console.error(`${journey.name}: ${reason.stack}`);
    process.exitCode = 1;
  }
}
console.log(process.exitCode ? "journeys: FAILED" : "journeys: passed");
process.exit();
