/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result, out of the recording; and, on paper, the report. */
import { drawRecordedPanel } from "./bench.js";
import { askText } from "./door.js";
import { HEADLINES, comparedMetric, decimalsOf, flagsOf, repetitionsOf, statusOf, valuesOf } from "./report.js";
import { by, make, rebuild, show, write } from "./screen.js";
import { titleOf } from "./setup.js";
import { comparison, date, explained, force, has, metricName, number, text } from "./words.js";

export function reasonText(reason) {
  return has(`reason.${reason}`) ? text(`reason.${reason}`) : reason.replaceAll("_", " ");
}

/* Never less than it is. */
function uncertainty(value, decimals) {
  return number(Math.ceil(value * 10 ** decimals) / 10 ** decimals, decimals);
}

/* The number, or in its place why there is none. */
function cell(value) {
  if (value === undefined) return make("td", {}, "");
  const { kind, reasons } = statusOf(value);
  const why = reasons.map(reasonText).join("; ");
  if (kind === "missing") return make("td", { class: "missing" }, why);
  const decimals = decimalsOf(value);
  const said = [number(value.value, decimals)];
  if (value.uncertainty !== null)
    said.push(`± ${uncertainty(value.uncertainty, decimals)}`);
  return make("td", {}, said.join(" "),
    kind === "flagged" ? make("small", {}, ` ⚑ ${why}`) : null);
}

const UNITS = { "N.s": "N·s", "N.m": "N·m" };
function unitName(unit) {
  return UNITS[unit] ?? unit;
}

function table(values, metrics) {
  const sides = ["left", "right", "total"].filter((side) =>
    metrics.some((metric) => values[metric]?.[side] !== undefined));
  const head = make("tr", {}, make("th", { scope: "col" }, text("metric")),
    ...sides.map((side) =>
      make("th", { scope: "col" }, make("span", { class: `key ${side}` }, text(side)))));
  const rows = metrics.filter((metric) => values[metric] !== undefined).map((metric) => {
    const any = Object.values(values[metric])[0];
    const both = values[metric].both;
    const cells = both === undefined ? sides.map((side) => cell(values[metric][side])) : [cell(both)];
    if (both !== undefined) cells[0].setAttribute("colspan", String(sides.length));
    return make("tr", {}, make("th", { scope: "row" }, metricName(metric),
      make("small", {}, ` ${unitName(any.unit)}`)), ...cells);
  });
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function drawPanels(report) {
  const best = valuesOf(report, "best");
  const metric = comparedMetric(report);
  for (const side of ["left", "right"]) {
    const value = best[metric]?.[side];
    const perKg = best.peak_force_per_kg?.[side];
    const used = report.sides?.[side]?.used ?? 0;
    if (value === undefined || value.value === null) {
      const reasons = value === undefined ? ["side_not_tested"] : statusOf(value).reasons;
      drawRecordedPanel(side, { value: null, note: reasons.map(reasonText).join("; ") });
      continue;
    }
    drawRecordedPanel(side, {
      value: value.value,
      unit: unitName(value.unit),
      plus: value.uncertainty === null ? "" : ` ± ${uncertainty(value.uncertainty, decimalsOf(value))}`,
      note: text("best_of", { used }),
      perKg: metric === "peak_force" && perKg?.unit === "N/kg" ? perKg.value : null,
    });
  }
}

function drawHead(page, report) {
  const title = titleOf(page, report.protocol.id, report.protocol.title);
  const facts = [
    ["athlete", report.athlete],
    ["when", date(report.started_at)],
    ["operator", report.operator],
    ["injured", report.injured_side && text(report.injured_side)],
    ["mass", report.body_mass_kg && `${number(report.body_mass_kg, 1)} kg`],
    ["lever", report.lever_m && `${number(report.lever_m, 3)} m`],
    ["instrument", report.instrument],
    ["repetitions", ["left", "right"].filter((side) => report.sides[side]?.measured)
      .map((side) => text("used_of", {
        side: text(side), used: report.sides[side].used, attempted: report.sides[side].attempted,
      })).join("; ")],
    ["frames", text("lost", { count: report.integrity.frames_lost })],
    ["recording", report.recording],
    ["software", report.software],
  ].filter(([, said]) => said);
  rebuild(by("report_head"), [title, facts], () => [make("h2", {}, title),
    make("dl", {}, ...facts.flatMap(([name, said]) => [make("dt", {}, text(name)), make("dd", {}, said)]))]);
}

function drawComparison(report) {
  const compared = report.comparison;
  const known = compared !== null && compared.words;
  const reasons = known ? [] : statusOf({ status: compared?.status ?? "missing" }).reasons;
  write(by("comparison"), known
    ? `${comparison(compared.words)}.`
    : text("not_compared", { why: reasons.map(reasonText).join("; ") }));
  const said = known ? [text("compared_metric", { metric: metricName(compared.metric) })] : [];
  if (known && has(`distinguishable_${compared.distinguishable}`))
    said.push(text(`distinguishable_${compared.distinguishable}`));
  if (known && compared.source) said.push(text("repeatability_from", { source: compared.source }));
  if (known && compared.assumes_independent_sides) said.push(text("independent_sides"));
  write(by("source"), said.join(" "));
}

function drawRepetitions(report) {
  const made = repetitionsOf(report);
  rebuild(by("made"), made, () => made.map((one) => {
    const peaks = ["left", "right"].filter((side) => one[side] !== null)
      .flatMap((side) => [make("span", { class: `key ${side}` }, force(one[side], one.unit)), " "]);
    if (peaks.length > 0) peaks.push(make("small", {}, `${unitName(one.unit)} `));
    const why = [...(one.pain === null ? [] : [text("pain_of", { pain: one.pain })]),
      ...one.reasons.map(reasonText)];
    return make("li", { class: one.counts ? "counts" : "not" }, make("b", {}, `${one.number} `),
      make("span", { "aria-hidden": "true" }, one.counts ? "✓ " : "↻ "), ...peaks,
      make("span", { class: "why" },
        [text(one.counts ? "attempt_counts" : "attempt_not"), ...why].join("; ")));
  }));
}

function drawNothing(result) {
  write(by("comparison"), result.summary || text("no_report"));
  write(by("source"), "");
  for (const side of ["left", "right"]) drawRecordedPanel(side, { value: null, note: text("no_value") });
  for (const id of ["report_head", "values", "all_values", "flags", "made"])
    rebuild(by(id), null, () => []);
}

export function drawResult(page) {
  const { report, warnings } = page.result;
  show(by("all"), report !== null);
  write(by("sentence"), report === null ? text("result_none") : text("result_of", {
    athlete: report.athlete || text("nobody") }));
  write(by("moment"), text("result"));
  write(by("countdown"), "");
  write(by("progress"), report === null ? "" : `${metricName(comparedMetric(report))}, ${text("recorded")}`);
  if (report === null) {
    drawNothing(page.result);
    return;
  }
  const best = valuesOf(report, "best");
  drawPanels(report);
  drawHead(page, report);
  drawComparison(report);
  const flags = [...(warnings ?? []).map((said) => explained("error.warning", said)), ...flagsOf(report).map(reasonText)];
  drawRepetitions(report);
  rebuild(by("flags"), flags, () => flags.map((flag) => make("li", {}, `⚑ ${flag}`)));
  rebuild(by("values"), best, () => [
    table(best, HEADLINES), make("p", { class: "small" }, text("uncertainty_note"))]);
  rebuild(by("all_values"), best, () => [
    table(best, Object.keys(best).filter((metric) => !HEADLINES.includes(metric)))]);
}

/* Through the door, because a link cannot carry the token. */
export async function download(id, layout) {
  const csv = await askText(`tests/${id}/report.csv?layout=${layout}`);
  const address = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  const link = make("a", { href: address, download: `stance-${layout}-${id.slice(0, 8)}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
