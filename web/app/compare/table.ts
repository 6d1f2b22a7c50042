/** The numbers of a comparison as tables. */

import { h } from "../ui/dom.js";
import { percent } from "../ui/format.js";
import { table, type Cell } from "../ui/table.js";
import { parts, type Entry, type Report, type Span } from "./report.js";
import { ratio, type Row } from "./rows.js";
import { interval, letter, short, times } from "./words.js";

export function speedTable(reports: Report[], rows: Row[], base: number): HTMLElement {
  const caption = `Images a second and milliseconds at the median, how many times as fast as ${letter(base)}, and the share of the time that the adapter's own ceilings would allow.`;
  const columns = ["network", "batch", "precision", ...reports.map(named)];
  const cells = rows.map((row): Cell[] => [row.net, String(row.batch), row.precision, ...row.entries.map((entry, at) => cell(entry, at === base ? "the base" : against(row, at, base)))]);
  return table(caption, columns, cells, "compare-table");
}

/** Null where no report has a score. */
export function scoreTable(reports: Report[]): HTMLElement | null {
  const scored = reports.flatMap(({ score }, at) => (score === null ? [] : [{ score, at }]));
  if (scored.length === 0) return null;
  const span = (value: Span | null): Cell => (value === null ? nothing("not measured") : interval(value));
  const columns = ["report", "score", ...parts.map((part) => part.replaceAll("_", " ")), "relative to"];
  const rows = reports.map((report, at): Cell[] => {
    const { score } = report;
    if (score === null) return [named(report, at), nothing("no score"), ...parts.map(() => nothing("–")), nothing("–")];
    return [named(report, at), interval(score), ...parts.map((part) => span(score.parts[part])), score.reference === "" ? nothing("not named") : score.reference];
  });
  return table("Geometric means of throughput relative to a reference report, with their confidence intervals.", columns, rows, "compare-scores");
}

function named({ name }: Report, at: number): string {
  return `${letter(at)} ${name}`;
}

function against(row: Row, at: number, base: number): string {
  const found = ratio(row, at, base);
  return found === null ? `no ratio: not in ${letter(base)}` : times(found);
}

function cell(entry: Entry | null, ratio: string): Cell {
  if (entry === null) return nothing("not measured");
  const { speed, ms, low, high, steady, roof } = entry;
  const between = low === null || high === null ? "" : ` (${short(low)} to ${short(high)})`;
  return h(
    "span",
    {},
    h("b", {}, `${short(speed)} images/s`),
    h("small", {}, `${short(ms)} ms${between}${steady === false ? ", not steady" : ""}`),
    h("small", {}, ratio),
    h("small", {}, roof === null ? "share of roof not known" : `${percent(roof)} of roof`),
  );
}

function nothing(text: string): Cell {
  return h("span", { class: "quiet" }, text);
}
