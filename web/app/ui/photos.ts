/** The tab of the photographs: files in, one card each, answered in order. */

import type { AnalyzeOptions } from "../../src/index.js";
import type { Entry } from "../export/entry.js";
import { current, ReadingError, type Now, type Reader } from "../reading/reader.js";
import { remember } from "./answers.js";
import { Card } from "./card.js";
import { byId } from "./dom.js";
import { photographs, showExamples } from "./examples.js";
import { exportButtons } from "./exports.js";
import { code, message } from "./failure.js";
import { plural } from "./format.js";
import type { Turn } from "./turn.js";

/** How a photograph is read. */
type How = Required<Pick<AnalyzeOptions, "faces" | "find" | "explain" | "actions">>;

interface Job {
  name: string;
  load: () => Promise<Blob>;
  card: Card;
  entry: Entry;
  /** How it was read last. */
  how: How;
}

export class Photos {
  readonly #reader: Now<Reader>;
  readonly #turn: Turn;
  readonly #list = byId("cards", HTMLElement);
  readonly #find = byId("photo-find", HTMLSelectElement);
  readonly #mesh = byId("photo-mesh", HTMLInputElement);
  readonly #explain = byId("photo-explain", HTMLInputElement);
  readonly #units = byId("photo-units", HTMLInputElement);
  #jobs: Job[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(reader: Now<Reader>, turn: Turn) {
    this.#reader = reader;
    this.#turn = turn;
    showExamples("examples", photographs, (name, load) => this.#add([{ name, load }]));
    exportButtons("photos", () => this.#jobs.map(({ entry }) => entry).filter(answered), () => current()?.model ?? null);
    this.#find.addEventListener("change", () => {
      for (const job of this.#jobs.filter(({ entry }) => entry.error === null)) this.#queue(job, this.#how());
    });
    this.#explain.addEventListener("change", () => {
      for (const job of this.#jobs.filter(({ entry }) => entry.error === null)) this.#queue(job, { ...job.how, explain: this.#explain.checked });
    });
    this.#units.addEventListener("change", () => {
      for (const job of this.#jobs.filter(({ entry }) => entry.error === null)) this.#queue(job, { ...job.how, actions: this.#units.checked && job.how.faces !== "none" });
    });
    this.#mesh.addEventListener("change", () => {
      for (const { card } of this.#jobs) this.#lines(card);
    });
    byId("photos-clear", HTMLButtonElement).addEventListener("click", () => this.#clear());
  }

  /** Files may come before the model is there; they wait. */
  read(files: File[]): void {
    this.#add(files.map((file) => ({ name: file.name, load: async () => file })));
  }

  /** A new lot goes above the older ones, in its own order. */
  #add(lot: { name: string; load: () => Promise<Blob> }[]): void {
    const jobs = lot.map(({ name, load }) => ({
      name,
      load,
      card: new Card(name),
      entry: { input: name, analysis: null, error: null, seconds: null },
      how: this.#how(),
    }));
    this.#list.prepend(...jobs.map(({ card }) => card.element));
    this.#jobs.push(...jobs);
    for (const job of jobs) this.#queue(job, this.#how());
    this.#count();
  }

  #how(): How {
    return { faces: "all", find: this.#find.value as How["find"], explain: this.#explain.checked, actions: this.#units.checked };
  }

  #lines(card: Card): void {
    card.lines(this.#mesh.checked ? (current()?.lines ?? null) : null);
  }

  #queue(job: Job, how: How): void {
    job.how = how;
    job.card.wait("Waits for its turn.");
    this.#last = this.#last.then(async () => this.#answer(job, how));
  }

  async #answer(job: Job, how: How): Promise<void> {
    const { name, load, card, entry } = job;
    if (card.gone) return;
    try {
      const file = await load();
      await card.picture(file);
      card.wait(this.#reader.waits);
      const reader = await this.#reader;
      if (this.#turn.taken) card.wait("Waits for the benchmark to end.");
      await this.#turn.free();
      card.wait("Being read.");
      const analysis = await reader.analyze(file, { ...how, landmarks: 478, pictures: true });
      remember({ name, analysis, error: null });
      Object.assign(entry, { analysis, error: null, model: reader.model });
      if (card.gone) return;
      this.#lines(card);
      card.answer(analysis, reader.model, {
        thorough: how.find === "thorough" ? null : () => this.#queue(job, { ...how, find: "thorough" }),
        whole: () => this.#queue(job, { ...how, faces: "none", actions: false }),
      });
    } catch (error) {
      remember({ name, analysis: null, error: { code: code(error), message: message(error) } });
      entry.error = message(error);
      card.fail(error, error instanceof ReadingError ? () => this.#queue(job, how) : null);
    }
    this.#count();
  }

  #clear(): void {
    for (const { card } of this.#jobs) card.remove();
    this.#jobs = [];
    this.#count();
  }

  #count(): void {
    byId("photo-actions", HTMLElement).hidden = this.#jobs.length === 0;
    const done = this.#jobs.filter(({ entry }) => answered(entry)).length;
    const failed = this.#jobs.filter(({ entry }) => entry.error !== null).length;
    const of = done < this.#jobs.length ? `${done} of ${plural(this.#jobs.length, "photograph")}` : plural(done, "photograph");
    byId("photo-count", HTMLElement).textContent = failed === 0 ? `${of} read` : `${of} done, ${failed} of them failed`;
  }
}

function answered({ analysis, error }: Entry): boolean {
  return analysis !== null || error !== null;
}
