/** One face's answer: label, bars, what the networks saw, the members' opinions. Shown again for every frame. */

import type { Face, ModelInfo } from "../../src/index.js";
import { Bars } from "./bars.js";
import { h } from "./dom.js";
import { percent } from "./format.js";
import { headWords } from "./head.js";
import { Opinions } from "./opinions.js";
import { colour } from "./palette.js";
import { Saw } from "./saw.js";

export class FaceView {
  readonly element: HTMLElement;
  readonly #bars: Bars;
  readonly #label = h("span", { "data-testid": "face-label" });
  readonly #share = h("span", { class: "share" });
  readonly #dot = h("span", { class: "dot", "aria-hidden": "true" });
  readonly #head = h("p", { class: "quiet head-turn", "data-testid": "head" });
  readonly #saw = new Saw();
  readonly #opinions: Opinions;
  readonly #sawPart: HTMLDetailsElement;
  readonly #opinionsPart: HTMLDetailsElement;
  #face: Face | null = null;

  /** `open`: what the networks saw is shown without being asked for. */
  constructor(model: ModelInfo, number: number, open: boolean) {
    this.#bars = new Bars(model.labels);
    this.#opinions = new Opinions(model);
    this.#sawPart = this.#part("What the networks saw", this.#saw.element);
    this.#sawPart.open = open;
    this.#opinionsPart = this.#part("The members' opinions", this.#opinions.element);
    this.element = h(
      "article",
      { class: "face", "data-testid": "face", "aria-label": `Face ${number}` },
      h("h4", {}, h("span", { class: "badge" }, String(number)), this.#dot, this.#label, this.#share),
      this.#bars.element,
      this.#head,
      this.#sawPart,
      this.#opinionsPart,
    );
  }

  show(face: Face, mirrored: boolean): void {
    this.#face = face;
    this.#label.textContent = face.label;
    this.#share.textContent = percent(face.probabilities[face.labelIndex] ?? 0);
    this.#dot.style.backgroundColor = colour(face.label, face.labelIndex);
    this.#bars.show(face.probabilities, face.labelIndex);
    this.#head.textContent = headWords(face, mirrored);
    this.#head.hidden = face.pose === null;
    this.#sawPart.hidden = face.pictures === undefined;
    this.#fill();
  }

  #part(title: string, content: HTMLElement): HTMLDetailsElement {
    const part = h("details", {}, h("summary", {}, title), content);
    part.addEventListener("toggle", () => this.#fill());
    return part;
  }

  /** Fills what is open; at thirty frames a second the rest would be work for nothing. */
  #fill(): void {
    if (this.#face === null) return;
    if (this.#sawPart.open && this.#face.pictures !== undefined) this.#saw.show(this.#face.pictures);
    if (this.#opinionsPart.open) this.#opinions.show(this.#face);
  }
}

/** As many views as there are faces, kept from one frame to the next. */
export class FaceViews {
  readonly element: HTMLElement;
  readonly #model: ModelInfo;
  readonly #open: boolean;
  #views: FaceView[] = [];

  constructor(model: ModelInfo, element: HTMLElement, open = false) {
    this.#model = model;
    this.#open = open;
    this.element = element;
  }

  show(faces: Face[], mirrored = false): void {
    while (this.#views.length > faces.length) this.#views.pop()?.element.remove();
    for (const [at, face] of faces.entries()) {
      let view = this.#views[at];
      if (view === undefined) {
        view = new FaceView(this.#model, at + 1, this.#open);
        this.#views.push(view);
        this.element.append(view.element);
      }
      view.show(face, mirrored);
    }
  }
}
