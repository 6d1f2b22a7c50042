/** The reports that are compared, by name, with what is known of each; one is the base, and each can be taken away. */

import { h } from "../ui/dom.js";
import { plural } from "../ui/format.js";
import { markOf } from "./mark.js";
import type { Report } from "./report.js";
import { about, ceilings, interval, letter } from "./words.js";

/** A report, and where it is from. */
export interface Shown {
  report: Report;
  source: string;
  /** By which it is known again. */
  key: string;
}

export interface OnList {
  base: (at: number) => void;
  remove: (at: number) => void;
}

export function listItems(shown: Shown[], base: number, { base: choose, remove }: OnList): HTMLLIElement[] {
  return shown.map(({ report, source }, at) => {
    const radio = h("input", { type: "radio", name: "compare-base", "data-testid": "compare-base", "aria-label": `Base: ${letter(at)}, ${report.name}` });
    radio.checked = at === base;
    radio.addEventListener("change", () => choose(at));
    const button = h("button", { type: "button", "data-testid": "compare-remove", "aria-label": `Remove ${letter(at)}, ${report.name}` }, "Remove");
    button.addEventListener("click", () => remove(at));
    const facts = [about(report).join(" · "), ceilings(report), report.failed === 0 ? "" : `${plural(report.failed, "measurement")} failed`, report.score === null ? "" : `Score ${interval(report.score)}`, `From ${source}`];
    return h(
      "li",
      { class: "machine", "data-testid": "compare-report" },
      h("h3", {}, markOf(at), h("span", {}, `${letter(at)} ${report.name}`)),
      h("div", { class: "machine-buttons" }, h("label", { class: "check" }, radio, " Base"), button),
      ...facts.filter((text) => text !== "").map((text) => h("p", { class: "quiet" }, text)),
      report.remarks.length === 0 ? null : h("ul", { class: "remarks", "data-testid": "compare-remarks", "aria-label": `Remarks of ${letter(at)}` }, ...report.remarks.map((remark) => h("li", {}, remark))),
    );
  });
}
