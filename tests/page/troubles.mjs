// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong, as the clinician sees it: instrument, zero, sound and station.
import assert from "node:assert/strict";
import { PATIENT, accessible, isGerman, moment, open, picture, says, station, toTheEffort, view } from "./driver.mjs";

async function nothingIsEnglish(page, id, wanted) {
  await view(page, "setup");
  await page.waitForFunction(() => document.getElementById("protocol").options.length > 10);
  if (id === "sentence") {
    await page.locator("#athlete").fill("D-4");
    await page.locator("#athlete").press("Enter");
  }
  await says(page, id, wanted);
  await isGerman(page);
  await page.context().close();
}

export async function whatIsNotPluggedInIsSaid(page) {
  await says(page, "health", "instrument away");
  await says(page, "trouble", "no LabJack U6 is connected to USB port 99-9; plug it in");
  await accessible(page, "without an instrument");
  await picture(page, "9-no-instrument");
  await nothingIsEnglish(await open({ locale: "de-DE" }), "trouble", "Das Gerät ist nicht angeschlossen.");
}

export async function aTestThatCannotBegin(page) {
  await page.locator("#athlete").fill("D-4");
  await page.locator("#athlete").press("Enter");
  await page.waitForFunction(() => !/^Ready/.test(document.getElementById("sentence").textContent));
  assert.match(await page.locator("#sentence").textContent(), /absent\.csv/, "the reason is not named");
  await view(page, "setup");
  await nothingIsEnglish(await open({ locale: "de-DE" }), "sentence", "lässt sich nicht lesen");
}

export async function theDaemonIsKilled(page) {
  await page.keyboard.press("Space");
  await view(page, "setup");
  await page.locator("#athlete").fill("C-3");
  await page.locator("#athlete").press("Enter");
  await view(page, "bench");
  while ((await station.ask("state")).instrument.frames < 4000) await page.waitForTimeout(100);
  await station.end("SIGKILL");
  await says(page, "trouble", "The station does not answer");
  assert.equal(await page.locator("#actions button").count(), 0, "nothing can be done");
  await accessible(page, "without a station");
  await picture(page, "12-station-lost");
  await station.start("sim:nordic?speed=8&fail_s=16&back_s=36", "--unattended");
  await says(page, "trouble", "stance open");
  await page.goto(station.address); // as `stance open` does: the same page, a new token
  await says(page, "trouble", "The test before was cut off by a crash");
  const { cut_off: cutOff } = await station.ask("state");
  await says(page, "trouble", `its first ${cutOff.stored_s.toFixed(1)} s are kept`);
  await picture(page, "12-cut-off");
  await page.waitForFunction(() => ["setup", "result"].includes(document.body.dataset.view));
}

export async function theInstrumentIsUnplugged(page) {
  if (await page.evaluate(() => document.body.dataset.view === "result")) await page.keyboard.press("Space");
  await view(page, "setup");
  await page.locator("#athlete").fill("C-3");
  await page.locator("#protocol").selectOption("nordic");
  await page.locator("#athlete").press("Enter");
  await view(page, "bench");
  await says(page, "trouble", "fell silent");
  await says(page, "health", "instrument away");
  assert.equal(await page.locator("#sentence").textContent(), "The instrument does not answer. The test waits.");
  await picture(page, "13-unplugged");
  await says(page, "trouble", "samples were lost since the test began");
  await says(page, "health", "instrument · 1000 Hz");
  await moment(page, "rest"); // in an effort every key is a stop
  await page.keyboard.press("q");
  await view(page, "result");
  await says(page, "flags", "samples were lost");
  await page.keyboard.press("Space");
  await view(page, "setup");
  await page.waitForFunction(() => document.querySelectorAll("#roster li.done").length === 2);
  const { athletes } = await station.ask("roster");
  assert.deepEqual(athletes.map(({ athlete, done }) => [athlete, done]),
    [["A-17", true], ["B-2", false], ["C-3", true]], "who was tested is done");
}

/* The empty instrument reads far from its zero; and of the sound card that is asked for there is none. */
export async function aZeroIsRefused(page) {
  await page.locator("#athlete").fill("D-4");
  await page.locator("#protocol").selectOption("nordic");
  await page.locator("#athlete").press("Enter");
  await says(page, "sentence", "Nothing may touch the instrument.");
  await says(page, "health", "no sound");
  await says(page, "trouble", "There is no sound: call the signals yourself, the test goes on. ");
  await says(page, "trouble", "no-such-card");
  await page.keyboard.press("Space");
  await says(page, "sentence", "Zero refused: the empty instrument reads 46"); // both sides, 234 N each
  await says(page, "moment", "Zero");
  await accessible(page, "a zero refused");
  await picture(page, "14-zero-refused");
  await page.keyboard.press("q");
  await view(page, "result");
  await page.keyboard.press("Space");
  await view(page, "setup");
}

/* Somebody else began it, and asked for a band; then nothing comes from the station for a while. */
export async function aTargetAndASilence(page) {
  const { test: id } = await station.ask("tests",
    { protocol: "nordic", athlete: "A-17", target_low_pct: 40, target_high_pct: 60 });
  await view(page, "bench");
  await toTheEffort(page);
  await page.waitForSelector("#trace .key.band:not([hidden])");
  const { target } = (await station.ask("state")).test;
  assert.ok(target.low_n > 20 && target.high_n < 600, JSON.stringify(target));
  /* on the trace as well: right of the axis, in the middle of the band and well above it */
  const inked = await page.locator("#plot canvas").evaluate((canvas, { low_n: low, high_n: high }) => {
    const plot = canvas.parentElement.querySelector(".u-over").getBoundingClientRect();
    const all = canvas.getBoundingClientRect();
    const ratio = canvas.width / all.width;
    const pixel = (force) => [...canvas.getContext("2d").getImageData(
      ratio * (plot.left - all.left + 0.37 * plot.width),
      ratio * (plot.bottom - all.top - plot.height * force / 600), 1, 1).data];
    return [pixel((low + high) / 2), pixel(high + 30)];
  }, target);
  assert.notDeepEqual(inked[0], inked[1], "no band on the trace");
  await picture(page, "15-target");
  await page.keyboard.press("x");
  await moment(page, "pain");

  station.process.kill("SIGSTOP");
  await says(page, "trouble", "The station does not answer");
  assert.equal(await page.locator("#actions button").count(), 0, "nothing can be done");
  station.process.kill("SIGCONT");
  await page.waitForFunction(() => !document.getElementById("trouble").textContent.includes("does not answer"));
  await page.waitForSelector("#actions button");
  assert.equal((await station.ask("state")).test.id, id, "the test goes on");
  await page.keyboard.press("3");
  await says(page, "moment", "Which side?");
  await page.keyboard.press("q");
  await view(page, "result");
  await page.keyboard.press("Space");
  await view(page, "setup");
}
