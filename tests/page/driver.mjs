// SPDX-License-Identifier: GPL-3.0-or-later
// The browser, and what every journey through the page asks of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Station } from "./station.mjs";

export const { build } = process.env;
const { chromium: executablePath, npm } = process.env;
const require = createRequire(`${npm}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const WAIT_MS = 60000;
/* A simulated athlete who waits for nobody and never pulls. */
export const PATIENT = "sim:nordic?unloaded_s=900&duration=920&noise_n=0.2&wander_n=0&zero_shift_n=0&speed=4";
const WIDE = { width: 1280, height: 800 };

export const station = new Station();
export const browser = await chromium.launch({
  executablePath,
  args: ["--disable-gpu", "--disable-dev-shm-usage", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});

/* What the browser itself complains of is a failure: a blocked script, an exception. */
export const complaints = [];
export const elsewhere = [];
export async function open(options) {
  const context = await browser.newContext({ viewport: WIDE, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("console", (message) => {
    const said = message.text();
    if (message.type() === "error" && !/Failed to load resource|ERR_/.test(said)) complaints.push(said);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(station.base) && !request.url().startsWith("blob:"))
      elsewhere.push(request.url());
  });
  await page.goto(station.address);
  return page;
}

export const view = (page, wanted) =>
  page.waitForFunction((name) => document.body.dataset.view === name, wanted);
export const moment = (page, wanted) =>
  page.waitForFunction((name) => document.body.dataset.moment === name, wanted);
export const says = (page, id, part) => page.waitForFunction(
  ([where, what]) => document.getElementById(where).textContent.includes(what), [id, part]);

export async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html, nodes[0].failureSummary]), [],
    `${where}: axe finds violations`);
}

/* Nothing of the whole screen is English, but what the station is quoted with. */
export async function isGerman(page) {
  const said = (await page.evaluate(() => document.body.innerText)).replace(/„[^“]*“/g, "");
  const english = /^.*\b(the|is|not|no|and|of|with|it|this|cannot|athletes?|press|lost)\b.*$/gim;
  assert.deepEqual(said.match(english) ?? [], []);
}

export async function picture(page, name) {
  await page.screenshot({ path: `${build}/page/${name}.png` });
}

export async function fits(page, where) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= page.viewportSize().width, `${where}: ${width} px wide`);
}

/* A person leads, to the moment in which GO is seen. */
export async function toTheEffort(page) {
  for (let waited = 0; (await page.locator("#moment").textContent()) !== "GO"; waited++) {
    assert.ok(waited < 200, `no effort: ${await page.locator("#sentence").textContent()}`);
    const { test } = await station.ask("state");
    if (test.commands.includes("next") && test.state !== "rest") await page.keyboard.press("Space");
    await page.waitForTimeout(50);
  }
}
