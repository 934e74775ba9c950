// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of athletes, masses and results in the page's own code, from the first screen on. What only a
// browser shows is in browser.mjs.
import assert from "node:assert/strict";
import { by, click, more, openTab, pick, press, send, type } from "./document.mjs";
import { begin, calm, load } from "./puppet.mjs";

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
  type("mass", "500"); // the station's limits are the page's
  type("lever", "0.01");
  assert.match(says("sentence"), /Ready/);
  type("lever", "0.009");
  assert.match(says("sentence"), /from 0.01 to 2 m/);
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

  let goOn;
  station.slowHistory = new Promise((answered) => { goOn = answered; });
  type("move_to", "Dora");
  send("move_form");
  await calm();
  await station.test(during("t3")); // the next one begins meanwhile
  goOn();
  await calm();
  assert.deepEqual([done(station), says("said")], [["Anna"], "Moved; the log keeps both names."]);
  await station.says({ test: null, last_result: "t1" });
  assert.equal(says("sentence"), "Result of Dora.");

  station.move(test, { undo: true }); // on another screen
  await station.result(test);
  assert.equal(says("sentence"), "Result of Cleo.");
  assert.match(says("history"), /: 1/, "what another screen moves");
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

/* A key that acts may be the first letter of a name; and what it began is over once somebody is named. */
async function aNameByHandIsWhole() {
  const station = await begin([{ athlete: "Zoe" }, { athlete: "en" }, { athlete: "ben" }, { athlete: "17" }]);
  const clock = performance.now;
  let now = 10000;
  performance.now = () => now;
  const write = async (keys, gap_ms) => {
    for (const key of keys) {
      press(key);
      now += gap_ms;
      if (gap_ms > 100) await new Promise((acted) => setTimeout(acted, 110));
    }
    await calm();
  };
  await write([..."ben", "Enter"], 200);
  assert.equal(by("athlete").value, "ben", "another one is chosen");
  await write([..."sno", "Enter"], 200);
  assert.equal(by("athlete").value, "sno", "two of them were keys");
  await write(["n"], 200);
  await write([..."17", "Enter"], 15);
  assert.equal(by("athlete").value, "17", "a key of its own, and then a scanner");
  await write(["s"], 4000);
  await write([..."en", "Enter"], 200);
  assert.equal(by("athlete").value, "en", "a key of long ago");
  now += 4000;
  station.roster.position = 0;
  await write(["s", "s"], 200);
  assert.equal(by("athlete").value, "ben", "each of them a key");
  await write(["Enter"], 200);
  assert.deepEqual([by("athlete").value, document.activeElement.id], ["ben", "athlete"], "keys are no name");
  document.activeElement.blur();

  let goOn;
  station.slowRoster = new Promise((answered) => { goOn = answered; });
  await write(["n"], 200);
  await write([..."ed", "Enter"], 200);
  goOn();
  await calm();
  assert.equal(by("athlete").value, "ned", "what was asked for before comes late");
  performance.now = clock;
}

const during = (id, more) => ({ id, athlete: "Anna", now: { state: "wait", ...more } });

/* A sound that runs dry may cut off a signal: told, and counted from this test's start. */
async function aSoundThatRanDryIsSaid() {
  const station = await begin([]);
  const sound = (underflows) => station.says({ sound: { state: "ok", problem: null, underflows } });
  await sound(4);
  assert.equal(says("trouble"), "", "between tests");
  await station.test(during("t1"));
  assert.equal(says("trouble"), "");
  await sound(6);
  assert.match(says("trouble"), /ran dry 2 × in this test/);
  assert.match(says("health"), /▲ sound · ran dry 2 ×/);
  await load(station); // a reload
  assert.match(says("trouble"), /ran dry 2 × in this test/);
  await station.says({ test: null });
  assert.equal(says("trouble"), "");
  await station.test(during("t2"));
  assert.equal(says("trouble"), "", "those of the test before");
  await sound(7);
  assert.match(says("trouble"), /ran dry 1 × in this test/);
  openTab("de-DE"); // another one, which comes in the middle
  await load(station);
  assert.match(says("trouble"), /7 × seit dem Start der Station/);
}

/* What was not typed today is said before it counts. */
async function aLeverTakenOverIsSaid() {
  const lever = { lever_m: 0.4, lever_from: "2026-01-02" };
  for (const [locale, wanted] of [["en-GB", /Lever arm 0\.400 m, .* 02\/01\/2026/], ["de-DE", /Hebelarm 0,400 m, .* 02\.01\.26/]]) {
    const station = await begin([], locale);
    await station.test(during("t1", lever));
    assert.match(says("sentence"), wanted);
    await station.test(during("t1", { ...lever, state: "rest" }));
    assert.doesNotMatch(says("sentence"), wanted);
    await station.test(during("t2", { lever_m: 0.4 }));
    assert.doesNotMatch(says("sentence"), wanted, "given today");
  }
}

/* What is compared, and how far the range can be believed, also on paper. */
async function aComparisonSaysWhatAndHowWell() {
  const compared = { status: "ok", words: "left 12.9 % weaker than right; compatible with 11 % stronger to 32 % weaker",
    distinguishable: "no", source: "a study", metric: "peak_force_net" };
  for (const [locale, metric, caveat] of [["en-GB", /Compared: Peak force above rest/, /range is probably too wide/],
    ["de-DE", /Verglichen: Spitzenkraft über Ruhe/, /Bereich ist wahrscheinlich zu weit/]]) {
    const station = await begin([], locale);
    station.compared = { ...compared, assumes_independent_sides: true };
    await station.test({ id: "t1", athlete: "Anna" });
    assert.match(says("source"), metric);
    assert.match(says("source"), caveat);
    station.compared = compared;
    await station.test({ id: "t2", athlete: "Anna" });
    assert.match(says("source"), metric);
    assert.doesNotMatch(says("source"), caveat);
    assert.doesNotMatch(by("report_head").textContent, /gewertet/, "used is not counted");
  }
}

/* Volts are not newtons, in no language. */
async function aMessageHasTheInstrumentsUnit() {
  const station = await begin([], "de-DE");
  station.state.instrument.unit = "V";
  await station.test(during("t1", { state: "zero" }));
  await station.tell("tell", { message: "zero_far", text: "", side: "none", number: 0.234 });
  assert.match(says("sentence"), /zeigt 0,23 V\./);
  station.state.instrument.unit = "N";
  await station.says({});
  assert.match(says("sentence"), /zeigt 0 N\./);
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

for (const journey of [
  fieldsAreOfWhomTheyName, aMassMayComeBeforeTheName, aMovedResultIsTheOtherOnes, aTickIsForATest, theListIsTheStations,
  aNameByHandIsWhole, aSoundThatRanDryIsSaid, aLeverTakenOverIsSaid, aComparisonSaysWhatAndHowWell,
  aMessageHasTheInstrumentsUnit, aResultThatIsReadKeepsItsWarnings, nobodysTestHasNoHistory,
]) {
  try {
    await journey();
  } catch (reason) {
    console.error(`${journey.name}: ${reason.stack}`);
    process.exitCode = 1;
  }
}
console.log(process.exitCode ? "journeys: FAILED" : "journeys: passed");
process.exit();
