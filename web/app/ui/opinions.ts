/** "The members' opinions": member x label in per cent, with each member's weight. */

import type { Face } from "../../src/index.js";
import type { KnownModel } from "../reading/reader.js";
import { h } from "./dom.js";
import { colour } from "./palette.js";

export class Opinions {
  readonly element: HTMLElement;
  readonly #model: KnownModel;
  readonly #rows: HTMLTableCellElement[][] = [];

  constructor(model: KnownModel) {
    this.#model = model;
    const head = h(
      "tr",
      {},
      h("th", { scope: "col" }, "member"),
      ...model.labels.map((label) => h("th", { scope: "col", class: "turned" }, h("span", {}, label))),
      h("th", { scope: "col", class: "turned" }, h("span", {}, "weight")),
    );
    const body = model.members.map((member) => this.#row(member.name, member.weight.toFixed(2)));
    const fused = this.#row("fused", "");
    fused.className = "fused";
    this.element = h(
      "table",
      { class: "opinions", "data-testid": "opinions" },
      h("caption", {}, "Each member's own probabilities, in per cent, and its share of the fused answer."),
      h("thead", {}, head),
      h("tbody", {}, ...body, fused),
    );
  }

  show(face: Face): void {
    for (const [at, cells] of this.#rows.entries()) {
      const values = face.members[at] ?? face.probabilities;
      const most = Math.max(...values);
      for (const [label, cell] of cells.entries()) {
        const value = values[label] ?? 0;
        cell.textContent = String(Math.round(value * 100));
        // Two fifths of the colour at most (100 of 255), so that the number stays readable in both schemes.
        cell.style.backgroundColor = colour(this.#model.labels[label] ?? "", label) + Math.round(value * 100).toString(16).padStart(2, "0");
        cell.classList.toggle("best", value === most);
      }
    }
  }

  #row(name: string, weight: string): HTMLTableRowElement {
    const cells = this.#model.labels.map(() => h("td"));
    this.#rows.push(cells);
    // A place to break the name on a narrow screen.
    const parts = name.split("_").flatMap((part, at) => (at === 0 ? [part] : [h("wbr"), `_${part}`]));
    return h("tr", {}, h("th", { scope: "row" }, ...parts), ...cells, h("td", { class: "weight" }, weight));
  }
}
