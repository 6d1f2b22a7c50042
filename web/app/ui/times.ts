/** Milliseconds by stage: a stacked bar and its numbers. */

import type { StageTimes } from "../../src/index.js";
import { h } from "./dom.js";
import { milliseconds } from "./format.js";

const stages = [
  ["pixels", "pixels"],
  ["detect", "find faces"],
  ["prepare", "prepare"],
  ["upload", "upload"],
  ["compute", "compute"],
  ["readback", "read back"],
  ["actions", "action units"],
] as const;

export class Times {
  readonly element: HTMLElement;
  readonly #parts = stages.map(([, name], at) => ({
    slice: h("span", { class: `stage-${at}` }),
    number: h("b", {}),
    name,
    item: h("li", {}),
  }));
  readonly #stack = h("div", { class: "stack", "aria-hidden": "true" }, ...this.#parts.map(({ slice }) => slice));
  readonly #total = h("b", {});

  constructor() {
    for (const [at, { item, name, number }] of this.#parts.entries()) item.append(h("i", { class: `stage-${at}`, "aria-hidden": "true" }), `${name} `, number);
    this.element = h(
      "div",
      { class: "times", "data-testid": "times" },
      this.#stack,
      h(
        "ul",
        { "aria-label": "Time per stage" },
        ...this.#parts.map(({ item }) => item),
        h("li", { class: "total" }, "in all ", this.#total),
      ),
    );
  }

  /** Of who tells no stages the whole alone. */
  show(times: StageTimes): void {
    const told = stages.some(([stage]) => times[stage] > 0);
    this.#stack.hidden = !told;
    for (const [at, [stage]] of stages.entries()) {
      const part = this.#parts[at];
      if (part === undefined) continue;
      part.slice.style.flexGrow = String(times[stage]);
      // Action units are seldom asked for.
      part.item.hidden = !told || (stage === "actions" && times.actions === 0);
      part.number.textContent = milliseconds(times[stage]);
    }
    this.#total.textContent = milliseconds(times.total);
  }
}

/** A mean of the times in which the last frames count most. */
export class SmoothTimes {
  #mean: StageTimes | null = null;

  next(times: StageTimes): StageTimes {
    const mean = this.#mean ?? { ...times };
    for (const stage of Object.keys(mean) as (keyof StageTimes)[]) mean[stage] += (times[stage] - mean[stage]) * 0.15;
    this.#mean = mean;
    return mean;
  }
}
