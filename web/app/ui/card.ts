/** One photograph: its picture, its faces, its times; or why there is no answer. */

import type { Analysis, FaceLines } from "../../src/index.js";
import type { KnownModel } from "../reading/reader.js";
import { h } from "./dom.js";
import { FaceViews } from "./face.js";
import { code, message } from "./failure.js";
import { plural } from "./format.js";
import { Picture } from "./picture.js";
import { Times } from "./times.js";

export class Card {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #picture: Picture;
  readonly #note = h("p", { class: "quiet note" });
  readonly #right = h("div", { class: "card-right" });
  #shown = true;
  /** Whether the card was cleared away. */
  gone = false;

  constructor(name: string) {
    this.#name = name;
    this.#picture = new Picture(name);
    this.#right.append(this.#note);
    this.element = h(
      "article",
      { class: "card waiting", "data-testid": "card", "data-name": name, "aria-label": name, "aria-busy": "true", tabindex: -1 },
      h("h3", {}, name),
      h("div", { class: "card-left" }, this.#picture.canvas),
      this.#right,
    );
  }

  wait(text: string): void {
    this.#note.textContent = text;
    this.element.setAttribute("aria-busy", "true");
    // An answer has taken its place where the picture is read again.
    if (!this.#note.isConnected) this.#right.prepend(this.#note);
  }

  async picture(file: Blob): Promise<void> {
    this.#shown = await this.#picture.load(file);
  }

  /** Draws these lines between landmarks too, or none. */
  lines(lines: FaceLines | null): void {
    this.#picture.lines(lines);
  }

  /** Shows an answer. Where there is no face: `thorough` looks more thoroughly, null where that was done, and `whole` reads the whole picture as one face. */
  answer(analysis: Analysis, model: KnownModel, { thorough, whole }: { thorough: (() => void) | null; whole: () => void }): void {
    this.#settle("answered");
    const seen = analysis.faces.map((face, at) => `face ${at + 1} ${face.label}`).join(", ");
    this.#picture.mark(analysis, `${this.#name}: ${seen === "" ? "no face" : seen}`);
    const size = `${analysis.width} x ${analysis.height}, ${plural(analysis.faces.length, "face")}${this.#shown ? "" : "; the browser cannot show the picture"}`;
    const views = new FaceViews(model, h("div", { class: "faces" }));
    views.show(analysis.faces);
    const times = new Times();
    times.show(analysis.times);
    this.#right.replaceChildren(
      h("p", { class: "quiet" }, size),
      analysis.faces.length === 0 ? noFace(thorough && this.#again(thorough), this.#again(whole)) : views.element,
      times.element,
    );
  }

  /** What a button of an answer does: it goes with the answer; the card stays. */
  #again(work: () => void): () => void {
    return () => {
      this.element.focus({ preventScroll: true });
      work();
    };
  }

  /** `again`: reads it once more, where that may go better. */
  fail(error: unknown, again: (() => void) | null = null): void {
    this.#settle("failed");
    this.#right.replaceChildren(h("p", { class: "error", role: "alert", "data-testid": "card-error", "data-code": code(error) }, message(error)));
    if (again !== null) this.#right.append(button("again", "Read again", this.#again(again)));
  }

  remove(): void {
    this.gone = true;
    this.#picture.dispose();
    this.element.remove();
  }

  #settle(state: "answered" | "failed"): void {
    this.element.classList.remove("waiting", "answered", "failed");
    this.element.classList.add(state);
    this.element.dataset["testid"] = state === "failed" ? "failed" : "card";
    this.element.setAttribute("aria-busy", "false");
  }
}

function button(testid: string, text: string, work: () => void): HTMLButtonElement {
  const made = h("button", { type: "button", "data-testid": testid }, text);
  made.addEventListener("click", () => {
    made.disabled = true;
    work();
  });
  return made;
}

function noFace(thorough: (() => void) | null, whole: () => void): HTMLElement {
  const found = thorough === null ? "Faces of 16 pixels and more are found, turned ones too." : "A more thorough search takes longer, and also finds faces of 16 pixels and those that lie on their side or upside down.";
  return h(
    "div",
    { class: "no-face", "data-testid": "no-face" },
    h("p", {}, `No face was found. ${found}`),
    thorough && h("p", {}, button("thorough", "Look more thoroughly", thorough)),
    h("p", {}, "If the picture is a face already cut out:"),
    button("whole", "Read the whole picture as one face", whole),
  );
}
