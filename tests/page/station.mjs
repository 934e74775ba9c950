// SPDX-License-Identifier: GPL-3.0-or-later
// The real daemon, as the tests of the page start, kill and ask it.
import { execFileSync, spawn } from "node:child_process";

const { build, work } = process.env;

export class Station {
  constructor() {
    this.port = 0;
  }

  /* On the same port and store as before, with a new token, as after a crash. */
  async start(device, ...options) {
    const args = ["--store", `${work}/store.db`, "--port", String(this.port), "--sound", "none",
      "--device", device, ...options];
    this.process = spawn(`${build}/stanced`, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.log = "";
    this.ended = new Promise((done) => this.process.once("exit", done));
    await new Promise((ready, failed) => {
      this.process.stderr.on("data", (text) => {
        this.log += text;
        if (this.log.includes("event=ready")) ready();
      });
      this.process.once("exit", () => failed(new Error(`stanced ended: ${this.log}`)));
    });
    this.address = execFileSync(`${build}/stance`, ["open", "--print"], { encoding: "utf8" }).trim();
    const [base, token] = this.address.split("/#token=");
    this.base = base;
    this.token = token;
    this.port = Number(new URL(base).port);
  }

  async end(signal) {
    if (this.process?.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await this.ended;
    }
  }

  /* As a program beside the page sees it, and, with a body, begins it. */
  async ask(path, body) {
    const answer = await fetch(`${this.base}/api/v1/${path}`, {
      headers: { Authorization: `Bearer ${this.token}` },
      ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return path.includes(".csv") ? answer.text() : answer.json();
  }
}
