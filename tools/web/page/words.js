/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts out of one table a language (texts.LANGUAGE.json), numbers as the browser's locale writes
   them. A further language is a further table: nothing here names one but the last resort. */

let table = {};
let fallback = {};
export let language = "en";

async function load(name) {
  const answer = await fetch(`texts.${name}.json`);
  return answer.ok ? answer.json() : null;
}

export async function loadTexts() {
  fallback = (await load("en")) ?? {};
  table = fallback;
  language = "en";
  for (const wanted of navigator.languages) {
    const name = wanted.toLowerCase().split("-")[0];
    const found = name === "en" ? fallback : await load(name);
    if (!found) continue;
    table = found;
    language = name;
    break;
  }
  document.documentElement.lang = language;
}

export function has(key) {
  return key in table || key in fallback;
}

/* {name} in a text is values.name; numbers are written as the locale does. */
export function text(key, values = {}) {
  const found = table[key] ?? fallback[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : String(value);
  });
}

/* A text of the station in this language, where the table has it; else as the station said it. */
export function translate(key, said, values) {
  return key in table ? text(key, values) : said;
}

export function metricName(metric) {
  return has(`metric.${metric}`) ? text(`metric.${metric}`) : metric.replaceAll("_", " ");
}

/* The station's own sentence, as the detail behind one in the reader's language. */
export function detailed(what, said) {
  return said ? text("said", { what, said }) : what;
}

/* Of a kind for which the table has words; else as the station said it. */
export function explained(key, said) {
  return key in table ? detailed(text(key), said) : said;
}

/* Why something was refused (door.js, Refused), or any other error. */
export function reasonOf({ status, word, message }) {
  if (status === 0) return text("station_lost");
  return word ? explained(`error.${word}`, message) : message;
}

export function number(value, decimals = 0) {
  return new Intl.NumberFormat(navigator.language, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    useGrouping: false,
    numberingSystem: "latn", // the digits that parseNumber reads
  }).format(Object.is(Math.round(value * 10 ** decimals), -0) ? 0 : value);
}

/* Newtons need no decimals; the units of an uncalibrated instrument are larger. */
export function force(value, unit) {
  return number(value, unit === "N" ? 0 : 2);
}

/* "80,5" and "80.5"; NaN where it is no number. */
export function parseNumber(said) {
  const plain = said.trim().replace(",", ".");
  return /^\d+(\.\d*)?$/.test(plain) ? Number(plain) : NaN;
}

export function date(said) {
  return new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium", timeStyle: "short" })
    .format(new Date(said));
}

/* A day alone is one of here, and not midnight in Greenwich. */
export function day(said) {
  const at = /^\d{4}-\d\d-\d\d$/.test(said) ? `${said}T00:00` : said;
  return new Intl.DateTimeFormat(navigator.language, { dateStyle: "short" }).format(new Date(at));
}

/* "left 12.9 % weaker than right; compatible with 11 % stronger to 32 % weaker": the station is the
   only place where a comparison is rounded and worded; here its parts are put into the language's order. */
const COMPARED = new RegExp(
  "^(?:(left|right) ([\\d.]+) % weaker than (left|right)|left as strong as right); " +
  "compatible with ([\\d.]+) %( stronger)? to ([\\d.]+) % weaker$");
export function comparison(said) {
  const parts = COMPARED.exec(said);
  if (!parts) return said;
  const [, weaker, percent, other, near, stronger, far] = parts;
  const local = (digits) => number(Number(digits), (digits.split(".")[1] ?? "").length);
  const which = weaker === undefined
    ? text("compared_equal")
    : text("compared_weaker", { weaker: text(weaker), percent: local(percent), other: text(other) });
  const range = stronger === undefined ? "compared_range" : "compared_range_stronger";
  return `${which}; ${text(range, { near: local(near), far: local(far) })}`;
}

/* Static texts of the document. */
export function fillDocument() {
  for (const node of document.querySelectorAll("[data-text]"))
    node.textContent = text(node.dataset.text);
  for (const node of document.querySelectorAll("[data-text-label]"))
    node.setAttribute("aria-label", text(node.dataset.textLabel));
}
