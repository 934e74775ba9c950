/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test that goes on: the sentence of the moment, the two numbers, the countdown. */
import { by, make, rebuild, show, write } from "./screen.js";
import { momentOf, remaining, toldLast } from "./state.js";
import { day, force, has, number, text, translate } from "./words.js";

const SIDES = ["left", "right"];
/* A number that changes faster cannot be read. */
const REDRAW_MS = 100;

function unitOf(page) {
  return page.state?.instrument.unit ?? "N";
}

/* One side's panel. `value` null: nothing is known; `plus` follows the unit. */
function panel(side, { value, unit, plus = "", note, perKg = null, live = false }) {
  const node = by(`panel_${side}`);
  const digits = value === null ? "–" : force(value, unit);
  write(node.querySelector(".digits"), digits);
  node.querySelector(".digits").dataset.length = String(Math.max(3, digits.length));
  write(node.querySelector(".unit"), value === null ? "" : `${unit}${plus}`);
  const words = [perKg === null || value === null ? "" : `${number(perKg, 1)} N/kg`, note];
  const said = words.filter(Boolean);
  rebuild(node.querySelector(".note"), [said, live], () => [
    ...(live ? [make("mark", {}, text("live"))] : []), ` ${said.join(" · ")}`]);
}

export function drawRecordedPanel(side, shown) {
  by(`panel_${side}`).classList.remove("turn", "waits");
  panel(side, shown);
}

/* In an attempt of the other side this one only carries its limb: no peak. */
function peakOf(attempt, side) {
  const made = attempt.side === side || attempt.side === "both";
  return made ? (attempt[`peak_${side}_n`] ?? (attempt.side === side ? attempt.peak_total_n : null)) : null;
}

function lastPeak(test, side) {
  const mine = test.attempts.filter((attempt) => peakOf(attempt, side) !== null);
  return mine.length > 0 ? mine[mine.length - 1] : null;
}

/* During an effort and before the first one the force of now; between efforts the last peak. */
function drawPanel(page, trace, side) {
  const test = page.state.test;
  const moment = momentOf(test);
  const attempt = lastPeak(test, side);
  const turn = test.side === side || test.side === "both";
  const unit = unitOf(page);
  const mass = unit === "N" ? page.mass.get(test.id) : undefined;
  let value = isAway(page) ? null : trace.now(side, test.side);
  let note = text("force_now");
  if (moment === "effort" && !turn) {
    value = null;
    note = "";
  } else if (moment === "effort") {
    const peak = trace.peak(side, test.side);
    note = peak === null ? "" : text("peak_so_far", { peak: force(peak, unit) });
  } else if (attempt !== null && moment !== "setup") {
    value = peakOf(attempt, side);
    note = text("peak_of", { number: attempt.number });
  } else if (value === null) note = text("no_reading");
  const node = by(`panel_${side}`);
  node.classList.toggle("turn", turn && SIDES.includes(test.side));
  node.classList.toggle("waits", !turn && SIDES.includes(test.side));
  const perKg = mass > 0 && value !== null ? value / mass : null;
  panel(side, { value, unit, note, perKg, live: value !== null });
}

function isAway(page) {
  return ["absent", "lost"].includes(page.state.instrument.state);
}

function clock(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

let drawnAt = 0;
/* With each picture; numbers less often. */
export function drawReadings(page, trace) {
  const seconds = remaining(page);
  write(by("countdown"), seconds === null ? "" : clock(seconds));
  if (performance.now() - drawnAt < REDRAW_MS) return;
  drawnAt = performance.now();
  for (const side of SIDES) drawPanel(page, trace, side);
}

function progress(test) {
  const { left, right } = test.counted;
  return test.side === "both" || left === right
    ? text("counted", { counted: Math.min(left, right), wanted: test.wanted })
    : text("counted_sides", { left, right, wanted: test.wanted });
}

function tellSentence(tell, unit) {
  return translate(`message.${tell.message}`, tell.text, {
    number: force(tell.number ?? 0, unit), unit, side: has(tell.side) ? text(tell.side) : "",
  });
}

/* What the test waits for, and what it said last. */
function sentence(page) {
  const test = page.state.test;
  if (page.connection !== "open") return text("not_connected");
  if (isAway(page)) return text("instrument_waits");
  const said = [translate(`state.${test.state}`, test.text)];
  const told = toldLast(page);
  if (told !== null) said.unshift(tellSentence(told, unitOf(page)));
  for (const side of test.locked) said.push(text("locked", { side: text(side) }));
  if (momentOf(test) === "setup" && test.lever_from !== null)
    said.push(text("lever_from", { lever: number(test.lever_m, 3), day: day(test.lever_from) }));
  return said.join(" ");
}

function drawPain(page) {
  const asked = page.state.test.needs === "pain";
  show(by("pain"), asked);
  if (!asked) return;
  rebuild(by("pain"), "scale", () =>
    Array.from({ length: 11 }, (_, value) =>
      make("button", { type: "button", "data-command": "pain", "data-value": String(value) },
        String(value))));
}

export function drawBench(page) {
  const test = page.state.test;
  write(by("sentence"), sentence(page));
  write(by("moment"), text(`moment.${test.state}`));
  write(by("progress"), progress(test));
  drawPain(page);
}

export function drawAttempts(page) {
  const attempts = page.state?.test?.attempts ?? [];
  rebuild(by("attempts"), attempts, () =>
    attempts.map((attempt) => {
      const peaks = SIDES.filter((side) => peakOf(attempt, side) !== null)
        .map((side) => make("span", { class: `key ${side}` }, force(peakOf(attempt, side), unitOf(page))));
      if (peaks.length > 0) peaks.push(make("small", {}, unitOf(page)));
      const said = attempt.counted
        ? text("attempt_counts")
        : translate(`message.${attempt.message}`, attempt.text, {});
      return make("li", { class: attempt.counted ? "counts" : "not" },
        make("b", {}, `${attempt.number} `),
        make("span", { "aria-hidden": "true" }, attempt.counted ? "✓ " : "↻ "),
        ...peaks.flatMap((peak) => [peak, " "]), make("span", { class: "why" }, said));
    }));
}
