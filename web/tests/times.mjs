/** target/web-tests/times.json: what the tests measured. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./paths.mjs";

/** Adds to it. */
export function keepTimes(times) {
  const file = join(folder(), "times.json");
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  writeFileSync(file, `${JSON.stringify({ ...kept, ...times }, null, 2)}\n`);
}

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The medians of every stage, of some analyses' times. */
export function medians(all) {
  return Object.fromEntries(Object.keys(all[0]).map((stage) => [stage, median(all.map((times) => times[stage]))]));
}

/** One line, in milliseconds. */
export function line(times) {
  return Object.entries(times).map(([stage, ms]) => `${stage} ${ms.toFixed(1)}`).join(", ");
}
