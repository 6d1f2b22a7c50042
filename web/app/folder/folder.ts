/** The tab for a folder of photographs: all are read, then faces are put in groups, looked up by likeness, and laid out on a map. */

import type { Moue } from "../../src/index.js";
import type { Now } from "../reading/reader.js";
import { jsonLines } from "../export/json.js";
import { byId, h } from "../ui/dom.js";
import { download } from "../ui/download.js";
import { message, showFailure } from "../ui/failure.js";
import { plural } from "../ui/format.js";
import type { Turn } from "../ui/turn.js";
import { faceButton, pathOf, readFaces, words, type Read, type Seen } from "./faces.js";
import { groupRows } from "./groups.js";
import { FaceMap } from "./map.js";
import { entries, written } from "./save.js";

/** Faces that are shown as the nearest. */
const nearest = 16;
/** More are not laid out on a map. */
const mostMapped = 5_000;

export class Folder {
  readonly #moue: Now<Moue>;
  readonly #turn: Turn;
  readonly #status = byId("folder-status", HTMLElement);
  readonly #bar = byId("folder-progress", HTMLProgressElement);
  readonly #stop = byId("folder-stop", HTMLButtonElement);
  readonly #error = byId("folder-error", HTMLElement);
  readonly #map = new FaceMap((at) => void this.#choose(at));
  #waiting: File[] = [];
  #known = new Set<string>();
  #pictures: Read[] = [];
  #faces: Seen[] = [];
  #troubles: string[] = [];
  #done = 0;
  #all = 0;
  #running = false;

  constructor(moue: Now<Moue>, turn: Turn) {
    this.#moue = moue;
    this.#turn = turn;
    this.#stop.addEventListener("click", () => {
      this.#all -= this.#waiting.length;
      for (const file of this.#waiting.splice(0)) this.#known.delete(key(file));
    });
    byId("folder-view", HTMLElement).addEventListener("click", (event) => {
      const named = event.target instanceof Element ? event.target.closest("button[data-face]")?.getAttribute("data-face") : null;
      if (named !== null && named !== undefined) void this.#choose(Number(named));
    });
    byId("folder-groups-count", HTMLSelectElement).addEventListener("change", () => void this.#guarded((moue) => this.#group(moue)));
    byId("folder-save", HTMLButtonElement).addEventListener("click", () => {
      void this.#guarded(async (moue) => download("faces.safetensors", "application/octet-stream", await moue.facesFile(written(this.#pictures, this.#faces))));
    });
    byId("folder-json", HTMLButtonElement).addEventListener("click", () => {
      void this.#guarded(async (moue) => download("moue-faces.jsonl", "application/jsonl", jsonLines(entries(this.#pictures), moue.model)));
    });
    byId("folder-clear", HTMLButtonElement).addEventListener("click", () => this.#clear());
  }

  /** More pictures; those that are there already are left out. */
  read(files: File[]): void {
    const pictures = files.filter(({ type }) => type.startsWith("image/"));
    const fresh = pictures.filter((file) => !this.#known.has(key(file)));
    for (const file of fresh) this.#known.add(key(file));
    if (files.length > pictures.length) this.#trouble(`${plural(files.length - pictures.length, "file is", "files are")} no pictures and were left out.`);
    this.#waiting.push(...fresh);
    this.#all += fresh.length;
    if (fresh.length === 0) this.#say(files.length === 0 ? "No file was chosen." : "Nothing new to read there.");
    else if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    showFailure(this.#error, null);
    this.#stop.hidden = this.#bar.hidden = false;
    this.#say("Waits for the model.");
    try {
      const moue = await this.#moue;
      for (let file = this.#waiting.shift(); file !== undefined; file = this.#waiting.shift()) {
        await this.#turn.free();
        await this.#one(moue, file);
        this.#bar.value = this.#done / Math.max(1, this.#all);
        this.#say(`${this.#done} of ${plural(this.#all, "picture")} read, ${plural(this.#faces.length, "face")}.`);
      }
      if (this.#faces.length > 0) {
        this.#say("Putting faces in groups and on the map.");
        await this.#show(moue);
      }
      this.#say(`${plural(this.#done, "picture")} read, ${plural(this.#faces.length, "face")}.`);
    } catch (error) {
      showFailure(this.#error, error);
    } finally {
      this.#stop.hidden = this.#bar.hidden = true;
      this.#running = false;
    }
  }

  async #one(moue: Moue, file: File): Promise<void> {
    const lot = this.#faces;
    try {
      const { picture, faces } = await readFaces(moue, file, this.#pictures.length);
      // All was cleared meanwhile.
      if (lot !== this.#faces) return faces.forEach(({ crop }) => URL.revokeObjectURL(crop));
      this.#pictures.push(picture);
      this.#faces.push(...faces);
      if (faces.length === 0) this.#trouble(`${picture.path}: no face was found.`);
      this.#done++;
    } catch (error) {
      if (lot !== this.#faces) return;
      this.#done++;
      this.#trouble(`${pathOf(file)}: ${message(error)}`);
    }
  }

  async #show(moue: Moue): Promise<void> {
    byId("folder-view", HTMLElement).hidden = false;
    await this.#group(moue);
    const most = this.#faces.slice(0, mostMapped);
    if (most.length < this.#faces.length) this.#trouble(`The map shows the first ${plural(most.length, "face")} of ${this.#faces.length.toLocaleString("en")}.`);
    this.#map.draw(most, await moue.map(most.map(({ embedding }) => embedding)));
  }

  async #group(moue: Moue): Promise<void> {
    const k = Number(byId("folder-groups-count", HTMLSelectElement).value);
    const groups = await moue.groups(this.#vectors(), { k });
    byId("folder-groups", HTMLElement).replaceChildren(...groupRows(groups, this.#faces));
  }

  /** The faces most like this one. */
  async #choose(at: number): Promise<void> {
    await this.#guarded(async (moue) => {
      const seen = this.#faces[at];
      if (seen === undefined) return;
      // It is nearest to itself, but for a picture that is there twice.
      const found = (await moue.neighbours(seen.embedding, this.#vectors(), nearest + 1)).filter(({ index }) => index !== at).slice(0, nearest);
      const near = byId("folder-near", HTMLElement);
      const buttons = found.flatMap(({ index }) => {
        const other = this.#faces[index];
        return other === undefined ? [] : [faceButton(other, index, "near")];
      });
      near.hidden = false;
      near.replaceChildren(
        h("h2", {}, `The ${found.length} faces most like this one`),
        h("p", { class: "quiet", role: "status", "data-testid": "folder-chosen" }, words(seen)),
        h("div", { class: "crops" }, faceButton(seen, at, "chosen"), ...buttons),
      );
      this.#map.mark(at);
      near.scrollIntoView({ block: "nearest" });
    });
  }

  async #guarded(work: (moue: Moue) => Promise<void>): Promise<void> {
    try {
      showFailure(this.#error, null);
      await work(await this.#moue);
    } catch (error) {
      showFailure(this.#error, error);
    }
  }

  #vectors(): Float32Array[] {
    return this.#faces.map(({ embedding }) => embedding);
  }

  #clear(): void {
    if (this.#running) this.#stop.click();
    for (const { crop } of this.#faces) URL.revokeObjectURL(crop);
    this.#known.clear();
    [this.#pictures, this.#faces, this.#troubles, this.#done, this.#all] = [[], [], [], 0, 0];
    byId("folder-view", HTMLElement).hidden = byId("folder-near", HTMLElement).hidden = byId("folder-troubles", HTMLElement).hidden = true;
    this.#say("");
  }

  #trouble(text: string): void {
    this.#troubles.push(text);
    const box = byId("folder-troubles", HTMLDetailsElement);
    box.hidden = false;
    box.replaceChildren(h("summary", {}, `Left out or without a face: ${this.#troubles.length}`), h("ul", {}, ...this.#troubles.map((line) => h("li", {}, line))));
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}

/** By which a file is known again. */
function key(file: File): string {
  return `${pathOf(file)} ${file.size} ${file.lastModified}`;
}
