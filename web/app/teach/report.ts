/** What is said of what was taught: how much of it is right, and what was taken for what. */

import type { Taught } from "../../src/index.js";
import { h } from "../ui/dom.js";
import { plural } from "../ui/format.js";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function showReport({ report, sentence, remarks }: Taught, seconds: number): HTMLElement {
  const { labels, faces, bursts, tested } = report;
  const all = faces.reduce((sum, count) => sum + count, 0);
  const right = tested === null ? 0 : labels.reduce((sum, _, at) => sum + (tested.confusion[at]?.[at] ?? 0), 0);
  return h(
    "div",
    { class: "report" },
    tested === null
      ? h("p", { class: "figure", "data-testid": "teach-figure" }, "Learned, and not tested.")
      : h("p", { class: "figure", "data-testid": "teach-figure" }, h("b", {}, percent(tested.accuracy)), ` right: ${right} of ${plural(all, "face")}`),
    h("p", { "data-testid": "teach-sentence" }, sentence === null ? "Without the faces of one burst a label would have none left. Add faces of another moment or person to be told how good it is." : capital(`${sentence}.`)),
    tested === null
      ? null
      : h("p", { class: "quiet" }, `Tested in ${tested.parts} parts, each answered by what was learned of the others; faces that belong together are in one part. Labels counting the same, ${percent(tested.balanced)} are right.`),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "What was answered" }, confusion(labels, faces, tested?.confusion ?? null)),
    remarks.length === 0 ? null : h("ul", { "data-testid": "teach-remarks" }, ...remarks.map((remark) => h("li", {}, capital(`${remark}.`)))),
    h("p", { class: "quiet" }, `${plural(bursts, "burst")} of faces that belong together, ${report.features.toLocaleString("en")} features a face; ${seconds.toFixed(1)} s to learn.`),
  );
}

function confusion(labels: string[], faces: number[], counts: number[][] | null): HTMLTableElement {
  const head = (text: string, scope: "col" | "row"): HTMLElement => h("th", { scope }, text);
  const cell = (count: number, of: number, own: boolean): HTMLElement => {
    const shade = h("td", { class: own ? "own" : "" }, count === 0 ? "·" : String(count));
    shade.style.setProperty("--share", String(count / Math.max(1, of)));
    return shade;
  };
  const row = (label: string, at: number): HTMLElement => {
    const [own, of] = [counts?.[at], faces[at] ?? 0];
    const right = own === undefined ? [] : [h("td", { class: "plain" }, percent((own[at] ?? 0) / Math.max(1, of))), ...own.map((count, answer) => cell(count, of, answer === at))];
    return h("tr", {}, head(label, "row"), h("td", { class: "plain" }, String(of)), ...right);
  };
  const answers = counts === null ? [] : [head("right", "col"), ...labels.map((label) => head(label, "col"))];
  return h(
    "table",
    { class: "confusion", "data-testid": "teach-table" },
    h("caption", {}, counts === null ? "Faces that were learned of." : "A row a label, a column an answer."),
    h("thead", {}, h("tr", {}, head("label", "col"), head("faces", "col"), ...answers)),
    h("tbody", {}, ...labels.map(row)),
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
