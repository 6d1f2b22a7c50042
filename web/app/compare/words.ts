/** What is said of a report, and numbers of any size. */

import { figure } from "../ui/format.js";
import type { Report, Span } from "./report.js";

/** A, B, ... Z: what a report is called in a column. */
export function letter(at: number): string {
  return at < 26 ? String.fromCharCode(65 + at) : String(at + 1);
}

/** Backend, driver, browser or system, day, versions: each where it is known. */
export function about({ backend, driver, os, browser, date, version, suite }: Report): string[] {
  const where = [browser ?? "", os].filter((word) => word !== "").join(", ");
  const native = backend === "webgpu" ? "a browser that is not named" : "system not named";
  return [
    backend,
    driver,
    where === "" ? native : where,
    date ?? "without a date",
    version === null ? "moue's version not named" : `moue ${version}`,
    suite ?? "no suite named",
  ].filter((word) => word !== "");
}

export function ceilings({ gflops, gbytes }: Report): string {
  const said = [gflops === null ? "" : `${figure(gflops)} GFLOP/s in f32`, gbytes === null ? "" : `${figure(gbytes)} GB/s`].filter((word) => word !== "");
  return said.length === 0 ? "" : `Ceilings: ${said.join(", ")}`;
}

/** Three digits, or two of what is small. */
export function short(value: number): string {
  return value >= 0.1 ? figure(value) : value.toPrecision(2);
}

export function times(ratio: number): string {
  return `${short(ratio)} ×`;
}

export function interval({ value, low, high }: Span): string {
  return `${short(value)} (${short(low)} to ${short(high)})`;
}

/** A, B and C. */
export function listed(words: string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}
