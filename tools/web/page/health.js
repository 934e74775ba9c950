/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line that is always there, and the sentence it becomes when something fails. */
import { by, make, rebuild, show, write } from "./screen.js";
import { timesDry } from "./state.js";
import { detailed, explained, number, text } from "./words.js";

/* A mark tells what its colour also tells. */
const MARKS = { good: "●", idle: "○", bad: "▲" };

function level(state) {
  if (["ok", "streaming", "open"].includes(state)) return "good";
  return ["idle", "off", "opening", "connecting"].includes(state) ? "idle" : "bad";
}

/* [id, level, words] */
function items(page) {
  const { instrument, sound, store } = page.state;
  const words = [text(`instrument_${instrument.state}`)];
  if (page.state.test !== null) {
    if (instrument.rate_hz !== null) words.push(`${number(instrument.rate_hz)} Hz`);
    words.push(text("lost", { count: instrument.lost }));
  }
  const dry = timesDry(page);
  const heard = [text(`sound_${sound.state}`), ...(dry > 0 ? [text("sound_dry_short", { count: dry })] : [])];
  const found = [
    ["instrument", instrument.lost > 0 ? "bad" : level(instrument.state), words.join(" · ")],
    ["sound", dry > 0 ? "bad" : level(sound.state), heard.join(" · ")],
    ["store", level(store.state), text(`store_${store.state}`)],
  ];
  if (instrument.simulated) found.unshift(["simulated", "idle", text("simulated")]);
  if (instrument.uncalibrated)
    found.unshift(["calibration", "bad", text("uncalibrated", { unit: instrument.unit })]);
  return found;
}

export function sentences(page) {
  if (page.connection === "refused") return [text("refused")];
  if (page.connection === "lost") return [text("station_lost")];
  if (page.state === null) return [];
  const { instrument, sound, store } = page.state;
  const found = [];
  const cutOff = page.state.test === null ? page.state.cut_off ?? null : null;
  if (cutOff !== null) found.push(text("cut_off", { seconds: number(cutOff.stored_s, 1) }));
  if (["absent", "lost"].includes(instrument.state) || instrument.problem !== null)
    found.push(instrument.problem === null
      ? text("instrument_away") : explained(`problem.${instrument.state}`, instrument.problem));
  if (["absent", "lost"].includes(sound.state))
    found.push(detailed(text("sound_away"), sound.problem));
  if (timesDry(page) > 0)
    found.push(text((page.dry?.from ?? null) === null ? "sound_dry_ever" : "sound_dry", { count: timesDry(page) }));
  if (store.state !== "ok") found.push(detailed(text(`store_away_${store.state}`), store.problem));
  if (instrument.lost > 0) found.push(text("frames_lost_sentence", { count: instrument.lost }));
  return found;
}

export function drawHealth(page) {
  const found = page.state === null || page.connection !== "open" ? [] : items(page);
  rebuild(by("health"), found, () =>
    found.map(([id, how, words]) =>
      make("li", { class: how, "data-part": id },
        make("span", { "aria-hidden": "true" }, MARKS[how]), ` ${words}`)));
  const trouble = sentences(page);
  write(by("trouble"), trouble.join(" "));
  show(by("trouble"), trouble.length > 0);
}
