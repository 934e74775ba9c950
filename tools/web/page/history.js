/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Earlier tests of this athlete: a small line for each side, with the band in which the next test of
   an unchanged athlete falls; never a single line of a ratio. */
import { ask } from "./door.js";
import { by, draw, make, rebuild } from "./screen.js";
import { day, metricName, number, text } from "./words.js";

const SHOWN = 8;
const WIDTH = 240;
const HEIGHT = 110;
const EDGE = { left: 8, right: 44, top: 14, bottom: 20 };

/* Oldest first. */
export async function fetchHistory(athlete, protocol) {
  const tests = await ask("GET", `tests?athlete=${encodeURIComponent(athlete)}`);
  return tests.filter((test) => test.protocol === protocol).reverse().slice(-SHOWN);
}

function line(tests, side, top) {
  const value = (test) => test[`peak_${side}_n`];
  const x = (k) => EDGE.left +
    (WIDTH - EDGE.left - EDGE.right) * (tests.length > 1 ? k / (tests.length - 1) : 0.5);
  const y = (force) => HEIGHT - EDGE.bottom - (HEIGHT - EDGE.top - EDGE.bottom) * (force / top);
  const known = tests.map((test, k) => [test, k]).filter(([test]) => value(test) !== null);
  const nodes = [draw("line", { class: "zero", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(0), y2: y(0) })];
  /* What the newest one is compared with; alone, itself. */
  const against = known[Math.max(0, known.length - 2)];
  const noise = against?.[0][`mdc_${side}_n`];
  if (noise > 0) {
    const high = y(Math.min(top, value(against[0]) + noise));
    const low = y(Math.max(0, value(against[0]) - noise));
    nodes.push(draw("rect", { class: "noise", x: EDGE.left, width: WIDTH - EDGE.left - EDGE.right,
      y: high, height: low - high }));
  }
  nodes.push(draw("polyline", { class: `line ${side}`,
    points: known.map(([test, k]) => `${x(k)},${y(value(test))}`).join(" ") }));
  for (const [test, k] of known)
    nodes.push(side === "left"
      ? draw("circle", { class: `dot ${side}`, cx: x(k), cy: y(value(test)), r: 3.5 })
      : draw("rect", { class: `dot ${side}`, x: x(k) - 3, y: y(value(test)) - 3, width: 6, height: 6 }));
  const last = known[known.length - 1];
  if (last) {
    nodes.push(draw("text", { x: WIDTH - EDGE.right + 6, y: y(value(last[0])) + 5, class: "last" },
      number(value(last[0]))));
    nodes.push(draw("text", { x: EDGE.left, y: HEIGHT - 4, class: "date" }, day(tests[0].started)));
  }
  return draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, ...nodes);
}

function spoken(tests, side) {
  return tests.map((test) => {
    const force = test[`peak_${side}_n`];
    return `${day(test.started)}: ${force === null ? text("no_value") : `${number(force)} N`}`;
  }).join("; ");
}

export function drawHistory(tests) {
  rebuild(by("history"), tests, () => {
    const forces = tests.flatMap((test) => [test.peak_left_n, test.peak_right_n])
      .filter((force) => force !== null);
    const noise = tests.flatMap((test) => [test.mdc_left_n, test.mdc_right_n]).filter(Boolean);
    if (forces.length === 0) return [];
    const top = 1.02 * (Math.max(...forces) + Math.max(0, ...noise));
    const metric = metricName(tests[tests.length - 1].metric);
    const figures = ["left", "right"].map((side) =>
      make("div", { role: "img", "aria-label": `${text(side)}, ${metric}. ${spoken(tests, side)}` },
        make("p", { class: `key ${side}` }, text(side)), line(tests, side, top)));
    return [
      make("h2", {}, text("history", { metric, count: tests.length })),
      make("div", { class: "lines" }, ...figures),
      make("p", { class: "small" }, text(noise.length > 0 ? "noise_band" : "noise_unknown")),
    ];
  });
}
