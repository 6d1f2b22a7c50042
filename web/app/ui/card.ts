/** One photograph: its picture, its faces, its times; or why there is no answer. */

import type { Analysis, ModelInfo } from "../../src/index.js";
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

  /** Shows an answer; `whole` reads the whole picture as one face. */
  answer(analysis: Analysis, model: ModelInfo, whole: () => void): void {
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
      analysis.faces.length === 0 ? noFace(() => {
        // The button goes with this answer; the card stays.
        this.element.focus({ preventScroll: true });
        whole();
      }) : views.element,
      times.element,
    );
  }

  fail(error: unknown): void {
    this.#settle("failed");
    this.element.dataset["testid"] = "failed";
    this.#right.replaceChildren(h("p", { class: "error", role: "alert", "data-testid": "card-error", "data-code": code(error) }, message(error)));
  }

  remove(): void {
    this.gone = true;
    this.#picture.dispose();
    this.element.remove();
  }

  #settle(state: "answered" | "failed"): void {
    this.element.classList.remove("waiting", "answered", "failed");
    this.element.classList.add(state);
    this.element.setAttribute("aria-busy", "false");
  }
}

function noFace(whole: () => void): HTMLElement {
  const button = h("button", { type: "button", "data-testid": "whole" }, "Read the whole picture as one face");
  button.addEventListener("click", () => {
    button.disabled = true;
    whole();
  });
  return h(
    "div",
    { class: "no-face", "data-testid": "no-face" },
    h("p", {}, "No face was found. The detector wants a face from the front, upright and uncovered, at least 40 pixels wide, in a large photograph a twentieth of its longer side. Try one that is closer, brighter or turned upright."),
    h("p", {}, "If the picture is a face already cut out:"),
    button,
  );
}
