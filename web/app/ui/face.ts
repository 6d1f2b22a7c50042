/** One face's answer: label, bars, its action units, what the networks saw and looked at, the members' opinions. Shown again for every frame. */

import type { Face } from "../../src/index.js";
import { knownUnits, type KnownModel } from "../reading/reader.js";
import { Acted } from "./acted.js";
import { Bars } from "./bars.js";
import { h } from "./dom.js";
import { percent } from "./format.js";
import { headWords } from "./head.js";
import { Looked } from "./looked.js";
import { numberOf } from "./marks.js";
import { Opinions } from "./opinions.js";
import { colour, ink, person } from "./palette.js";
import { Saw } from "./saw.js";

export class FaceView {
  readonly element: HTMLElement;
  readonly #bars: Bars;
  readonly #label = h("span", { "data-testid": "face-label" });
  readonly #share = h("span", { class: "share" });
  readonly #dot = h("span", { class: "dot", "aria-hidden": "true" });
  readonly #head = h("p", { class: "quiet head-turn", "data-testid": "head" });
  readonly #acted = new Acted();
  readonly #actedPart: HTMLDetailsElement;
  readonly #saw = new Saw();
  readonly #opinions: Opinions;
  readonly #sawPart: HTMLDetailsElement;
  readonly #looked: Looked;
  readonly #lookedPart: HTMLDetailsElement;
  readonly #opinionsPart: HTMLDetailsElement;
  #face: Face | null = null;
  #mirrored = false;

  /** `track`: who is followed. `open`: what the networks saw is shown without being asked for. */
  constructor(model: KnownModel, number: number, track: number | null, open: boolean) {
    this.#bars = new Bars(model.labels);
    this.#opinions = new Opinions(model);
    this.#actedPart = this.#part("Action units", this.#acted.element);
    this.#actedPart.open = true;
    this.#sawPart = this.#part("What the networks saw", this.#saw.element);
    this.#sawPart.open = open;
    this.#looked = new Looked(model);
    this.#lookedPart = this.#part("What the networks looked at", this.#looked.element);
    this.#lookedPart.open = true;
    this.#opinionsPart = this.#part("The members' opinions", this.#opinions.element);
    const badge = h("span", { class: "badge" }, String(number));
    if (track !== null) {
      badge.style.backgroundColor = badge.style.borderColor = person(track);
      badge.style.color = ink(person(track));
    }
    this.element = h(
      "article",
      { class: "face", "data-testid": "face", "aria-label": `Face ${number}` },
      h("h4", {}, badge, this.#dot, this.#label, this.#share),
      this.#bars.element,
      this.#head,
      this.#actedPart,
      this.#sawPart,
      this.#lookedPart,
      this.#opinionsPart,
    );
  }

  show(face: Face, mirrored: boolean): void {
    this.#face = face;
    this.#mirrored = mirrored;
    this.#label.textContent = face.label;
    this.#share.textContent = percent(face.probabilities[face.labelIndex] ?? 0) + (face.unsure ? ", unsure" : "");
    this.#dot.style.backgroundColor = colour(face.label, face.labelIndex);
    this.#bars.show(face.probabilities, face.labelIndex);
    this.#head.textContent = headWords(face, mirrored);
    this.#head.hidden = face.pose === null;
    this.#actedPart.hidden = face.actions === undefined;
    this.#sawPart.hidden = face.pictures === undefined;
    this.#lookedPart.hidden = face.explanation === undefined;
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
    const model = knownUnits();
    if (this.#actedPart.open && this.#face.actions !== undefined && model !== null) this.#acted.show(this.#face.actions, model, this.#mirrored);
    if (this.#sawPart.open && this.#face.pictures !== undefined) this.#saw.show(this.#face.pictures);
    if (this.#lookedPart.open && this.#face.explanation !== undefined) this.#looked.show(this.#face, this.#face.explanation);
    if (this.#opinionsPart.open) this.#opinions.show(this.#face);
  }
}

/** A view a face, kept from one frame to the next: of who is followed, else by its place. */
export class FaceViews {
  readonly element: HTMLElement;
  readonly #model: KnownModel;
  readonly #open: boolean;
  readonly #views = new Map<string, FaceView>();

  constructor(model: KnownModel, element: HTMLElement, open = false) {
    this.#model = model;
    this.#open = open;
    this.element = element;
  }

  show(faces: Face[], mirrored = false): void {
    const keys = faces.map(({ track }, at) => (track === null ? `place ${at}` : `track ${track}`));
    for (const [key, { element }] of this.#views) {
      if (keys.includes(key)) continue;
      element.remove();
      this.#views.delete(key);
    }
    for (const [at, face] of faces.entries()) {
      const key = keys[at] ?? "";
      let view = this.#views.get(key);
      if (view === undefined) {
        view = new FaceView(this.#model, numberOf(face, at), face.track, this.#open);
        this.#views.set(key, view);
        // After the one before it; those that are there stay where they are, and keep the focus.
        const before = this.#views.get(keys[at - 1] ?? "");
        if (before === undefined) this.element.prepend(view.element);
        else before.element.after(view.element);
      }
      view.show(face, mirrored);
    }
  }
}
