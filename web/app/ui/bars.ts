/** One bar a label: its name, a bar, a number. */

import { h } from "./dom.js";
import { percent } from "./format.js";
import { colour } from "./palette.js";

export class Bars {
  readonly element: HTMLUListElement;
  readonly #labels: string[];
  readonly #rows: { row: HTMLLIElement; bar: HTMLElement; fill: HTMLElement; number: HTMLElement }[];

  constructor(labels: string[]) {
    this.#labels = labels;
    this.#rows = labels.map((label, at) => {
      const fill = h("span", { class: "fill" });
      fill.style.backgroundColor = colour(label, at);
      const bar = h("span", { class: "bar", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
      const number = h("span", { class: "number", "aria-hidden": "true" });
      return { row: h("li", {}, h("span", { class: "name", "aria-hidden": "true" }, label), bar, number), bar, fill, number };
    });
    this.element = h("ul", { class: "bars", "data-testid": "bars" }, ...this.#rows.map(({ row }) => row));
  }

  show(probabilities: Float32Array, best: number): void {
    for (const [at, { row, bar, fill, number }] of this.#rows.entries()) {
      const value = probabilities[at] ?? 0;
      fill.style.transform = `scaleX(${value})`;
      number.textContent = percent(value);
      bar.setAttribute("aria-valuenow", (value * 100).toFixed(1));
      bar.setAttribute("aria-valuetext", `${this.#labels[at] ?? ""} ${percent(value)}`);
      row.classList.toggle("best", at === best);
    }
  }

  /** Leaves only these labels, in this order. */
  only(labels: number[]): void {
    this.element.replaceChildren(...labels.flatMap((at) => this.#rows[at]?.row ?? []));
  }
}
