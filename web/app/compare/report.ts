/** A report as a comparison reads it, of any version of `moue.bench/1`: fields that a later one adds are no obstacle, and an older one may lack some. */

import { clean, Fields, Wrong } from "./fields.js";

export { Wrong } from "./fields.js";

const schema = "moue.bench/1";
const writes = "`moue bench --json FILE` and the tab “Benchmark” write `moue.bench/1`";
/** Results of a report at most. */
const mostResults = 2_000;
const mostRemarks = 20;

export const parts = ["latency", "throughput", "memory", "end_to_end"] as const;

export interface Span {
  value: number;
  low: number;
  high: number;
}

export interface Score extends Span {
  reference: string;
  parts: Record<(typeof parts)[number], Span | null>;
}

/** One network at one batch and precision. */
export interface Entry {
  net: string;
  batch: number;
  precision: string;
  /** At the median. */
  ms: number;
  speed: number;
  low: number | null;
  high: number | null;
  steady: boolean | null;
  /** Of the time that the adapter's own ceilings would allow. */
  roof: number | null;
}

export interface Report {
  name: string;
  backend: string;
  driver: string;
  os: string;
  browser: string | null;
  date: string | null;
  version: string | null;
  suite: string | null;
  /** Layers whose kernels were chosen by measuring. */
  tuned: number;
  gflops: number | null;
  gbytes: number | null;
  entries: Entry[];
  /** How many measurements failed. */
  failed: number;
  remarks: string[];
  score: Score | null;
}

/** The report of a file's text. Throws `Wrong`, with the reason. */
export function parsed(text: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const first = firstRecord(text);
    if (first !== null) throw other(first);
    throw new Wrong(text.trim() === "" ? "it is empty" : `it is no JSON (${clean(error instanceof Error ? error.message : String(error)).slice(0, 120)})`);
  }
  return checked(value);
}

function checked(value: unknown): Report {
  const named = schemaOf(value);
  if (named === null) throw new Wrong(`it has no schema; ${writes}`);
  if (named !== schema) throw other(named);
  const report = new Fields(value, "");
  const adapter = report.object("adapter");
  const system = report.maybe("system", report.object);
  const peak = report.maybe("peak", report.object);
  const results = report.list("results");
  if (results.length === 0) throw new Wrong("its results are empty: nothing was measured");
  if (results.length > mostResults) throw new Wrong(`it has ${results.length.toLocaleString("en")} results, more than ${mostResults.toLocaleString("en")}`);
  const os = system === null ? [] : [system.maybe("os", system.text), system.maybe("os_version", system.text), system.maybe("arch", system.text)];
  return {
    name: adapter.text("name") || "an adapter without a name",
    backend: adapter.text("backend"),
    driver: adapter.maybe("driver", adapter.text) ?? "",
    os: os.filter((word) => word !== null && word !== "").join(" "),
    browser: system?.maybe("browser", system.text) ?? null,
    date: report.maybe("date", report.text),
    version: report.maybe("moue", report.text),
    suite: report.maybe("suite", report.text),
    tuned: report.maybe("tuned_layers", report.count) ?? 0,
    gflops: peak?.maybe("gflops_f32", peak.positive) ?? null,
    gbytes: peak?.maybe("gbytes_per_s", peak.positive) ?? null,
    entries: results.map((result, at) => entry(new Fields(result, `results[${at}]`))),
    failed: report.maybe("not_measured", report.list)?.length ?? 0,
    remarks: (report.maybe("remarks", report.list) ?? []).slice(0, mostRemarks).map((remark, at) => {
      if (typeof remark !== "string") throw new Wrong(`remarks[${at}] is no text`);
      return clean(remark).slice(0, 300);
    }),
    score: report.has("score") ? score(report.object("score")) : null,
  };
}

function entry(result: Fields): Entry {
  return {
    net: result.text("net"),
    batch: result.whole("batch"),
    precision: result.text("precision"),
    ms: result.positive("median_ms"),
    speed: result.positive("images_per_s"),
    low: result.maybe("low_ms", result.positive),
    high: result.maybe("high_ms", result.positive),
    steady: result.maybe("steady", result.truth),
    roof: result.maybe("share_of_roof", result.share),
  };
}

function score(of: Fields): Score {
  const found = of.maybe("parts", of.object);
  const part = (name: (typeof parts)[number]): Span | null => (found?.has(name) ? span(found.object(name)) : null);
  const reference = of.maybe("reference", of.said) ?? "";
  return { ...span(of), reference, parts: { latency: part("latency"), throughput: part("throughput"), memory: part("memory"), end_to_end: part("end_to_end") } };
}

function span(of: Fields): Span {
  return { value: of.positive("value"), low: of.positive("low"), high: of.positive("high") };
}

function schemaOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const found = (value as Record<string, unknown>)["schema"];
  return typeof found === "string" ? clean(found).slice(0, 60) : null;
}

/** The schema of a file with a record a line. */
function firstRecord(text: string): string | null {
  try {
    return schemaOf(JSON.parse(text.trimStart().slice(0, 1 << 20).split("\n", 1)[0] ?? ""));
  } catch {
    return null;
  }
}

function other(named: string): Wrong {
  const version = Number(/^moue\.bench\/(\d+)$/.exec(named)?.[1] ?? 0);
  if (version > 1) return new Wrong(`its schema is \`${named}\`, which is newer than this page: take the page of that moue`);
  return new Wrong(`its schema is \`${named}\`; ${writes}`);
}
