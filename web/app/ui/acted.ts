/** The action units of a face: the diagram, the five strongest by what one sees, and what they say of emotions. */

import type { Actions } from "../../src/index.js";
import type { KnownUnits } from "../reading/reader.js";
import { Diagram } from "./diagram.js";
import { h } from "./dom.js";
import { percent } from "./format.js";
import { strengthOf, strongestOf, wordsOf } from "./units.js";

/** Units that are named. */
const most = 5;

/** What the units speak for, beside the label; nothing where they speak for nothing. */
function sentenceOf({ emfacs: { emotion, agrees, emotions } }: Actions): string {
  if (emotion === null) return "";
  const units = emotions[emotion]?.units.join(" + ") ?? "";
  return `The units speak for ${emotion} (${units})${agrees === false ? "; the networks say something else" : ""}.`;
}

export class Acted {
  readonly element = h("div", { class: "acted", "data-testid": "acted" });
  #model: KnownUnits | null = null;
  #diagram: Diagram | null = null;
  readonly #emotion = h("p", { class: "quiet", "data-testid": "emfacs" });
  #rows: { row: HTMLElement; name: HTMLElement; bar: HTMLElement; fill: HTMLElement; number: HTMLElement }[] = [];

  show(actions: Actions, model: KnownUnits, mirrored: boolean): void {
    if (this.#model !== model) this.#make(model);
    this.#diagram?.show(actions, mirrored);
    this.#emotion.textContent = sentenceOf(actions);
    this.#emotion.hidden = this.#emotion.textContent === "";
    const strongest = strongestOf(actions);
    for (const [at, { row, name, bar, fill, number }] of this.#rows.entries()) {
      const one = strongest[at];
      row.hidden = one === undefined;
      if (one === undefined) continue;
      const { probability, intensity, present } = one.unit;
      const words = wordsOf(one.name, model);
      const strength = intensity === undefined ? "" : `, intensity ${intensity.toFixed(1)} of ${model.intensity ?? 5}`;
      name.replaceChildren(words, " ", h("small", {}, one.name));
      fill.style.transform = `scaleX(${strengthOf(one.unit, model)})`;
      number.textContent = percent(probability);
      bar.setAttribute("aria-valuenow", (strengthOf(one.unit, model) * 100).toFixed(1));
      bar.setAttribute("aria-label", words);
      bar.setAttribute("aria-valuetext", `${words}: probability ${percent(probability)}${strength}`);
      row.title = `${one.name}: probability ${percent(probability)}${strength}`;
      row.classList.toggle("best", present);
      row.dataset["unit"] = one.name;
    }
  }

  #make(model: KnownUnits): void {
    this.#model = model;
    this.#diagram = new Diagram(model);
    this.#rows = Array.from({ length: most }, () => {
      const [name, fill, number] = [h("span", { class: "name", "aria-hidden": "true" }), h("span", { class: "fill" }), h("span", { class: "number", "aria-hidden": "true" })];
      const bar = h("span", { class: "bar", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
      return { row: h("li", { "data-testid": "unit" }, name, bar, number), name, bar, fill, number };
    });
    this.element.replaceChildren(
      this.#diagram.element,
      h("div", {}, h("ul", { class: "bars units" }, ...this.#rows.map(({ row }) => row)), this.#emotion, h("p", { class: "quiet" }, "Bars are intensities, numbers probabilities. Left and right are the person's.")),
    );
  }
}
