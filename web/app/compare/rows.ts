/** The results of several reports, those of the same measurement together. */

import type { Entry, Report } from "./report.js";

/** One measurement in every report; null where it was not made. */
export interface Row {
  net: string;
  batch: number;
  precision: string;
  entries: (Entry | null)[];
}

/** Which rows are shown; null is all. */
export interface Filter {
  batch: number | null;
  precision: string | null;
  /** Reports that have to have measured it. */
  least: number;
}

/** What any report has: in the order of the first that does, a network's together. */
export function rowsOf(reports: Report[]): Row[] {
  const nets = new Map<string, Map<string, Row>>();
  for (const [at, { entries }] of reports.entries()) {
    for (const entry of entries) {
      const { net, batch, precision } = entry;
      const of = nets.get(net) ?? new Map<string, Row>();
      nets.set(net, of);
      const key = `${precision} ${batch}`;
      const row = of.get(key) ?? { net, batch, precision, entries: reports.map(() => null) };
      of.set(key, row);
      // Of what a report has twice the first counts.
      row.entries[at] ??= entry;
    }
  }
  const order = (a: Row, b: Row): number => b.precision.localeCompare(a.precision, "en") || a.batch - b.batch;
  return [...nets.values()].flatMap((of) => [...of.values()].sort(order));
}

export function kept(rows: Row[], { batch, precision, least }: Filter): Row[] {
  return rows.filter((row) => (batch === null || row.batch === batch) && (precision === null || row.precision === precision) && measured(row) >= least);
}

/** In how many reports it is. */
export function measured({ entries }: Row): number {
  return entries.filter((entry) => entry !== null).length;
}

/** How many times as fast as the base a report is; null where one of them did not measure it. */
export function ratio({ entries }: Row, at: number, base: number): number | null {
  const [own, first] = [entries[at], entries[base]];
  return own && first ? own.speed / first.speed : null;
}
