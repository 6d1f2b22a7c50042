/** The tab for labels of one's own: faces are collected by the webcam, from pictures or from a folder; then it is taught, tested, tried and saved. */

import type { Moue, Teacher } from "../../src/index.js";
import type { Now } from "../reading/reader.js";
import { pathOf } from "../folder/faces.js";
import { byId, h } from "../ui/dom.js";
import { download } from "../ui/download.js";
import { code, message, showFailure } from "../ui/failure.js";
import { plural } from "../ui/format.js";
import type { Turn } from "../ui/turn.js";
import { lots } from "./folder.js";
import { LabelView, type Asks } from "./label.js";
import { Live } from "./live.js";
import { showReport } from "./report.js";
import { Trial } from "./trial.js";

/** Milliseconds from one face of a held button to the next at least. */
const apart = 200;
/** Failures of one picture; others end the reading. */
const ofPicture = ["bad-picture", "bad-argument"];

interface Job {
  label: LabelView;
  file: File;
  together: string | null;
}

export class Teach {
  readonly #moue: Now<Moue>;
  readonly #turn: Turn;
  readonly #status = byId("teach-status", HTMLElement);
  readonly #bar = byId("teach-progress", HTMLProgressElement);
  readonly #stop = byId("teach-stop", HTMLButtonElement);
  readonly #start = byId("teach-start", HTMLButtonElement);
  readonly #error = byId("teach-error", HTMLElement);
  readonly #list = byId("teach-labels", HTMLElement);
  readonly #trial = new Trial();
  readonly #live: Live;
  readonly #asks: Asks = {
    rename: (label, name) => void this.#rename(label, name),
    add: (label, files) => this.#read(files.map((file) => ({ label, file, together: null }))),
    remove: (label) => void this.#remove(label),
    removeFace: (label, face) => void this.#teaching(async (teacher) => {
      await teacher.remove(face);
      label.hide(face);
      this.#changed();
    }),
    hold: (label, held) => {
      this.#held = held ? label : null;
      if (held) void this.#teaching((teacher) => this.#take(teacher, label));
    },
  };
  #teacher: Promise<Teacher> | null = null;
  #labels: LabelView[] = [];
  #waiting: Job[] = [];
  #troubles: string[] = [];
  #done = 0;
  #all = 0;
  #reading = false;
  #held: LabelView | null = null;
  #bursts = 0;
  #file: Uint8Array<ArrayBuffer> | null = null;

  constructor(moue: Now<Moue>, turn: Turn) {
    this.#moue = moue;
    this.#turn = turn;
    this.#live = new Live((runs) => {
      for (const label of this.#labels) label.camera = runs;
      if (runs) void this.#trial.watch(this.#live.video);
      else this.#trial.pause();
    });
    turn.onChange((taken) => {
      this.#live.allowed = !taken;
    });
    const name = byId("teach-name", HTMLInputElement);
    byId("teach-new", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = name.value;
      // Cleared at once: the next name may be typed while this one is on its way.
      name.value = "";
      void this.#guarded(async () => {
        try {
          await this.#label(typed.trim());
        } catch (error) {
          name.value ||= typed;
          throw error;
        }
      });
    });
    this.#stop.addEventListener("click", () => {
      this.#all -= this.#waiting.length;
      this.#waiting = [];
    });
    this.#start.addEventListener("click", () => void this.#learn());
    byId("teach-save", HTMLButtonElement).addEventListener("click", () => {
      if (this.#file !== null) download("mine.safetensors", "application/octet-stream", this.#file);
    });
    byId("teach-clear", HTMLButtonElement).addEventListener("click", () => void this.#clear());
  }

  /** A folder with a folder a label. */
  folder(files: File[]): void {
    void this.#guarded(async () => {
      if (files.length === 0) return this.#say("No file was chosen.");
      const { lots: found, notes } = lots(files);
      const jobs: Job[] = [];
      for (const { label: name, pictures } of found) {
        const label = await this.#label(name);
        jobs.push(...pictures.map((picture) => ({ label, ...picture })));
      }
      notes.forEach((note) => this.#trouble(note));
      this.#read(jobs);
    });
  }

  /** A file that was taught before answers from now on. */
  open(files: File[]): void {
    const [file] = files;
    if (file === undefined) return;
    void this.#guarded(async () => {
      this.#say(`Opening ${file.name}.`);
      const taught = await this.#trial.use(await file.arrayBuffer(), await this.#moue);
      this.#file = null;
      this.#result(h("p", { "data-testid": "teach-opened" }, h("b", {}, file.name), ` answers ${taught.model.labels.join(", ")}.`));
      this.#say("");
    });
  }

  /** Pictures to try what was taught. */
  tried(files: File[]): void {
    this.#trial.read(files, this.#faces());
  }

  /** What was dropped: on a label it is of that, else it is tried. */
  drop(files: File[], at: Element | null): void {
    const label = this.#labels.find(({ element }) => element.contains(at));
    if (label !== undefined) this.#asks.add(label, files);
    else if (this.#trial.open) this.tried(files);
    else this.#say("Drop pictures on the label that they show; a folder is chosen by its button.");
  }

  /** Stops the camera. */
  stop(): void {
    this.#held = null;
    this.#live.stop();
  }

  async #made(): Promise<Teacher> {
    const made = (this.#teacher ??= Promise.resolve(this.#moue).then((moue) => moue.teacher()));
    try {
      return await made;
    } catch (error) {
      if (this.#teacher === made) this.#teacher = null;
      throw error;
    }
  }

  /** The label of this name, made where there is none. */
  async #label(name: string): Promise<LabelView> {
    const known = this.#labels.find((label) => label.name === name);
    if (known !== undefined) return known;
    await (await this.#made()).addLabel(name);
    const label = new LabelView(name, this.#asks);
    label.camera = this.#live.signal !== null;
    this.#labels.push(label);
    this.#list.append(label.element);
    this.#changed();
    return label;
  }

  async #rename(label: LabelView, name: string): Promise<void> {
    const before = label.name;
    await this.#teaching(async (teacher) => {
      label.called(before);
      if (name === before) return;
      await teacher.renameLabel(before, name);
      label.called(name);
      this.#changed();
    });
  }

  async #remove(label: LabelView): Promise<void> {
    await this.#teaching(async (teacher) => {
      label.gone = true;
      await teacher.removeLabel(label.name);
      this.#labels = this.#labels.filter((other) => other !== label);
      label.element.remove();
      byId("teach-name", HTMLInputElement).focus();
      this.#changed();
    });
  }

  #read(jobs: Job[]): void {
    const pictures = jobs.filter(({ file }) => file.type.startsWith("image/"));
    if (jobs.length > pictures.length) this.#trouble(`${plural(jobs.length - pictures.length, "file is", "files are")} no pictures, and left out.`);
    if (!this.#reading) this.#done = this.#all = 0;
    this.#waiting.push(...pictures);
    this.#all += pictures.length;
    if (!this.#reading && pictures.length > 0) void this.#teaching((teacher) => this.#run(teacher));
  }

  async #run(teacher: Teacher): Promise<void> {
    this.#reading = true;
    this.#stop.hidden = this.#bar.hidden = false;
    try {
      for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
        await this.#turn.free();
        await this.#one(teacher, job);
        this.#done++;
        this.#bar.value = this.#done / Math.max(1, this.#all);
        this.#say(`${this.#done} of ${plural(this.#all, "picture")} read.`);
      }
      this.#say(`${plural(this.#done, "picture")} read, ${plural(this.#labels.reduce((sum, { faces }) => sum + faces, 0), "face")} in all.`);
    } finally {
      this.#waiting = [];
      this.#reading = false;
      this.#stop.hidden = this.#bar.hidden = true;
    }
  }

  async #one(teacher: Teacher, { label, file, together }: Job): Promise<void> {
    if (label.gone) return;
    try {
      const face = await teacher.add(label.name, file, { faces: this.#faces(), name: pathOf(file), ...(together !== null && { together }) });
      // It went with its label.
      if (label.gone) return;
      label.show(face, file.name);
      this.#changed();
    } catch (error) {
      if (label.gone) return;
      if (!ofPicture.includes(code(error))) throw error;
      this.#trouble(`${pathOf(file)}: ${message(error)}`);
    }
  }

  #faces(): "none" | "largest" {
    return byId("teach-whole", HTMLInputElement).checked ? "none" : "largest";
  }

  /** Takes faces of the camera while the label's button is held: they belong together. */
  async #take(teacher: Teacher, label: LabelView): Promise<void> {
    const together = `webcam ${this.#bursts++}`;
    this.#trial.pause();
    for (let taken = 0; this.#held === label && this.#live.signal !== null; ) {
      const start = performance.now();
      try {
        const face = await teacher.add(label.name, this.#live.video, { find: "fast", name: `${label.name}, ${together}`, together });
        if (label.gone) break;
        label.show(face, "the webcam");
        this.#changed();
        this.#say(`${label.name}: ${plural(++taken, "face")} taken.`);
      } catch (error) {
        if (code(error) !== "bad-picture") throw error;
        this.#say("No single face is in view.");
      }
      await new Promise((done) => setTimeout(done, Math.max(0, start + apart - performance.now())));
    }
    if (this.#held === null && this.#live.signal !== null) void this.#trial.watch(this.#live.video);
  }

  async #learn(): Promise<void> {
    this.#start.disabled = true;
    await this.#teaching(async (teacher) => {
      await this.#turn.free();
      this.#trial.pause();
      this.#bar.hidden = false;
      this.#bar.value = 0;
      this.#say("Learning.");
      const start = performance.now();
      const taught = await teacher.teach({
        onProgress: ({ done, all }) => {
          this.#bar.value = done / all;
        },
      });
      const seconds = (performance.now() - start) / 1000;
      this.#file = taught.file;
      this.#result(showReport(taught, seconds));
      this.#say("Opening what was taught.");
      await this.#trial.use(taught.file.buffer, await this.#moue);
      this.#say("");
      if (this.#live.signal !== null) void this.#trial.watch(this.#live.video);
    });
    this.#bar.hidden = !this.#reading;
    this.#start.disabled = false;
  }

  #result(shown: HTMLElement): void {
    byId("teach-result", HTMLElement).hidden = false;
    byId("teach-stale", HTMLElement).hidden = true;
    byId("teach-save", HTMLButtonElement).hidden = this.#file === null;
    byId("teach-report", HTMLElement).replaceChildren(shown);
  }

  async #clear(): Promise<void> {
    await this.#guarded(async () => {
      this.#waiting = [];
      for (const label of this.#labels) label.gone = true;
      const teacher = await this.#teacher;
      [this.#teacher, this.#labels, this.#troubles, this.#file] = [null, [], [], null];
      this.#list.replaceChildren();
      this.#trial.close();
      byId("teach-result", HTMLElement).hidden = byId("teach-troubles", HTMLElement).hidden = true;
      this.#changed();
      this.#say("");
      await teacher?.dispose();
    });
  }

  /** The labels or their faces are others now. */
  #changed(): void {
    byId("teach-actions", HTMLElement).hidden = this.#labels.length === 0;
    byId("teach-stale", HTMLElement).hidden = this.#file === null;
  }

  #teaching(work: (teacher: Teacher) => Promise<void>): Promise<void> {
    return this.#guarded(async () => work(await this.#made()));
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      showFailure(this.#error, null);
      await work();
    } catch (error) {
      this.#say("");
      showFailure(this.#error, error);
    }
  }

  #trouble(text: string): void {
    this.#troubles.push(text);
    const box = byId("teach-troubles", HTMLDetailsElement);
    box.hidden = false;
    box.replaceChildren(h("summary", {}, `Left out: ${this.#troubles.length}`), h("ul", {}, ...this.#troubles.map((line) => h("li", {}, line))));
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}
