/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Team days: who comes next. The list is the station's, so that every screen shows the same one. */
import { ask } from "./door.js";
import { isTested } from "./report.js";
import { chooseAthlete } from "./setup.js";
import { by, make, rebuild, say, write } from "./screen.js";
import { day, number, parseNumber, reasonOf, text } from "./words.js";

/* One change after the other, each of what the station has then: a slow one never undoes a quick one. */
let changes = Promise.resolve();
function change(page, edit) {
  const made = changes.then(async () => {
    page.roster = await ask("PUT", "roster", edit(await ask("GET", "roster")));
    drawRoster(page);
  });
  changes = made.catch(() => {});
  return made;
}

export async function fetchRoster(page) {
  page.roster = await ask("GET", "roster");
  drawRoster(page);
}

let choices = 0;
function choose(page, position) {
  const athlete = page.roster.athletes[position];
  if (athlete === undefined) return;
  choices++;
  chooseAthlete(athlete);
  change(page, (roster) => ({ ...roster, position: Math.min(position, roster.athletes.length) }))
    .catch((reason) => say(reasonOf(reason)));
  by("choice").dispatchEvent(new Event("input"));
}

/* The next one who is not done, round the list. */
function nextFrom(page, from) {
  const { athletes } = page.roster;
  for (let step = 0; step < athletes.length; step++) {
    const k = (from + step) % athletes.length;
    if (!athletes[k].done) return k;
  }
  return -1;
}

export async function chooseNext(page, skip) {
  const choice = ++choices;
  await changes; // whoever was just tested is done
  await fetchRoster(page).catch(() => {}); // so is who was on another screen; and nobody on a new day
  if (choice !== choices) return; // somebody was named meanwhile
  const at = nextFrom(page, page.roster.position + (skip ? 1 : 0));
  if (at < 0) say(text("roster_all_done"));
  else choose(page, at);
}

export function chooseBack(page) {
  const count = page.roster.athletes.length;
  if (count > 0) choose(page, (page.roster.position + count - 1) % count);
}

/* What a scanner or a person typed: the whole name and nothing else. A number is the name of who has it,
   never a place in the list, which would be somebody else. */
export function recall(page, typed) {
  const at = page.roster.athletes.findIndex((athlete) => athlete.athlete === typed);
  choices++;
  if (at < 0) {
    chooseAthlete({ athlete: typed });
    by("choice").dispatchEvent(new Event("input"));
    say(text("roster_unknown", { athlete: typed }));
  } else choose(page, at);
}

/* After a test of somebody on the list. */
export function markDone(page, name) {
  if (!page.roster.athletes.some((athlete) => athlete.athlete === name)) return Promise.resolve();
  return change(page, (roster) => {
    const at = roster.athletes.findIndex((athlete) => athlete.athlete === name);
    const athletes = roster.athletes.map((athlete, k) => (k === at ? { ...athlete, done: true } : athlete));
    return { athletes, position: at < 0 ? roster.position : Math.min(at + 1, athletes.length - 1) };
  });
}

/* After a test of today that was `from`'s became another one's: he is done, and `from` only if there is
   another test of today. */
export async function moveDone(page, from, report) {
  const today = (at) => day(at) === day(Date.now());
  if (from === report.athlete || !isTested(report) || !today(report.started_at)) return;
  const others = from ? await ask("GET", `tests?athlete=${encodeURIComponent(from)}`) : [];
  const isDone = others.some((test) =>
    today(test.started) && (test.peak_left_n !== null || test.peak_right_n !== null));
  const done = (athlete) => athlete.athlete === report.athlete ? true
    : athlete.athlete === from ? athlete.done && isDone : athlete.done;
  await change(page, (roster) => ({ ...roster,
    athletes: roster.athletes.map((athlete) => ({ ...athlete, done: done(athlete) })) }));
}

function row(page, athlete, k) {
  const here = k === page.roster.position;
  const facts = [];
  if (athlete.mass_kg > 0) facts.push(`${number(athlete.mass_kg, 1)} kg`);
  if (athlete.lever_m > 0) facts.push(`${number(athlete.lever_m, 3)} m`);
  const button = make("button", { type: "button", ...(here ? { "aria-current": "true" } : {}) },
    make("b", {}, athlete.athlete), ` ${facts.join(" · ")}`,
    athlete.done ? make("span", { class: "done" }, ` ✓ ${text("done")}`) : null);
  button.addEventListener("click", () => choose(page, k));
  return make("li", { class: athlete.done ? "done" : "" }, button);
}

/* One athlete a line: name; mass; lever. */
function lines(roster) {
  return roster.athletes.map((athlete) =>
    [athlete.athlete, athlete.mass_kg > 0 ? number(athlete.mass_kg, 1) : "",
      athlete.lever_m > 0 ? number(athlete.lever_m, 3) : ""].join("; ").replace(/[; ]+$/, ""))
    .join("\n");
}

function parseLines(said, before) {
  return said.split("\n").map((line) => line.split(/[;\t]/).map((part) => part.trim()))
    .filter(([name]) => name !== "")
    .map(([name, mass, lever]) => {
      const known = before.athletes.find((athlete) => athlete.athlete === name);
      const athlete = { athlete: name, done: known?.done ?? false };
      for (const [key, value] of [["mass_kg", mass], ["lever_m", lever]]) {
        if (value === undefined || value === "") continue;
        athlete[key] = parseNumber(value);
        if (Number.isNaN(athlete[key])) throw new Error(text("roster_bad_line", { line: name }));
      }
      return athlete;
    });
}

export function drawRoster(page) {
  const { athletes, position } = page.roster;
  rebuild(by("roster"), page.roster, () => athletes.map((athlete, k) => row(page, athlete, k)));
  rebuild(by("athletes"), athletes.map((athlete) => athlete.athlete), () =>
    athletes.map((athlete) => make("option", { value: athlete.athlete })));
  const left = athletes.filter((athlete) => !athlete.done).length;
  write(by("roster_hint"), athletes.length === 0
    ? text("roster_empty") : text("roster_left", { left, count: athletes.length, position: position + 1 }));
  if (document.activeElement !== by("roster_text")) by("roster_text").value = lines(page.roster);
}

export function openRoster(page) {
  by("roster_save").addEventListener("click", async () => {
    try {
      const said = by("roster_text").value;
      await change(page, (roster) => ({ athletes: parseLines(said, roster), position: 0 }));
      say(text("saved"));
    } catch (reason) {
      say(reasonOf(reason));
    }
  });
}
