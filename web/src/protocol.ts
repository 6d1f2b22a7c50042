/** What the page and the worker say to each other. */

import type { BenchProgress, LoadProgress, MoueErrorCode } from "./types.js";

/** Where the work is to run. */
export interface Choice {
  /** The GPU that the browser gives, else the processor, where it is left out. */
  device: "gpu" | "cpu" | undefined;
  power: GPUPowerPreference | undefined;
  /** Tensors are to lie in f16, which the processor does not have. */
  f16: boolean;
}

export type Request =
  | { kind: "open"; model: ArrayBuffer; choice: Choice }
  | {
      kind: "analyze";
      width: number;
      height: number;
      rgba: ArrayBuffer;
      faces: "all" | "largest" | "none";
      oversample: boolean;
      pictures: boolean;
    }
  | { kind: "bench"; model: ArrayBuffer; choice: Choice; nets: string[]; batches: number[]; precisions: string[]; stopped: boolean }
  | { kind: "memory" }
  | { kind: "destroy" }
  /** Ends a benchmark after the network in hand; not answered. */
  | { kind: "stop" };

export interface Failure {
  code: MoueErrorCode;
  message: string;
}

export type Reply =
  | { kind: "done"; id: number; value: unknown }
  | { kind: "failed"; id: number; error: Failure }
  | { kind: "progress"; id: number; progress: LoadProgress | BenchProgress }
  /** The device was lost, and another one opened. */
  | { kind: "recovered"; error: Failure };
