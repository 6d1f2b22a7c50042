/** A benchmark's report as tables. */

import type { BenchReport, BenchResult } from "../../src/index.js";
import { h } from "./dom.js";
import { figure, percent } from "./format.js";
import { table, type Cell } from "./table.js";

const columns = ["network", "batch", "precision", "median ms", "images/s", "GFLOP/s", "share of roof"];

export function showReport({ adapter, peak, results, not_measured, moue, date }: BenchReport): HTMLElement {
  const part = h("div", { class: "report" }, h("h2", {}, "Results"));
  part.append(
    h("p", { class: "quiet" }, [adapter.name, adapter.backend, adapter.driver, `moue ${moue}`, date].filter((word) => word !== "").join(" · ")),
    h(
      "dl",
      { class: "facts", "data-testid": "bench-peak" },
      ...ceiling("Multiply-add ceiling, f32", peak.gflops_f32, "GFLOP/s"),
      ...ceiling("With matrix units, f16", peak.gflops_f16_matrix, "GFLOP/s"),
      ...ceiling("Memory, copying", peak.gbytes_per_s, "GB/s"),
    ),
    table("The share is of the time that the adapter's own ceilings would allow.", columns, results.map(cells), "bench-table"),
  );
  if (not_measured.length > 0) {
    const reasons = not_measured.map(({ net, batch, precision, error }) => h("li", {}, h("b", {}, `${net}, batch ${batch}, ${precision}`), `: ${error}`));
    part.append(h("h3", {}, "Not measured"), h("ul", { "data-testid": "bench-not-measured" }, ...reasons));
  }
  return part;
}

function ceiling(name: string, value: number | null, unit: string): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value === null ? "not measured" : `${figure(value)} ${unit}`)];
}

function cells({ net, batch, precision, median_ms, images_per_s, gflops, share_of_roof }: BenchResult): Cell[] {
  return [net, String(batch), precision, figure(median_ms), figure(images_per_s), figure(gflops), share(share_of_roof)];
}

function share(value: number | null): Cell {
  if (value === null) return "–";
  const fill = h("span", { class: "fill" });
  fill.style.transform = `scaleX(${Math.min(1, value)})`;
  return h("span", { class: "share-bar" }, h("span", { class: "bar", "aria-hidden": "true" }, fill), h("span", { class: "number" }, percent(value)));
}
