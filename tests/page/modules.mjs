// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";

/* As it was embedded, with uPlot; where it was built without, the rest can be tested all the same. */
const source = `${process.env.source}/tools/web/page`;
const folder = existsSync(`${process.env.build}/web/trace.js`) ? `${process.env.build}/web` : source;
const load = (name) => import(`${folder}/${name}`);
const read = (name) => readFileSync(`${source}/${name}`, "utf8");

/* What the modules expect of a browser. */
globalThis.sessionStorage = { getItem: () => null, setItem: () => {} };
let locale = "en-GB";
Object.defineProperty(globalThis, "navigator", {
  value: { get language() { return locale; }, get languages() { return [locale]; } },
});
globalThis.document = { documentElement: {} };
globalThis.fetch = async (name) => {
  try {
    const text = read(name);
    return { ok: true, json: async () => JSON.parse(text) };
  } catch {
    return { ok: false };
  }
};

/* Events arrive in any pieces. */
const { eventParser } = await load("door.js");
const stream = 'event: state\nid: 1\ndata: {"a":1}\n\n: life\n\nevent: live\nid: 2\ndata: {"b":[1,null]}\n\n';
for (let length = 1; length <= stream.length; length++) {
  const got = [];
  const parse = eventParser((name, data) => got.push([name, data]));
  for (let from = 0; from < stream.length; from += length) parse(stream.slice(from, from + length));
  assert.deepEqual(got, [["state", { a: 1 }], ["live", { b: [1, null] }]]);
}

/* Every table says everything that the first one says, and nothing that nobody asks for. */
const tables = readdirSync(source).filter((name) => /^texts\..*\.json$/.test(name));
const english = JSON.parse(read("texts.en.json"));
assert.ok(tables.length >= 2);
const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();
for (const name of tables) {
  const table = JSON.parse(read(name));
  for (const key of Object.keys(english)) {
    assert.ok(key in table, `${name} lacks ${key}`);
    assert.deepEqual(holes(table[key]), holes(english[key]), `${name}: ${key}`);
  }
  for (const key of Object.keys(table))
    assert.ok(key in english || /^(state|message|protocol|instruction|metric|error|problem)\./.test(key),
      `${name}: nobody asks for ${key}`);
}

/* Every state, message and reason that the station may name has its text. */
const german = JSON.parse(read("texts.de.json"));
const ids = (file, pattern) => [...readFileSync(`${process.env.source}/${file}`, "utf8")
  .matchAll(pattern)].map((found) => found[1]);
const machine = readFileSync(`${process.env.source}/include/stance/machine.h`, "utf8");
const listed = (list) => [...machine.split(`#define STANCE_TEST_${list}_LIST`)[1].split("\n\n")[0]
  .matchAll(/X\(\w+, (\w+),/g)].map((found) => found[1]);
assert.ok(listed("STATE").length > 10 && listed("MESSAGE").length > 10);
for (const id of listed("STATE")) {
  assert.ok(`state.${id}` in german, `state.${id}`);
  assert.ok(`moment.${id}` in english, `moment.${id}`);
}
for (const id of listed("MESSAGE"))
  assert.doesNotMatch(german[`message.${id}`] ?? "\u00a0N ", /[ \u00a0]N\b/, `message.${id} is there, and in the instrument's unit`);
const manual = readFileSync(`${process.env.source}/tools/station/HTTP_API.md`, "utf8");
const errors = [...manual.split("The words are stable:")[1].split(".\n")[0].matchAll(/`(\w+)`/g)].map(([, word]) => word);
assert.ok(errors.length > 10);
for (const word of errors) assert.ok(`error.${word}` in german, `error.${word}`);
const { momentOf, viewOf } = await load("state.js");
for (const id of listed("STATE"))
  assert.equal(`moments.${momentOf({ state: id })}` in english, true, id);
const shown = (last_result, test, result, dismissed) =>
  viewOf({ state: { last_result, test }, result: result && { id: result }, dismissed });
assert.equal(viewOf({ state: null }), "connecting");
assert.equal(shown(null, null, null, null), "setup");
assert.equal(shown("a", {}, "a", null), "bench");
assert.equal(shown("a", null, "a", null), "result");
assert.equal(shown("b", null, "a", null), "connecting", "an older result while a new one is read");
assert.equal(shown("a", null, "a", "a"), "setup");
assert.equal(shown(null, null, "c", "a"), "result", "a test without a result says so");
{
  const { toldLast } = await load("state.js");
  const clock = globalThis.performance.now;
  globalThis.performance.now = () => 20000;
  const told = (state, at, stateSince, message = "zero_far") =>
    toldLast({ state: { test: { state } }, stateSince, tells: [{ message: "older", at }, { message, at }] })?.message;
  assert.equal(told("zero", 1000, 1100), "zero_far", "why the zero is asked for once more is forgotten");
  assert.equal(told("get_on", 1000, 9000), undefined, "the step is taken");
  assert.equal(told("get_on", 13000, 15000), "zero_far");
  assert.equal(told("rest", 1000, 1100), undefined);
  assert.equal(told("rest", 13000, 13000), "zero_far");
  assert.equal(told("effort", 19000, 13000), undefined, "an effort is not talked into");
  assert.equal(told("wait", 19000, 19000, "locked"), undefined, "it has a sentence of its own");
  assert.equal(toldLast({ state: { test: { state: "zero" } }, stateSince: 0, tells: [] }), null);
  globalThis.performance.now = clock;
}
for (const file of readdirSync(source).filter((name) => name.endsWith(".js")))
  for (const key of ids(`tools/web/page/${file}`, /\btext\("([^"]+)"/g))
    assert.ok(key in english, `${file} asks for ${key}`);
for (const key of ids("tools/web/page/index.html", /data-text(?:-label)?="([^"]+)"/g))
  assert.ok(key in english, `index.html asks for ${key}`);

/* The station's comparisons, in the words of a language. */
const words = await load("words.js");
const said = [
  "left 12.9 % weaker than right; compatible with 11 % stronger to 32 % weaker",
  "right 31.0 % weaker than left; compatible with 12 % to 49 % weaker",
  "left as strong as right; compatible with 0.4 % stronger to 0.4 % weaker",
];
await words.loadTexts();
for (const sentence of said) assert.equal(words.comparison(sentence), sentence);
assert.equal(words.number(12.5, 1), "12.5");
locale = "de-AT";
await words.loadTexts();
assert.deepEqual(said.map(words.comparison), [
  "links 12,9 % schwächer als rechts; vereinbar mit 11 % stärker bis 32 % schwächer",
  "rechts 31,0 % schwächer als links; vereinbar mit 12 % bis 49 % schwächer",
  "links so stark wie rechts; vereinbar mit 0,4 % stärker bis 0,4 % schwächer",
]);
assert.equal(words.comparison("something else"), "something else");
const refused = { status: 409, word: "instrument", message: "no plate is connected" };
assert.equal(words.reasonOf(refused),
  "Das Gerät ist nicht bereit. Die Station sagt: „no plate is connected“");
assert.equal(words.reasonOf({ ...refused, word: "new" }), "no plate is connected");
assert.equal(words.reasonOf({ status: 0, word: "", message: "TypeError" }), german.station_lost);
assert.equal(words.number(-0.2), "0");
assert.deepEqual([words.force(341.6, "N"), words.force(0.3416, "V")], ["342", "0,34"]);
assert.equal(words.parseNumber("80,5"), 80.5);
assert.ok(Number.isNaN(words.parseNumber("8O")));
for (locale of ["ar-EG", "fa-IR", "hi-IN-u-nu-deva", "de-AT"])
  assert.equal(words.parseNumber(words.number(80.5, 1)), 80.5, `${locale}: a prefilled field cannot be read`);
locale = "fr-FR";
await words.loadTexts();
assert.equal(words.text("left"), english.left); // no such table: English

assert.equal(words.reasonOf(refused), refused.message);

/* Reports. */
const report = await load("report.js");
const value = (metric, side, status) => ({ repetition: "best", metric, side, status, value: 1, unit: "N" });
const made = {
  comparison: { metric: "peak_force", status: "missing:no_reliability" },
  flags: ["frames_lost"],
  repetitions: [{ status: "rejected", reasons: ["partial"] }, { status: "accepted", reasons: ["no_break"] }],
  values: [value("peak_force", "left", "flagged:peak_spike+flat_top"), value("duration", "left", "missing:gap_in_window")],
};
assert.deepEqual(report.flagsOf(made).sort(),
  ["flat_top", "frames_lost", "no_reliability", "peak_spike"]);
assert.deepEqual(report.repetitionsOf({
  ...made,
  repetitions: [{ repetition: 1, side: "left", order: 2, status: "rejected", reasons: ["partial"], pain_0_10: 3 }],
  values: ["left", "right"].map((side) => ({ ...value("peak_force", side, "ok"), repetition: 1 })),
}), [{ number: 2, side: "left", counts: false, reasons: ["partial"], pain: 3, left: 1, right: null, unit: "N" }]);
assert.deepEqual(report.statusOf({ status: "missing:a+b" }), { kind: "missing", reasons: ["a", "b"] });

/* A test that was cut off is told until the next one runs. */
if (folder !== source) {
  const { sentences } = await load("health.js");
  const well = {
    instrument: { state: "idle", problem: null, lost: 0 }, sound: { state: "ok", problem: null },
    store: { state: "ok", problem: null }, test: null, cut_off: null,
  };
  const said = (state) => sentences({ connection: "open", state: { ...well, ...state } }).join(" ");
  assert.equal(said({}), "");
  assert.match(said({ cut_off: { id: "a", stored_s: 12.34 } }), /12.3 s/);
  assert.equal(said({ cut_off: { id: "a", stored_s: 12.34 }, test: {} }), "");
  assert.equal(said({ sound: { state: "off", problem: "none is wanted" } }), "");
  for (const state of ["lost", "absent"])
    assert.equal(said({ sound: { state, problem: "the card went." } }), `${english.sound_away} the card went.`);
  assert.equal(said({ store: { state: "failed", problem: "it is full" } }), `${english.store_away_failed} it is full`);
  assert.equal(said({ instrument: { state: "lost", problem: null, lost: 0 } }), english.instrument_away);
  assert.equal(said({ instrument: { state: "streaming", problem: "THE LEFT INSTRUMENT FAILED", lost: 0 } }),
    "THE LEFT INSTRUMENT FAILED");
}

/* The trace: an axis that holds still, losses that stay gaps, numbers that grow old. */
if (folder !== source) {
  const { Trace } = await load("trace.js");
  let now = 0;
  globalThis.performance.now = () => now;
  const trace = new Trace();
  const live = (from, left, right = left) =>
    trace.add({ t_s: from, dt_s: 0.005, left_n: left, right_n: right, total_n: [], lost: 0 });
  trace.begin("strap");
  const axis = trace.top;
  live(0, [0, axis / 2]);
  trace.effort(true);
  live(0.01, [2 * axis, 1.2 * axis, 10], [1, 2, 3]);
  assert.equal(trace.top, axis, "rescaled during an effort");
  assert.equal(trace.peak("left", "both"), 2 * axis);
  trace.markOnset({ t_s: 0.012, side: "left" });
  assert.deepEqual(trace.marks[0].onsets, [0.012]);
  trace.markPeaks({ side: "left", peak_left_n: 2 * axis, peak_right_n: 3 });
  assert.deepEqual(trace.marks[0].peaks, { left: 2 * axis });
  assert.equal(trace.data[0][trace.highestIn(trace.marks[0], "left")], 0.01);
  trace.effort(false);
  assert.ok(trace.top >= 2 * axis, "it grows afterwards");
  live(0.1, [5]);
  assert.deepEqual(trace.data[1].slice(-2), [null, 5]);
  live(0.105, [null], [7]);
  assert.equal(trace.now("right", "both") > 0, true);
  now = 1500;
  assert.equal(trace.now("left", "both"), null, "an old number is shown as live");
  live(0.2, []);
  trace.begin("strap");
  trace.add({ t_s: 0, dt_s: 0.005, left_n: [], right_n: [], total_n: [40], lost: 0 });
  assert.equal(trace.now("left", "left"), 40);
  assert.equal(trace.now("right", "left"), null);
  trace.markOnset({ t_s: 0, side: "left" }); // outside an effort there is nothing to mark
  assert.deepEqual(trace.marks, []);
  trace.begin("strap", "V");
  assert.ok(trace.top <= 10, "volts are no newtons");
  trace.begin("two-plates");
  assert.ok(trace.top > axis, "plates carry bodies");
}
/* Keys: in an effort every key stops, at once; what the same hand hits next is no answer. */
{
  const listeners = {};
  const fields = {};
  const field = (id) => fields[id] ??= { value: "", focus: () => did.push(`to ${id}`), dispatchEvent() {} };
  globalThis.document = {
    documentElement: {}, activeElement: null, getElementById: field,
    addEventListener: (name, take) => { listeners[name] = take; },
  };
  const { Keys } = await load("keys.js");
  const did = [];
  let now = 0;
  const clock = globalThis.performance.now;
  globalThis.performance.now = () => now;
  const page = { connection: "open", state: null, roster: { athletes: [{}] }, result: null, dismissed: null };
  const keys = new Keys(page, {
    act: (action) => did.push(action.command ?? action.act), pain: (value) => did.push(`pain ${value}`),
    recall: (typed) => did.push(`recall ${typed}`), start: () => did.push("start"),
  });
  const be = (state, needs = "", commands = ["stop", "pain", "side", "abort", "finish"]) => {
    page.state = { last_result: null, test: state === null ? null : { state, needs, commands, locked: [] } };
    keys.look();
  };
  const press = (key, more = {}) => {
    let taken = false;
    listeners.keydown({ key, target: { matches: () => false, closest: () => null, blur() {} },
      preventDefault: () => { taken = true; }, stopPropagation() {}, ...more });
    return taken;
  };
  const done = () => did.splice(0);
  const hits = ["k", "5", " ", "Enter", "Escape", "Tab", "F1", "F5", "F12", "ArrowLeft", "Shift", "Control",
    "Alt", "Meta", "AltGraph", "CapsLock", "NumLock", "PageDown", "Dead", "Process", "AudioVolumeUp"];
  for (const key of hits) {
    be("ready");
    be("effort"); // and not a moment later
    assert.equal(press(key), true, `${key} is left to the browser`);
    assert.deepEqual(done(), ["stop"], `${key} does not stop`);
  }
  for (const chord of ["ctrlKey", "altKey", "metaKey", "shiftKey"]) {
    be("ready");
    be("effort");
    press("c", { [chord]: true });
    assert.deepEqual(done(), ["stop"], `a chord with ${chord} does not stop`);
  }
  be("ready");
  be("effort");
  press("5", { repeat: true }); // held since before
  press("5", { repeat: true });
  assert.deepEqual(done(), ["stop"], "a key that is held stops once");
  press("5");
  assert.deepEqual(done(), ["stop"], "every press is sent: one may be lost");
  be("pain", "pain");
  for (; now < 3000; now += 40) press("5", { repeat: now > 0 });
  for (; now < 5000; now += 300) press("q");
  assert.deepEqual(done(), [], "a hand that hammers answers");
  now += 600;
  press("3");
  assert.deepEqual(done(), ["pain 3"]);
  be("effort");
  page.connection = "lost";
  assert.equal(press("F5"), false, "a page that lost its station can be loaded again");
  assert.deepEqual(done(), ["stop"], "it may hear us although we do not hear it");
  page.connection = "open";
  const point = (closest) => listeners.mousedown({ target: { closest: () => closest }, preventDefault() {}, stopPropagation() {} });
  point(null);
  point({}); // says itself what it does
  assert.deepEqual(done(), ["stop"], "a button of the mouse");
  now += 2000;
  be("ready");
  press("k");
  press("x");
  press("q");
  assert.deepEqual(done(), ["stop", "abort"], "between efforts a key is what the bar says");

  /* pain: "1" waits for a "0" */
  be("pain", "pain");
  now += 2000;
  press("1");
  press("0");
  press("1");
  press("4");
  assert.deepEqual(done(), ["pain 10", "pain 4"]);
  press("1");
  await new Promise((waited) => setTimeout(waited, 900));
  assert.deepEqual(done(), ["pain 1"]);
  be("pain_side", "side");
  press("ArrowRight", { repeat: true });
  press("ArrowRight");
  assert.deepEqual(done(), ["side"]);

  /* set-up: a scanner types a number and Enter; a team by keys */
  be(null);
  const slowly = () => new Promise((waited) => setTimeout(waited, 150));
  for (const key of ["1", "7", "Enter"]) press(key);
  for (const key of ["n", "s", "b"]) {
    press(key);
    await slowly();
  }
  for (const key of ["Enter", " "]) press(key);
  assert.deepEqual(done(), ["recall 17", "roster-next", "roster-skip", "roster-back", "to athlete", "start"]);
  const button = { matches: () => false, closest: () => button, blur() {} };
  for (const scanned of ["s17", "B-2", "n", "17 b"])
    for (const key of [...scanned, "Enter"]) {
      press(key, { target: button });
      await new Promise((waited) => setTimeout(waited, 10));
    }
  await slowly();
  assert.deepEqual(done(), ["recall s17", "recall B-2", "recall n", "recall 17 b"], "a scanned name is taken apart");
  const mass = { value: "80.5", matches: () => true, closest: () => mass, blur() {} };
  const into = (keys, gap_ms) => {
    for (const key of keys) {
      if (!press(key, { target: mass }) && key.length === 1) mass.value += key;
      now += gap_ms;
    }
  };
  into([..."17", "Enter"], 20);
  assert.deepEqual([done(), mass.value], [["recall 17"], "80.5"], "a scanned name is a mass");
  into([..."17", "Enter"], 60);
  assert.deepEqual([done(), mass.value], [[], "80.517"], "what a hand types stays in its field");
  assert.equal(press("Enter", { target: button }), false, "a button that has the focus is pressed");
  press(" ", { target: button });
  assert.deepEqual(done(), []);
  globalThis.performance.now = clock;

  /* a number that nobody on the list has is nobody on the list */
  locale = "en-GB";
  const { recall } = await load("roster.js");
  const asked = globalThis.fetch;
  globalThis.fetch = async () => ({ ok: false, status: 500, statusText: "", json: async () => ({}) });
  const team = { roster: { position: 0, athletes: [{ athlete: "21" }, { athlete: "1", mass_kg: 80 }] } };
  const found = ["21", "2", "1", "02"].map((typed) => {
    recall(team, typed);
    return [fields.athlete.value, fields.mass.value];
  });
  assert.deepEqual(found, [["21", ""], ["2", ""], ["1", "80.0"], ["02", ""]], "somebody else is chosen");
  globalThis.fetch = asked;
}
/* History: a line a side, and around the test before the band in which the next one falls by chance. */
{
  const node = (name) => ({
    name, children: [], attributes: {}, setAttribute(key, said) { this.attributes[key] = said; },
    append(...more) { this.children.push(...more); }, replaceChildren(...all) { this.children = all; },
    dataset: {}, classList: { toggle() {} },
  });
  const found = (from, wanted) => from.children.flatMap((child) => child.attributes === undefined ? []
    : [...(wanted(child) ? [child] : []), ...found(child, wanted)]);
  const place = node("div");
  globalThis.document = {
    documentElement: {}, getElementById: () => place, createElement: node,
    createElementNS: (_, name) => node(name),
  };
  locale = "en-GB";
  const { drawHistory } = await load("history.js");
  const test = (day, left, right, noise) => ({ started: `2026-01-0${day}T10:00:00Z`, metric: "peak_force_net", peak_left_n: left,
    peak_right_n: right, mdc_left_n: noise, mdc_right_n: noise });
  const name = (wanted) => (child) => child.attributes.class === wanted;
  const band = () => found(place, name("noise")).map(({ attributes }) => attributes);
  const middle = ({ y, height }) => y + height / 2;
  drawHistory([test(1, 300, 320, 50), test(2, 330, null, 50)]);
  assert.equal(found(place, (child) => child.name === "svg").length, 2, "a line for each side");
  const points = found(place, (child) => child.name === "polyline")
    .map(({ attributes }) => attributes.points.split(" ").map((point) => point.split(",").map(Number)));
  assert.deepEqual(points.map((line) => line.length), [2, 1], "a test without a value is no point");
  const [[before, now], [alone]] = points;
  assert.ok(before[0] < now[0] && before[1] > now[1], "time to the right, force upwards");
  assert.equal(middle(band()[0]).toFixed(6), before[1].toFixed(6), "the band is not around the test before");
  const newton = (before[1] - now[1]) / 30;
  assert.equal((band()[0].height / newton).toFixed(6), "100.000000", "± what two tests differ");
  assert.equal(middle(band()[1]).toFixed(6), alone[1].toFixed(6));
  assert.match(found(place, (child) => child.name === "h2")[0].children[0], /Peak force above rest, N/);
  assert.match(found(place, (child) => child.attributes["aria-label"])[1].attributes["aria-label"], /right, Peak force above rest.*320 N; .*no value/);
  drawHistory([test(1, 300, 320, null), test(2, 330, 310, null)]);
  assert.deepEqual(band(), [], "a noise that nobody knows");
  assert.ok(found(place, name("small")).some(({ children }) => children.includes(english.noise_unknown)));
  drawHistory([]);
  assert.deepEqual(place.children, []);
}
console.log("modules: passed");
