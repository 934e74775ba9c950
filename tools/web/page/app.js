/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts the parts together: events change the model, the model is drawn. */
import { drawActions } from "./actions.js";
import { drawAttempts, drawBench, drawReadings } from "./bench.js";
import { ask, listen, takeToken } from "./door.js";
import { drawHealth } from "./health.js";
import { drawHistory, fetchHistory } from "./history.js";
import { Keys } from "./keys.js";
import { isTested } from "./report.js";
import { download, drawResult } from "./result.js";
import { chooseBack, chooseNext, fetchRoster, markDone, moveDone, openRoster, recall } from "./roster.js";
import { by, say, show, write } from "./screen.js";
import { chooseAthlete, drawSetup, fillProtocols, protocolOf, startTest, takeName, titleOf } from "./setup.js";
import { dismiss, model, momentOf, noteDry, rememberMine, rememberTicked, viewOf } from "./state.js";
import { Trace } from "./trace.js";
import { explained, fillDocument, loadTexts, reasonOf, text } from "./words.js";

const trace = new Trace();
let drawnView = "";
let reading = null; // the result that is being read

function report(reason) {
  say(reason.word === "not_now" ? text("not_now") : reasonOf(reason));
}

function title() {
  const test = model.state?.test;
  const result = viewOf(model) === "result" ? model.result.report : null;
  const shown = test ?? (result && { athlete: result.athlete, protocol: result.protocol.id,
    title: result.protocol.title });
  const words = !shown ? [text("set_up")]
    : [titleOf(model, shown.protocol, shown.title),
      test ? text(`moments.${momentOf(test)}`) : text("result")];
  document.title = `${words.join(" · ")} – stance`; // no name: the browser's history keeps it
  write(by("what"), [shown?.athlete, ...words].filter(Boolean).join(" · "));
}

let listedOn = "";
/* When somebody comes back to it, and when a day begins on which nobody is done yet. */
function freshenRoster() {
  const today = new Date().toDateString();
  if (drawnView === "setup" && listedOn === today) return;
  listedOn = today;
  fetchRoster(model).catch(report);
}

function drawView() {
  const view = viewOf(model);
  document.body.dataset.view = view;
  document.body.dataset.moment = model.state?.test ? momentOf(model.state.test) : "";
  show(by("setup"), view === "setup");
  show(by("bench"), view === "bench" || view === "result");
  show(by("result"), view === "result");
  if (view === "setup") freshenRoster();
  if (view === drawnView) return;
  drawnView = view;
  say("");
  document.activeElement?.blur?.();
  scrollTo(0, 0);
  if (view === "result") showHistory();
}

function draw() {
  drawView();
  const view = viewOf(model);
  if (view === "connecting")
    write(by("sentence"), text(model.connection === "connecting" ? "connecting"
      : model.connection === "open" ? "reading_result" : "not_connected"));
  if (view === "setup") drawSetup(model);
  if (view === "bench") {
    drawBench(model);
    drawAttempts(model);
  }
  if (view === "result") drawResult(model);
  drawHealth(model);
  drawActions(model);
  title();
}

async function showHistory() {
  const kept = model.result?.report;
  if (!kept?.athlete) { // nobody's tests are everybody's
    drawHistory([]);
    return;
  }
  const tests = await fetchHistory(kept.athlete, kept.protocol.id).catch(() => []);
  if (model.result?.report?.athlete === kept.athlete) drawHistory(tests);
}

/* Once: what was moved or put away since is not taken for a new one when the station tells it again. */
function tick({ id, report: made }) {
  if (made === null || id !== model.mine || id === model.ticked || id === model.dismissed) return;
  rememberTicked(model, id);
  if (!isTested(made)) return;
  markDone(model, made.athlete).catch((reason) => {
    rememberTicked(model, "");
    report(reason);
  });
}

function takeResult(result) {
  const { problem, summary } = result;
  const before = model.result;
  model.result = result.report === null && problem
    ? { ...result, summary: explained(`error.${problem.error}`, summary) } : result;
  if (before?.id === result.id && before.report?.athlete !== result.report?.athlete) showHistory();
  tick(result);
}

/* `anew`: although it is here, because it has changed. */
async function fetchResult(id, anew = false) {
  const isHere = () => !anew && model.result?.id === id && model.result.report !== null;
  if (reading === id || isHere()) return;
  reading = id;
  try {
    const found = await ask("GET", `tests/${id}/report.json`);
    const warnings = model.result?.id === id ? model.result.warnings : []; // the report does not say them
    if (!isHere()) takeResult({ id, report: found, summary: "", warnings });
  } catch (reason) {
    if (reason.status !== 0 || anew) model.result = { id, report: null, summary: reasonOf(reason), warnings: [] };
  } finally {
    reading = null;
  }
  draw();
}

function takeState(state) {
  const before = model.state?.test ?? null;
  const now = state.test;
  noteDry(model, state);
  model.state = state;
  model.stateAt = performance.now();
  if (now?.id !== before?.id || now?.state !== before?.state) model.stateSince = model.stateAt;
  if (now !== null && now.id !== before?.id) {
    model.tells = [];
    model.result = null;
    trace.begin(protocolOf(model, now.protocol)?.rig, state.instrument.unit ?? "N");
  }
  trace.target = now?.target ?? null;
  trace.effort(now?.state === "effort");
  keys.look();
  if (now === null && state.last_result !== null && state.last_result !== model.dismissed)
    fetchResult(state.last_result);
}

function take(name, data) {
  if (name === "live") {
    trace.add(data);
    return;
  }
  if (name === "state") takeState(data);
  else if (name === "onset") trace.markOnset(data);
  else if (name === "repetition" && data.counted) trace.markPeaks(data);
  else if (name === "tell") model.tells.push({ ...data, at: performance.now() });
  else if (name === "result") takeResult(data);
  draw();
}

async function command({ command: name, value }) {
  const test = model.state?.test;
  if (!test) return;
  const body = value === undefined ? { command: name } : { command: name, value };
  await ask("POST", `tests/${test.id}/command`, body).catch(report);
}

let starting = false;
async function start() {
  if (starting) return;
  starting = true;
  model.refusal = "";
  try {
    const test = await startTest(model);
    if (test !== null) rememberMine(model, test);
  } catch (reason) {
    model.refusal = reasonOf(reason); // stays until something is changed
  }
  starting = false;
  draw();
}

function again() {
  const athlete = model.result?.report?.athlete;
  dismiss(model);
  chooseAthlete({ athlete: "" });
  draw();
  if (model.roster.athletes.some((known) => known.athlete === athlete)) chooseNext(model, false);
}

function act(action) {
  if (action.command) command(action);
  else if (action.act === "again") again();
  else if (action.act === "print") print();
  else if (action.act.startsWith("csv-"))
    download(model.result.id, action.act.slice(4)).catch(report);
  else if (action.act === "roster-back") chooseBack(model);
  else chooseNext(model, action.act === "roster-skip");
}

async function move(body) {
  const { id, report: before } = model.result;
  try {
    await ask("POST", `tests/${id}/athlete`, body);
    await fetchResult(id, true);
    const now = model.result?.report ?? null; // the next test may begin any time
    await showHistory();
    if (now !== null) await moveDone(model, before?.athlete, now);
    say(text("moved"));
  } catch (reason) {
    report(reason);
  }
}

function openDocument() {
  document.addEventListener("click", (event) => {
    /* A pointer leaves no focus behind: the space bar goes on meaning what the screen says. */
    if (event.detail > 0) event.target.closest?.("#actions button, #pain button, #who button")?.blur();
    const { command: name, value, act: other } = event.target.closest?.("button")?.dataset ?? {};
    /* Where the stop was, something else may stand at the second click. */
    if (name !== "stop" && keys.hammers()) return;
    if (name) command({ command: name, value: name === "pain" ? Number(value) : value });
    else if (other) act({ act: other });
  });
  by("choice").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  by("choice").addEventListener("input", ({ target, inputType }) => {
    /* picked out of the list below the field, where nothing was typed */
    if (target.id === "athlete") takeName(model, !inputType || inputType === "insertReplacementText");
    model.refusal = "";
    draw();
  });
  by("athlete").addEventListener("change", () => {
    takeName(model, true);
    draw();
  });
  by("move_form").addEventListener("submit", (event) => {
    event.preventDefault();
    move({ athlete: by("move_to").value.trim() });
  });
  by("move_undo").addEventListener("click", () => move({ undo: true }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => trace.renew());
  addEventListener("hashchange", () => takeToken() && location.reload());
  openRoster(model);
}

/* With each picture of the screen, and only where it shows. */
function picture() {
  if (viewOf(model) === "bench") drawReadings(model, trace);
  if (viewOf(model) !== "setup") trace.draw();
  requestAnimationFrame(picture);
}

async function connected(how) {
  const back = how === "open" && model.connection !== "open";
  model.connection = how;
  if (back && model.protocols.length === 0) {
    model.protocols = await ask("GET", "protocols").catch(() => []);
    fillProtocols(model);
    await fetchRoster(model).catch(report);
  }
  draw();
}

takeToken();
await loadTexts();
fillDocument();
openDocument();
const keys = new Keys(model, {
  act, start, pain: (value) => command({ command: "pain", value }),
  recall: (typed) => recall(model, typed),
});
requestAnimationFrame(picture);
listen(take, connected);
