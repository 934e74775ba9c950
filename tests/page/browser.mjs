// SPDX-License-Identifier: GPL-3.0-or-later
// A clinician at the page: a whole test by keyboard, a reload in its middle, the daemon killed and
// started again, pain, a team; every screen accessible, at 320 px, in the dark and on paper.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  PATIENT, accessible, browser, build, complaints, elsewhere, fits, isGerman, moment, open, picture, says, station,
  toTheEffort, view,
} from "./driver.mjs";
import * as troubles from "./troubles.mjs";

async function aWholeTestByKeyboard() {
  const page = await open({});
  await view(page, "setup");
  assert.equal(new URL(page.url()).hash, "", "the token stays in the address");
  await says(page, "sentence", "Which athlete?");
  await page.waitForFunction(() => document.getElementById("protocol").options.length > 10);
  await accessible(page, "set-up");
  await picture(page, "1-setup");

  await page.keyboard.press("Enter"); // to the athlete
  await page.keyboard.type("A-17");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Nordic");
  await page.keyboard.press("Tab");
  await page.keyboard.type("80.5");
  await page.keyboard.press("Escape");
  await says(page, "sentence", "Ready");
  await page.keyboard.press("Space");
  await view(page, "bench");
  const { test } = await station.ask("state");
  assert.deepEqual([test.protocol, test.athlete], ["nordic", "A-17"]);
  return { page, id: test.id };
}

async function theTraceMoves(page) {
  await moment(page, "effort");
  const drawn = () => page.locator("#plot canvas").evaluate((canvas) => canvas.toDataURL());
  const before = await drawn();
  await page.waitForFunction(() => Number(document.querySelector("#panel_left .digits").textContent) > 50);
  assert.notEqual(await drawn(), before, "the trace stands still");
  assert.equal(await page.locator("#panel_left mark").textContent(), "live");
  const height = await page.locator("#panel_left .digits").evaluate((node) =>
    0.72 * parseFloat(getComputedStyle(node).fontSize) / innerHeight);
  assert.ok(height >= 0.1, `digits fill ${height} of the height`);
  await picture(page, "2-effort");
}

async function everyScreenInATest(page) {
  await moment(page, "rest");
  await page.waitForSelector("#attempts li");
  await accessible(page, "rest");
  await picture(page, "3-rest");
  const narrow = await open({ viewport: { width: 320, height: 568 }, colorScheme: "dark", locale: "de-DE" });
  await view(narrow, "bench");
  assert.equal(await narrow.evaluate(() => document.documentElement.lang), "de");
  assert.equal(await narrow.locator("#panel_left h2").textContent(), "LINKS");
  await fits(narrow, "a test at 320 px");
  await accessible(narrow, "a test at 320 px, dark");
  await picture(narrow, "4-narrow-dark");
  await isGerman(narrow);
  return narrow;
}

async function aReloadInTheMiddle(page, id) {
  const before = await page.locator("#attempts li").count();
  await page.reload();
  await view(page, "bench");
  await page.waitForFunction((count) => document.querySelectorAll("#attempts li").length >= count, before);
  assert.equal((await station.ask("state")).test.id, id, "the test goes on");
  assert.ok(before > 0);
}

async function theResultIsTheRecordings(page, narrow, id) {
  await view(page, "result");
  const report = await station.ask(`tests/${id}/report.json`);
  const best = (metric, side) => report.values.find((value) =>
    value.repetition === "best" && value.metric === metric && value.side === side);
  await says(page, "comparison", report.comparison.words);
  for (const side of ["left", "right"]) {
    const shown = await page.locator(`#panel_${side} .digits`).textContent();
    assert.equal(shown, best("peak_force", side).value.toFixed(0), `${side} is the recording's`);
    assert.equal(await page.locator(`#panel_${side} mark`).count(), 0, "nothing is live any more");
  }
  await says(page, "values", "no lever arm was given");
  await page.waitForSelector("#history svg .noise");
  assert.equal(await page.locator("#history svg").count(), 2, "a line for each side");
  await accessible(page, "result");
  await picture(page, "5-result");
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("w")]);
  assert.equal(readFileSync(await download.path(), "utf8"),
    await station.ask(`tests/${id}/report.csv?layout=wide`), "the CSV is the station's");

  await view(narrow, "result");
  assert.match(await narrow.locator("#comparison").textContent(), /^(links|rechts) \d+,\d % schwächer/);
  await fits(narrow, "a result at 320 px");
  await accessible(narrow, "a result at 320 px, dark");
  await picture(narrow, "6-narrow-result");
  await isGerman(narrow);
  await narrow.context().close();

  await page.emulateMedia({ media: "print" });
  assert.deepEqual(await page.evaluate(() => ["header", "footer", "#bench", "#report_head"].map((name) =>
    getComputedStyle(document.querySelector(name)).display !== "none")), [false, false, false, true]);
  await page.pdf({ path: `${build}/page/7-report.pdf`, format: "A4" });
  await page.emulateMedia({ media: null });
}

async function aTeamAndAMove(page, id) {
  await page.keyboard.press("Space");
  await view(page, "setup");
  assert.deepEqual([await page.locator("#athlete").inputValue(), await page.locator("#mass").inputValue()], ["", ""],
    "the next one has the mass of the last one");
  await page.locator("#roster_edit summary").press("Enter");
  await page.locator("#roster_text").fill("A-17; 80,5; 0.42\nB-2; 71\nC-3");
  await page.locator("#roster_save").press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("#roster li").length === 3);
  assert.equal((await station.ask("roster")).athletes[0].mass_kg, 80.5);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("s");
  await page.waitForFunction(() => document.getElementById("athlete").value === "B-2");
  assert.equal(await page.locator("#mass").inputValue(), "71.0", "the mass comes from the list");
  await page.keyboard.type("3\n"); // scanned: nobody on the list, though it has a third place
  await says(page, "said", "3 is not on the list");
  assert.deepEqual([await page.locator("#athlete").inputValue(), await page.locator("#mass").inputValue()], ["3", ""]);
  await page.locator("#roster button").first().click();
  await page.locator("#athlete").fill("");
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.waitForFunction(() => document.getElementById("athlete").value === "A-17");
  await page.keyboard.press("b");
  await page.waitForFunction(() => document.getElementById("athlete").value === "C-3");
  await page.keyboard.type("B-2\n");
  await page.waitForFunction(() => document.getElementById("mass").value === "71.0");
  await page.locator("#mass").focus();
  await page.keyboard.type("A-17\n"); // and then no mass of 7117 kg, nor a start
  await page.waitForFunction(() => document.getElementById("mass").value === "80.5");
  assert.equal(await page.locator("#athlete").inputValue(), "A-17");
  await view(page, "setup");
  await page.locator("#athlete").fill("A-17b");
  assert.equal(await page.locator("#mass").inputValue(), "", "the mass of another name");
  await page.locator("#athlete").fill("B-2");
  await page.locator("#athlete").press("Escape");
  assert.equal(await page.locator("#mass").inputValue(), "71.0", "out of the list");
  await page.keyboard.type("s-9\n", { delay: 200 }); // by hand: s is a key as well
  await page.waitForFunction(() => document.getElementById("athlete").value === "s-9");
  await page.locator("#roster button").first().focus();
  await page.keyboard.type("C-3\n"); // whatever has the focus
  await page.waitForFunction(() => document.getElementById("athlete").value === "C-3");
  await accessible(page, "a team");
  await picture(page, "8-team");

  const other = await open({ viewport: { width: 320, height: 568 } }); // has not dismissed the result
  await view(other, "result");
  await other.locator("#move summary").press("Enter");
  await other.locator("#move_to").fill("B-2");
  await other.locator("#move_to").press("Enter");
  await says(other, "sentence", "Result of B-2");
  await says(other, "values", "no body mass was given");
  await other.waitForFunction(() => document.querySelectorAll("#history .dot.left").length === 1);
  assert.equal((await station.ask("tests?athlete=B-2"))[0].id, id);
  await other.locator("#move_undo").press("Enter");
  await says(other, "sentence", "Result of A-17");
  await other.waitForFunction(() => document.querySelector("#roster li.done b")?.textContent === "A-17");
  await other.evaluate(() => document.activeElement.blur());
  await other.keyboard.press("Space");
  await view(other, "setup");
  await fits(other, "set-up at 320 px");
  await accessible(other, "set-up at 320 px");
  await other.screenshot({ path: `${build}/page/8-narrow-team.png`, fullPage: true });
  await other.context().close();
}

/* Pain at the very first moment, with whatever key; the hand hammers on, which is no answer. */
async function painStopsAndLocks(page) {
  await page.locator("#athlete").fill("D-4");
  await page.locator("#protocol").selectOption("nordic");
  await page.locator("#athlete").press("Enter");
  await view(page, "bench");
  const release = page.locator("button[data-command=release]");
  for (const key of ["Tab", "F5", "Shift", "mouse", "5"]) {
    await toTheEffort(page);
    await (key === "mouse" ? page.mouse.click(600, 500) : page.keyboard.down(key));
    await moment(page, "pain");
    for (let hits = 0; hits < 6; hits++) {
      if (key !== "mouse") await page.keyboard.down(key); // held: it repeats
      await page.keyboard.press("7");
      await page.keyboard.press("q");
      await page.waitForTimeout(100);
    }
    if (key !== "mouse") await page.keyboard.up(key);
    assert.equal((await station.ask("state")).test.state, "pain", `${key}: the hand that stopped answered`);
    await page.waitForTimeout(600);
    if (key === "5") break;
    await page.keyboard.press("3");
    await says(page, "moment", "Which side?");
    await page.keyboard.press("ArrowLeft");
    await release.click();
  }
  await accessible(page, "pain");
  await picture(page, "10-pain");
  await page.keyboard.type("10");
  await says(page, "moment", "Which side?");
  await page.keyboard.press("ArrowLeft");
  await says(page, "sentence", "No maximal effort on the left side");
  assert.deepEqual((await station.ask("state")).test.locked, ["left"]);
  await page.keyboard.press("q");
  await view(page, "result");
  assert.equal(await page.locator("#panel_left mark").count(), 0);
  const kept = await station.ask(`tests/${(await station.ask("state")).last_result}/report.json`);
  const best = kept.values.find((value) =>
    value.repetition === "best" && value.metric === "peak_force" && value.side === "left").value;
  assert.equal(await page.locator("#panel_left .digits").textContent(), best?.toFixed(0) ?? "–",
    "no repetition, no number");
  await accessible(page, "no result");
  await picture(page, "11-no-result");
}

const steps = [];
async function step(name, run) {
  const start = Date.now();
  const found = await run();
  steps.push(`${name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return found;
}

try {
  await station.start("sim:?speed=8", "--unattended");
  const { page, id } = await step("a test is begun by keyboard", aWholeTestByKeyboard);
  await step("the trace moves", () => theTraceMoves(page));
  const narrow = await step("every screen in a test", () => everyScreenInATest(page));
  await step("a reload in the middle", () => aReloadInTheMiddle(page, id));
  await step("the result is the recording's", () => theResultIsTheRecordings(page, narrow, id));
  await step("a team, and a test moved", () => aTeamAndAMove(page, id));
  await station.end("SIGTERM");
  await station.start("labjack-u6:99-9");
  await page.goto(station.address);
  await view(page, "setup");
  await step("an instrument that is not there", () => troubles.whatIsNotPluggedInIsSaid(page));
  await station.end("SIGTERM");
  await station.start("replay:absent.csv");
  await page.goto(station.address);
  await view(page, "setup");
  await step("a test that cannot begin", () => troubles.aTestThatCannotBegin(page));
  await station.end("SIGTERM");
  await station.start(PATIENT.replace("zero_shift_n=0", "zero_shift_n=234"), "--sound", "no-such-card");
  await page.goto(station.address);
  await view(page, "setup");
  await step("a zero is refused, without sound", () => troubles.aZeroIsRefused(page));
  await station.end("SIGTERM");
  await station.start(PATIENT);
  await page.goto(station.address);
  await view(page, "setup");
  await step("a target band, and a silence", () => troubles.aTargetAndASilence(page));
  await step("pain stops and locks", () => painStopsAndLocks(page));
  await step("the daemon is killed", () => troubles.theDaemonIsKilled(page));
  await step("the instrument is unplugged", () => troubles.theInstrumentIsUnplugged(page));
  assert.deepEqual(complaints, [], "the browser complains");
  assert.deepEqual(elsewhere, [], "something is fetched from elsewhere");
  console.log(`${steps.join("\n")}\npassed`);
} catch (reason) {
  console.error(`${steps.join("\n")}\nFAILED: ${reason.stack}\n${complaints.join("\n")}\n${station.log}`);
  for (const [k, context] of browser.contexts().entries())
    for (const page of context.pages())
      await page.screenshot({ path: `${build}/page/failed-${k}.png` }).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
  await station.end("SIGKILL");
}
