// SPDX-License-Identifier: GPL-3.0-or-later
// The page's own code, loaded in a document of document.mjs, and a station that says what a test wants.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { openDocument, openTab } from "./document.mjs";

export const source = `${process.env.source}/tools/web/page`;
const work = mkdtempSync(`${tmpdir()}/stance-page-`);
process.on("exit", () => rmSync(work, { recursive: true }));

const value = (metric, side, number, unit) => ({ repetition: "best", metric, side, value: number, unit,
  uncertainty: null, status: number === null ? "missing:no_body_mass" : "ok" });
const TODAY = new Date().toISOString();
const SIDES = ["left", "right"];

export class Puppet {
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
    if (path.startsWith("tests?")) await this.slowHistory;
    if (path === "roster") await this.slowRoster;
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
export async function calm() {
  for (let turn = 0; turn < 60; turn++) await new Promise((done) => setImmediate(done));
}

let loads = 0;
const html = readFileSync(`${source}/index.html`, "utf8");
/* The page, loaded: modules anew, what the tab keeps as it was. */
export async function load(station) {
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

export async function begin(athletes, locale = "en-GB") {
  const station = new Puppet();
  station.roster.athletes = athletes.map((athlete) => ({ done: false, ...athlete }));
  openTab(locale);
  await load(station);
  return station;
}
