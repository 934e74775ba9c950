/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who, and which test. */
import { ask } from "./door.js";
import { rememberMass } from "./state.js";
import { by, make, rebuild, write } from "./screen.js";
import { number, parseNumber, text, translate } from "./words.js";

const KEPT = ["protocol", "operator"]; // from one athlete to the next

/* A clinic's own protocol says itself what it is, whatever its id. */
export function titleOf(page, id, said) {
  return protocolOf(page, id)?.own ? said : translate(`protocol.${id}`, said);
}

export function fillProtocols(page) {
  rebuild(by("protocol"), page.protocols.map((protocol) => protocol.id), () =>
    page.protocols.map((protocol) =>
      make("option", { value: protocol.id }, titleOf(page, protocol.id, protocol.title))));
  for (const id of KEPT) {
    const kept = localStorage.getItem(`stance-${id}`);
    if (kept !== null) by(id).value = kept;
  }
  if (by("protocol").selectedIndex < 0) by("protocol").selectedIndex = 0;
}

export function protocolOf(page, id) {
  return page.protocols.find((protocol) => protocol.id === id) ?? null;
}

/* For whom mass, lever and injured side stand; "": for whoever is named next. */
let filledFor = "";

function fieldsOf(athlete) {
  return {
    mass: athlete.mass_kg > 0 ? number(athlete.mass_kg, 1) : "",
    lever: athlete.lever_m > 0 ? number(athlete.lever_m, 3) : "",
    injured: "",
  };
}

/* {athlete: ""}: nobody. */
export function chooseAthlete(athlete) {
  by("athlete").value = athlete.athlete;
  for (const [id, said] of Object.entries(fieldsOf(athlete))) by(id).value = said;
  filledFor = athlete.athlete;
}

/* Another name than before has nothing of that one. Once it is `meant`, not while it is written, the list
   fills what nobody has given; what was typed before any name is of whoever is named then. */
export function takeName(page, meant) {
  const name = by("athlete").value.trim();
  if (name === filledFor) return;
  if (filledFor !== "") for (const id of Object.keys(fieldsOf({}))) by(id).value = "";
  filledFor = "";
  if (!meant || name === "") return;
  const known = page.roster.athletes.find((athlete) => athlete.athlete === name) ?? {};
  for (const [id, said] of Object.entries(fieldsOf(known)))
    if (by(id).value.trim() === "") by(id).value = said;
  filledFor = name;
}

/* The one thing that is still missing; "" where nothing is. */
export function missing(page) {
  if (page.protocols.length === 0) return text("no_protocols");
  if (by("athlete").value.trim() === "") return text("choose_athlete");
  for (const [id, low, high] of [["mass", 10, 500], ["lever", 0.01, 2]]) {
    const said = by(id).value;
    const value = parseNumber(said);
    if (said.trim() !== "" && !(value >= low && value <= high))
      return text(`bad_${id}`, { low: number(low, id === "lever" ? 2 : 0), high });
  }
  return "";
}

export function drawSetup(page) {
  const lacking = missing(page);
  write(by("sentence"), page.refusal || lacking || text("ready_to_start"));
  by("start").setAttribute("aria-disabled", String(lacking !== ""));
  const chosen = protocolOf(page, by("protocol").value);
  const said = chosen?.instruction ?? "";
  write(by("instruction"), chosen?.own ? said : translate(`instruction.${chosen?.id}`, said));
}

/* The test's id; null where something is missing. */
export async function startTest(page) {
  if (missing(page) !== "") {
    by("athlete").focus();
    return null;
  }
  const wanted = { protocol: by("protocol").value, athlete: by("athlete").value.trim() };
  if (by("operator").value.trim() !== "") wanted.operator = by("operator").value.trim();
  if (by("injured").value !== "") wanted.injured = by("injured").value;
  for (const [id, name] of [["mass", "mass_kg"], ["lever", "lever_m"]])
    if (by(id).value.trim() !== "") wanted[name] = parseNumber(by(id).value);
  for (const id of KEPT) localStorage.setItem(`stance-${id}`, by(id).value);
  const { test } = await ask("POST", "tests", wanted);
  if (wanted.mass_kg) rememberMass(page, test, wanted.mass_kg);
  return test;
}
