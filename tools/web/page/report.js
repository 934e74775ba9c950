/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report says, picked out for the screen. Pure. */

/* Shown first, in this order, where the protocol has them; the rest is one click away. */
export const HEADLINES = [
  "peak_force", "peak_force_net", "peak_force_per_kg", "peak_torque", "peak_force_mean_100ms",
  "mean_force", "rfd_0_100ms", "rfd_0_200ms", "impulse_net_0_100ms", "time_to_peak", "reaction_time", "duration",
  "asymmetry_peak_force", "onset_lag",
];

/* As many as the table of metrics gives a spreadsheet, and fewer where a screen needs no more. */
const DECIMALS = { N: 0, "N/s": 0, "N.s": 1, "N.m": 1, "N/kg": 2, s: 2, "%": 1 };

export function decimalsOf(value) {
  return value.metric === "onset_lag" ? 3 : (DECIMALS[value.unit] ?? 2);
}

/* {metric: {left: value, right: value, total: value, both: value}} of one repetition or summary. */
export function valuesOf(report, repetition) {
  const found = {};
  for (const value of report.values)
    if (value.repetition === repetition) (found[value.metric] ??= {})[value.side] = value;
  return found;
}

/* "missing:a+b" → {kind: "missing", reasons: ["a", "b"]} */
export function statusOf(value) {
  const [kind, reasons] = value.status.split(":");
  return { kind, reasons: reasons === undefined ? [] : reasons.split("+") };
}

/* At least one repetition of anybody's side is used. */
export function isTested(report) {
  return Object.values(report.sides ?? {}).some((side) => side.used > 0);
}

export function comparedMetric(report) {
  return report.comparison?.metric ?? report.protocol?.compared ?? "peak_force";
}

/* Each repetition with its peaks (null: none of that side), in the order in which they were made. */
export function repetitionsOf(report) {
  const metric = comparedMetric(report);
  return (report.repetitions ?? []).map((repetition) => {
    const peaks = valuesOf(report, repetition.repetition)[metric] ?? {};
    const made = (side) => repetition.side === side || repetition.side === "both";
    return {
      number: repetition.order ?? repetition.repetition,
      side: repetition.side,
      counts: repetition.status !== "rejected",
      reasons: repetition.reasons,
      pain: repetition.pain_0_10 ?? null,
      left: made("left") ? (peaks.left?.value ?? null) : null,
      right: made("right") ? (peaks.right?.value ?? null) : null,
      unit: (peaks.left ?? peaks.right)?.unit ?? "N",
    };
  }).sort((a, b) => a.number - b.number);
}

/* Every reason that touches what is shown at first sight, once. */
export function flagsOf(report) {
  const best = valuesOf(report, "best");
  const found = new Set(report.flags ?? []);
  for (const value of Object.values(best[comparedMetric(report)] ?? {}))
    for (const reason of statusOf(value).reasons) found.add(reason);
  for (const reason of statusOf({ status: report.comparison?.status ?? "ok" }).reasons)
    found.add(reason);
  return [...found];
}
