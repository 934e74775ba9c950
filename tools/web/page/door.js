/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to the daemon: the token, questions, and the stream of events. */

const KEY = "stance-token";
/* A sign of life comes every 5 s. */
const SILENCE_MS = 12000;
const RETRY_MS = 1000;

/* `word` is the interface's stable word; "" where the daemon was not reached. */
export class Refused extends Error {
  constructor(status, word, detail) {
    super(detail);
    this.status = status;
    this.word = word;
  }
}

/* Out of the address, so that neither the history nor a screenshot of the bar keeps it. */
export function takeToken() {
  const found = /^#token=([0-9a-f]+)$/.exec(location.hash);
  if (found) {
    sessionStorage.setItem(KEY, found[1]);
    history.replaceState(null, "", location.pathname);
  }
  return found !== null;
}

function authorization() {
  return { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` };
}

async function request(method, path, body, signal) {
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method,
      signal,
      headers: authorization(),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (reason) {
    throw new Refused(0, "", String(reason));
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, said.error ?? "", said.detail ?? answer.statusText);
  }
  return answer;
}

export async function ask(method, path, body) {
  return (await request(method, path, body)).json();
}

export async function askText(path) {
  return (await request("GET", path)).text();
}

/* Takes text as it comes; calls take(name, data) for each event. */
export function eventParser(take) {
  let rest = "";
  return (text) => {
    rest += text;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      let name = "message";
      const data = [];
      for (const line of rest.slice(0, end).split("\n")) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
      }
      rest = rest.slice(end + 2);
      if (data.length > 0) take(name, JSON.parse(data.join("\n")));
    }
  };
}

async function readOnce(take, connected) {
  const ending = new AbortController();
  let watch = setTimeout(() => ending.abort(), SILENCE_MS);
  try {
    const answer = await request("GET", "events", undefined, ending.signal);
    await connected("open"); // what it asks for is there before the first event
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = eventParser(take);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(() => ending.abort(), SILENCE_MS);
      parse(value);
    }
  } finally {
    clearTimeout(watch);
  }
}

/* For ever: connected("open" | "lost" | "refused"). */
export async function listen(take, connected) {
  for (;;) {
    try {
      await readOnce(take, connected);
      connected("lost");
    } catch (reason) {
      connected(reason instanceof Refused && reason.status === 401 ? "refused" : "lost");
    }
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}
