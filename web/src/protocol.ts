/** What the page and the worker say to each other. */

import type { BenchProgress, LoadProgress, MoueErrorCode } from "./types.js";

export type Request =
  | { kind: "open"; model: ArrayBuffer; power: GPUPowerPreference; precision: "f32" | "f16" }
  | {
      kind: "analyze";
      width: number;
      height: number;
      rgba: ArrayBuffer;
      faces: "all" | "largest" | "none";
      oversample: boolean;
      pictures: boolean;
    }
  | { kind: "bench"; model: ArrayBuffer; power: GPUPowerPreference; nets: string[]; batches: number[]; precisions: string[]; stopped: boolean }
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
