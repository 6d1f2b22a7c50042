export interface BenchOptions {
  /** Names of networks (`moue zoo`), `default`, `lbp`; what suits the adapter where it is left out, as `moue bench` does. */
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
  peak: { gflops_f32: number | null; gflops_f16_matrix: number | null; gbytes_per_s: number | null };
  results: BenchResult[];
  not_measured: { net: string; batch: number; precision: string; error: string }[];
  tuned_layers: number;
  peak_memory_kib: number | null;
  moue: string;
  date: string;
  /** The fixed list of measurements that it is of; reports of before have none. */
  suite?: string | null;
  system?: BenchSystem;
  /** What the data say of the run itself: other load, heat, clocks that rose. */
  remarks?: string[];
  score?: BenchScore | null;
}

export interface BenchSystem {
  os: string;
  arch: string;
  os_version: string | null;
  browser: string | null;
}

/** A figure and its confidence interval. */
export interface BenchSpan {
  value: number;
  low: number;
  high: number;
}

/** Geometric means of throughput relative to a reference report. */
export interface BenchScore extends BenchSpan {
  reference: string;
  parts: Record<"latency" | "throughput" | "memory" | "end_to_end", BenchSpan | null>;
  figures: { name: string; part: string; ratio: number; low: number; high: number }[];
}

export interface BenchResult {
  net: string;
  batch: number;
  precision: string;
  median_ms: number;
  min_ms: number;
  p90_ms: number;
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
  /** The confidence interval of the median. */
  low_ms?: number | null;
  high_ms?: number | null;
  /** Whether the interval became narrow before time was up. */
  steady?: boolean | null;
}
