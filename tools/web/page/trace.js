/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last seconds of force. Time runs at a constant speed; the axis starts at zero, grows in steps,
   and holds still during an effort: what is above it then is named until the effort ends. */
import uPlot from "./uPlot.esm.js";
import { by, show, write } from "./screen.js";
import { force, number, text } from "./words.js";

const WINDOW_S = 8;
/* Of an axis, in the station's unit. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4000, 6000, 8000];
/* Newtons; room for a strong athlete of the kind of rig, so that a first effort is seen whole. */
const FIRST_AXIS = { strap: 600, plate: 600, "two-plates": 2000 };
const FIRST_AXIS_ELSE = 600;
const NAMES = ["left", "right", "total"];
/* Of the number that is shown: shorter flickers, longer lags. */
const NOW_POINTS = 20;
/* What is drawn comes a little after what is told. */
const SETTLE_S = 1;
const STALE_MS = 1000;

function emptyData() {
  return [[], [], [], []];
}

export class Trace {
  constructor() {
    this.data = emptyData();
    this.marks = []; // of an effort: {t, to, onsets: [s …], peaks: {left: N …} | null}
    this.top = 0;
    this.unit = "N";
    this.holds = false;
    this.effortFrom = Infinity;
    this.target = null;
    this.plot = null;
    this.dirty = true;
    this.colours = null;
    this.addedAt = -Infinity;
  }

  begin(rig, unit = "N") {
    this.clear();
    this.unit = unit;
    this.top = unit === "N" ? (FIRST_AXIS[rig] ?? FIRST_AXIS_ELSE) : STEPS[0];
    this.dirty = true;
  }

  clear() {
    this.data = emptyData();
    this.marks = [];
    this.effortFrom = Infinity;
  }

  /* One `live` event. */
  add(live) {
    const [time] = this.data;
    const last = time[time.length - 1];
    if (last !== undefined && live.t_s < last - live.dt_s) this.clear();
    const missing = this.data[0].length > 0 && live.t_s > last + 1.5 * live.dt_s;
    if (missing) this.push(last + live.dt_s, [null, null, null]);
    const series = NAMES.map((name) => live[`${name}_n`]);
    const count = Math.max(...series.map((values) => values.length));
    for (let k = 0; k < count; k++)
      this.push(live.t_s + k * live.dt_s, series.map((values) => values[k] ?? null));
    this.addedAt = performance.now();
    this.forget();
    this.grow();
    this.dirty = true;
  }

  push(time, values) {
    this.data[0].push(time);
    values.forEach((value, k) => this.data[k + 1].push(value));
  }

  /* Twice the window is kept, so that a peak is found in an effort longer than it. */
  forget() {
    const [time] = this.data;
    const from = time[time.length - 1] - 2 * WINDOW_S;
    const old = time.findIndex((t) => t >= from);
    if (old > 500) this.data.forEach((values) => values.splice(0, old));
    this.marks = this.marks.filter((mark) => mark.to >= from);
  }

  effort(holds) {
    if (holds && !this.holds) {
      const [time] = this.data;
      this.effortFrom = time[time.length - 1] ?? 0;
      this.marks.push({ t: this.effortFrom, to: Infinity, onsets: [], peaks: null });
    } else if (!holds && this.holds) {
      const mark = this.marks[this.marks.length - 1];
      if (mark) mark.to = (this.data[0][this.data[0].length - 1] ?? 0) + SETTLE_S;
    }
    this.holds = holds;
    this.grow();
    this.dirty = true;
  }

  grow() {
    if (this.holds) return;
    const highest = this.highest(0);
    while (highest > this.top * 0.98) {
      const next = STEPS.find((step) => step > this.top);
      this.top = next ?? this.top * 2;
    }
  }

  highest(from) {
    let highest = 0;
    for (let k = this.data[0].length - 1; k >= 0 && this.data[0][k] >= from; k--)
      for (const values of this.data.slice(1)) highest = Math.max(highest, values[k] ?? 0);
    return highest;
  }

  /* A rig with one force shows it on the side whose turn it is. */
  values(side, turn) {
    const mine = this.data[NAMES.indexOf(side) + 1];
    return mine[mine.length - 1] === null && turn === side ? this.data[3] : mine;
  }

  /* null where nothing came lately: an old number is no reading. */
  now(side, turn) {
    if (performance.now() - this.addedAt > STALE_MS) return null;
    const recent = this.values(side, turn).slice(-NOW_POINTS).filter((value) => value !== null);
    return recent.length === 0 ? null : recent.reduce((sum, value) => sum + value, 0) / recent.length;
  }

  peak(side, turn) {
    const values = this.values(side, turn);
    let peak = null;
    for (let k = values.length - 1; k >= 0 && this.data[0][k] >= this.effortFrom; k--)
      if (values[k] !== null && (peak === null || values[k] > peak)) peak = values[k];
    return peak;
  }

  /* A repetition that was just seen, with the peaks that the station saw. */
  markPeaks(repetition) {
    const mark = this.marks[this.marks.length - 1];
    if (mark === undefined) return;
    mark.peaks = {};
    for (const name of NAMES)
      if (repetition.side === "both" ? name !== "total" : name === repetition.side)
        mark.peaks[name] = repetition[`peak_${name}_n`];
    this.dirty = true;
  }

  /* As the live engine saw it; the result finds its own in the recording. */
  markOnset(onset) {
    this.marks[this.marks.length - 1]?.onsets.push(onset.t_s);
    this.dirty = true;
  }

  /* Index of the highest point of one line in an effort; -1: none is drawn any more. */
  highestIn(mark, name) {
    const values = this.data[NAMES.indexOf(name) + 1];
    let best = -1;
    for (let k = values.length - 1; k >= 0 && this.data[0][k] >= mark.t; k--)
      if (this.data[0][k] <= mark.to && values[k] !== null && (best < 0 || values[k] > values[best]))
        best = k;
    return best;
  }

  /* At most once a picture. */
  draw() {
    if (!this.dirty) return;
    const box = by("plot");
    if (box.clientWidth === 0) return;
    this.plot ??= this.make(box);
    if (this.plot.width !== box.clientWidth || this.plot.height !== box.clientHeight)
      this.plot.setSize({ width: box.clientWidth, height: box.clientHeight });
    this.dirty = false;
    const [time] = this.data;
    const end = Math.max(WINDOW_S, time[time.length - 1] ?? 0);
    this.plot.setData(this.data, false);
    this.plot.batch(() => {
      this.plot.setScale("x", { min: end - WINDOW_S, max: end });
      this.plot.setScale("y", { min: 0, max: this.top });
    });
    const above = this.holds ? this.highest(this.effortFrom) : 0;
    write(by("above"), above > this.top ? text("above_axis", { peak: force(above, this.unit) }) : "");
    show(document.querySelector("#trace .key.total"), this.data[3].some((value) => value !== null));
    show(document.querySelector("#trace .key.band"), this.target !== null);
  }

  /* Anew after the colours have changed. */
  renew() {
    this.plot?.destroy();
    this.plot = null;
    this.dirty = true;
  }

  make(box) {
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colours = { grid: colour("grid"), ink: colour("ink"), band: colour("band") };
    const axis = {
      stroke: this.colours.ink, font: "14px system-ui", grid: { stroke: this.colours.grid, width: 1 },
      ticks: { show: false },
    };
    const line = (name, dash) => ({ stroke: colour(name), width: 2.5, dash, points: { show: false } });
    return new uPlot({
      width: box.clientWidth,
      height: box.clientHeight,
      legend: { show: false },
      cursor: { show: false },
      padding: [12, 12, 0, 0],
      scales: { x: { time: false, auto: false }, y: { auto: false } },
      axes: [
        {
          ...axis, values: (_, ticks) => ticks.map((tick) => `${number(tick)} s`),
          incrs: [1, 2, 4], space: 40, size: 32,
        },
        { ...axis, values: (_, ticks) => ticks.map((tick) => number(tick, this.top < 5 ? 1 : 0)), space: 34, size: 58 },
      ],
      series: [{}, line("left"), line("right", [9, 5]), line("ink")],
      hooks: { drawAxes: [(plot) => this.drawBand(plot)], draw: [(plot) => this.drawMarks(plot)] },
    }, this.data, box);
  }

  drawBand(plot) {
    if (this.target === null) return;
    const top = plot.valToPos(this.target.high_n, "y", true);
    const bottom = plot.valToPos(this.target.low_n, "y", true);
    plot.ctx.fillStyle = this.colours.band;
    plot.ctx.fillRect(plot.bbox.left, top, plot.bbox.width, bottom - top);
  }

  drawMarks(plot) {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
    ctx.clip();
    ctx.strokeStyle = ctx.fillStyle = this.colours.ink;
    ctx.font = `${13 * scale}px system-ui`;
    ctx.textAlign = "left";
    for (const mark of this.marks) {
      this.drawLine(plot, mark.t, text("go"), 14, [2, 3]);
      for (const onset of mark.onsets) this.drawLine(plot, onset, text("onset_live"), 30, [6, 3]);
      for (const name of NAMES)
        if (mark.peaks !== null && Number.isFinite(mark.peaks[name])) this.drawPeak(plot, mark, name);
    }
    ctx.restore();
  }

  /* From top to bottom, its name so many pixels below the top. */
  drawLine(plot, t, name, below, dash) {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    const x = plot.valToPos(t, "x", true);
    ctx.lineWidth = scale;
    ctx.setLineDash(dash.map((length) => length * scale));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(name, x + 5 * scale, bbox.top + below * scale);
  }

  drawPeak(plot, mark, name) {
    const at = this.highestIn(mark, name);
    if (at < 0) return;
    const { ctx } = plot;
    const scale = devicePixelRatio;
    const highest = this.data[NAMES.indexOf(name) + 1][at];
    const x = plot.valToPos(this.data[0][at], "x", true);
    const y = plot.valToPos(Math.min(highest, this.top), "y", true);
    ctx.setLineDash([]);
    ctx.lineWidth = 1.5 * scale;
    ctx.beginPath();
    ctx.arc(x, y, 4 * scale, 0, 2 * Math.PI);
    ctx.stroke();
    ctx.fillText(force(mark.peaks[name], this.unit), x + 8 * scale, y + (name === "left" ? 16 : -6) * scale);
  }
}
