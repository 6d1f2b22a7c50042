/** The tab of the benchmark: start, stop, progress, the report, its file, and its way to the tab "Compare". */

import type { BenchProgress, BenchReport, Moue } from "../../src/index.js";
import { byId, h } from "./dom.js";
import { download } from "./download.js";
import { showFailure } from "./failure.js";
import { showReport } from "./report.js";
import type { Turn } from "./turn.js";

export class Bench {
  readonly #moue: Moue;
  readonly #turn: Turn;
  readonly #suite = byId("bench-suite", HTMLSelectElement);
  readonly #start = byId("bench-start", HTMLButtonElement);
  readonly #stop = byId("bench-stop", HTMLButtonElement);
  readonly #save = byId("bench-save", HTMLButtonElement);
  readonly #compare = byId("bench-compare", HTMLButtonElement);
  readonly #bar = byId("bench-progress", HTMLProgressElement);
  readonly #log = byId("bench-log", HTMLElement);
  readonly #lines = byId("bench-lines", HTMLOListElement);
  #running: AbortController | null = null;
  #report: BenchReport | null = null;

  constructor(moue: Moue, turn: Turn, onCompare: (report: BenchReport) => void) {
    this.#moue = moue;
    this.#turn = turn;
    this.#start.disabled = false;
    this.#start.addEventListener("click", () => void this.#run());
    this.#stop.addEventListener("click", () => {
      if (this.#running === null || this.#running.signal.aborted) return;
      this.#running.abort();
      // Not `disabled`: it would lose the focus before the end.
      this.#stop.setAttribute("aria-disabled", "true");
      this.#line("Stops after the network in hand.");
    });
    this.#save.addEventListener("click", () => {
      if (this.#report !== null) save(this.#report);
    });
    this.#compare.addEventListener("click", () => {
      if (this.#report !== null) onCompare(this.#report);
    });
  }

  async #run(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const box = byId("bench-error", HTMLElement);
    const result = byId("bench-result", HTMLElement);
    showFailure(box, null);
    result.replaceChildren();
    this.#lines.replaceChildren();
    this.#log.hidden = false;
    this.#buttons(true);
    const release = this.#turn.take();
    try {
      const nets = this.#suite.value.split(",").filter((name) => name !== "");
      const batches = nets.length === 0 ? [] : [1];
      this.#report = await this.#moue.bench({ nets, batches, signal: running.signal, onProgress: (progress) => this.#progress(progress) });
      result.replaceChildren(showReport(this.#report));
      this.#line(running.signal.aborted ? "Stopped." : "Done.");
    } catch (error) {
      showFailure(box, error);
    } finally {
      release();
      this.#running = null;
      this.#buttons(false);
    }
  }

  #progress({ message, done, all }: BenchProgress): void {
    this.#line(message);
    this.#bar.max = Math.max(1, all);
    this.#bar.value = done;
  }

  #line(text: string): void {
    if (text === "") return;
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    this.#lines.append(h("li", {}, text));
    if (atEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #buttons(running: boolean): void {
    if (running) this.#report = null;
    const hadFocus = document.activeElement === (running ? this.#start : this.#stop);
    this.#suite.disabled = running;
    this.#start.hidden = running;
    this.#stop.hidden = !running;
    this.#stop.removeAttribute("aria-disabled");
    this.#bar.hidden = !running;
    this.#bar.removeAttribute("value");
    this.#save.hidden = this.#compare.hidden = this.#report === null;
    if (hadFocus) (running ? this.#stop : this.#start).focus();
  }
}

function save(report: BenchReport): void {
  const adapter = report.adapter.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  download(`moue-bench-${adapter === "" ? "adapter" : adapter}.json`, "application/json", `${JSON.stringify(report, null, 2)}\n`);
}
