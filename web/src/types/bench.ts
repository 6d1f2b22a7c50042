export interface BenchOptions {
  /** Names of networks (`moue zoo`), `default`, `lbp`; the fixed suite `moue.suite/1` where nets, batches and precisions are left out, as `moue bench` does. */
  nets?: string[];
  /** Images answered together. */
  batches?: number[];
  precisions?: ("f32" | "f16")[];
  /** Ends it after the network in hand. */
  signal?: AbortSignal;
  onProgress?: (progress: BenchProgress) => void;
}

export interface BenchProgress {
  /** What is being measured, or was found. */
  message: string;
  /** Networks done, of all. */
  done: number;
  all: number;
}

/** `moue.bench/1`: the file that `moue bench --json` writes. */
export interface BenchReport {
  schema: "moue.bench/1";
  adapter: { name: string; backend: string; driver: string };
  /** What it ran on beside the adapter, and nothing about who uses it. Reports of older versions lack this and what says so below. */
  system: BenchSystem;
  /** `moue.suite/1` where the fixed suite was run, which is where no networks, batches and precisions were asked for; older reports lack it. */
  suite: string | null;
  /** Whether the suite had a third of its time; older reports lack it. */
  quick: boolean;
  peak: { gflops_f32: number | null; gflops_f16_matrix: number | null; gbytes_per_s: number | null };
  /** One number for the machine, of the suite: the reference has 100; older reports lack it. */
  score: BenchScore | null;
  results: BenchResult[];
  not_measured: { net: string; batch: number; precision: string; error: string }[];
  /** What was noticed that a reader should know, as sentences; older reports lack it. */
  remarks: string[];
  tuned_layers: number;
  peak_memory_kib: number | null;
  moue: string;
  date: string;
}

export interface BenchSystem {
  os: string;
  arch: string;
  os_version: string | null;
  browser: string | null;
}

/** A value and its 95 % confidence interval. */
export interface BenchValue {
  value: number;
  low: number;
  high: number;
}

/** The geometric mean of how many times as fast as the reference each figure of the suite is, times 100. */
export interface BenchScore extends BenchValue {
  /** The report of the repository whose score is 100. */
  reference: string;
  parts: Record<"latency" | "throughput" | "memory" | "end_to_end", BenchValue | null>;
  /** `name`: network, precision and batch. */
  figures: { name: string; part: string; ratio: number; low: number; high: number }[];
}

export interface BenchResult {
  net: string;
  batch: number;
  precision: string;
  median_ms: number;
  min_ms: number;
  p90_ms: number;
  /** Where the median lies with a confidence of 95 %; `null` of fewer than 6 repeats, and not in older reports. */
  low_ms: number | null;
  high_ms: number | null;
  /** Whether half of that interval is within 3 % of the median. */
  steady: boolean;
  upload_ms: number | null;
  compute_ms: number | null;
  readback_ms: number | null;
  images_per_s: number;
  gflops: number | null;
  /** Operations of the batch, in 10^9, where every convolution is computed directly, whatever computed it. */
  direct_gflop: number | null;
  share_of_roof: number | null;
  gbytes_per_s: number | null;
  first_ms: number;
  repeats: number;
  images_a_submission: number | null;
  pipelines: number | null;
  dispatches: number | null;
  slab_bytes: number | null;
}
