/** The tab that puts reports of `moue bench` side by side. Files are read here and sent nowhere. */

import type { BenchReport } from "../../src/index.js";
import { byId, h } from "../ui/dom.js";
import { download } from "../ui/download.js";
import { message, showFailure } from "../ui/failure.js";
import { megabytes, plural } from "../ui/format.js";
import { differences } from "./differences.js";
import { figure } from "./figure.js";
import { showKept } from "./kept.js";
import { listItems, type Shown } from "./list.js";
import { png, svgText } from "./picture.js";
import { parsed, type Report } from "./report.js";
import { kept, measured, rowsOf, type Row } from "./rows.js";
import { scoreTable, speedTable } from "./table.js";
import { letter } from "./words.js";

/** The largest report that there is, with all operators of an H200, has half a megabyte. */
const mostBytes = 8_000_000;
const mostReports = 26;
/** Width of a saved picture. */
const wide = 960;

export class Compare {
  readonly #view = byId("compare-view", HTMLElement);
  readonly #list = byId("compare-reports", HTMLElement);
  readonly #batch = byId("compare-batch", HTMLSelectElement);
  readonly #precision = byId("compare-precision", HTMLSelectElement);
  readonly #least = byId("compare-least", HTMLSelectElement);
  readonly #drawing = byId("compare-figure", HTMLElement);
  readonly #error = byId("compare-error", HTMLElement);
  #shown: Shown[] = [];
  #base = 0;
  #troubles: string[] = [];
  /** One lot of files after the other. */
  #last: Promise<void> = Promise.resolve();
  #width = 0;

  constructor() {
    showKept((name, load) => this.#queue([{ name, load }]));
    for (const select of [this.#batch, this.#precision, this.#least]) select.addEventListener("change", () => this.#results());
    byId("compare-clear", HTMLButtonElement).addEventListener("click", () => {
      [this.#shown, this.#base] = [[], 0];
      this.#all();
      byId("compare-input", HTMLInputElement).focus();
    });
    byId("compare-svg", HTMLButtonElement).addEventListener("click", () => download("moue-compare.svg", "image/svg+xml", svgText(this.#picture())));
    byId("compare-png", HTMLButtonElement).addEventListener("click", () => {
      showFailure(this.#error, null);
      png(this.#picture()).then((blob) => download("moue-compare.png", "image/png", blob), (error: unknown) => showFailure(this.#error, error));
    });
    new ResizeObserver(() => this.#resize()).observe(this.#drawing);
  }

  read(files: File[]): void {
    this.#queue(files.map((file) => ({ name: file.name, load: () => textOf(file) })));
  }

  /** What this page measured. */
  add(report: BenchReport): void {
    this.#queue([{ name: "this page's benchmark", load: async () => JSON.stringify(report) }]);
  }

  #queue(found: { name: string; load: () => Promise<string> }[]): void {
    this.#last = this.#last.then(async () => {
      this.#troubles = [];
      for (const { name, load } of found) {
        try {
          this.#take(name, parsed(await load()));
        } catch (error) {
          this.#troubles.push(`${name}: ${message(error)}.`);
        }
      }
      this.#all();
    });
  }

  #take(source: string, report: Report): void {
    // The operators' own times are no part of it: a report is the same with and without.
    const key = JSON.stringify(report);
    const same = this.#shown.findIndex((other) => other.key === key);
    const there = this.#shown[same];
    if (there !== undefined) throw new Error(`the same report is there already, as ${letter(same)} (from ${there.source})`);
    if (this.#shown.length >= mostReports) throw new Error(`${mostReports} reports are shown at most: remove one first`);
    this.#shown.push({ report, source, key });
  }

  #remove(at: number): void {
    this.#shown.splice(at, 1);
    if (this.#base === at) this.#base = 0;
    else if (this.#base > at) this.#base--;
    this.#troubles = [];
    this.#all();
    const next = this.#list.querySelectorAll("button")[Math.min(at, this.#shown.length - 1)];
    (next ?? byId("compare-input", HTMLInputElement)).focus();
  }

  #all(): void {
    const reports = this.#reports();
    this.#view.hidden = reports.length === 0;
    const box = byId("compare-troubles", HTMLElement);
    box.hidden = this.#troubles.length === 0;
    box.replaceChildren(h("p", {}, `Not shown: ${plural(this.#troubles.length, "file")}`), h("ul", {}, ...this.#troubles.map((text) => h("li", {}, text))));
    const on = { base: (at: number) => this.#rebase(at), remove: (at: number) => this.#remove(at) };
    this.#list.replaceChildren(...listItems(this.#shown, this.#base, on));
    const notes = differences(reports);
    const said = byId("compare-notes", HTMLElement);
    said.hidden = notes.length === 0;
    said.replaceChildren(...notes.map((text) => h("p", {}, text)));
    const rows = rowsOf(reports);
    options(this.#batch, "all", [...new Set(rows.map(({ batch }) => batch))].sort((a, b) => a - b).map(String));
    options(this.#precision, "all", [...new Set(rows.map(({ precision }) => precision))].sort().reverse());
    for (const button of document.querySelectorAll<HTMLButtonElement>("#compare-kept button")) {
      const there = this.#shown.some(({ source }) => source === button.dataset["file"]);
      button.toggleAttribute("data-there", there);
    }
    this.#results();
  }

  #rebase(at: number): void {
    this.#base = at;
    this.#results();
  }

  /** The rows that are chosen, and how many of one report alone are left out. */
  #rows(): { rows: Row[]; alone: number } {
    const reports = this.#reports();
    const least = Math.min(Number(this.#least.value), reports.length);
    const batch = this.#batch.value === "" ? null : Number(this.#batch.value);
    const precision = this.#precision.value === "" ? null : this.#precision.value;
    const all = kept(rowsOf(reports), { batch, precision, least: 0 });
    const rows = all.filter((row) => measured(row) >= least);
    return { rows, alone: all.length - rows.length };
  }

  #results(): void {
    const reports = this.#reports();
    const { rows, alone } = this.#rows();
    const left = alone === 0 ? "" : ` ${plural(alone, "measurement")} that one report alone has ${alone === 1 ? "is" : "are"} left out.`;
    this.#say(reports.length === 0 ? "" : `${plural(reports.length, "report")}, ${plural(rows.length, "row")}.${left}`);
    byId("compare-table", HTMLElement).replaceChildren(...(rows.length === 0 ? [] : [speedTable(reports, rows, this.#base)]));
    const scores = scoreTable(reports);
    byId("compare-scores", HTMLElement).replaceChildren(...(scores === null ? [] : [scores]));
    this.#draw();
  }

  #draw(): void {
    if (this.#width === 0 || this.#shown.length === 0) return;
    this.#drawing.replaceChildren(this.#figure(this.#width, null));
  }

  #resize(): void {
    const width = Math.min(wide, Math.floor(this.#drawing.clientWidth));
    // Hidden, or as before.
    if (width === 0 || width === this.#width) return;
    this.#width = width;
    this.#draw();
  }

  #picture(): SVGSVGElement {
    return this.#figure(wide, differences(this.#reports()));
  }

  #figure(width: number, notes: string[] | null): SVGSVGElement {
    return figure({ reports: this.#reports(), base: this.#base, rows: this.#rows().rows, width, notes });
  }

  #reports(): Report[] {
    return this.#shown.map(({ report }) => report);
  }

  #say(text: string): void {
    byId("compare-status", HTMLElement).textContent = text;
  }
}

async function textOf(file: File): Promise<string> {
  if (file.size > mostBytes) throw new Error(`it has ${megabytes(file.size)}, and no report has more than ${megabytes(mostBytes)}`);
  return file.text().catch(() => {
    throw new Error("it cannot be read: it may be a folder, or be gone");
  });
}

/** Fills a choice; what was chosen stays chosen where it is there still. */
function options(select: HTMLSelectElement, all: string, values: string[]): void {
  const chosen = select.value;
  select.replaceChildren(h("option", { value: "" }, all), ...values.map((value) => h("option", { value }, value)));
  select.value = values.includes(chosen) ? chosen : "";
}
