/** What the page and the worker say to each other. */

import type { AnalyzeOptions, BenchProgress, GroupOptions, LoadProgress, MoueErrorCode, Stream, TeachProgress, WrittenFaces } from "./types.js";

/** Where the work is to run. */
export interface Choice {
  /** The GPU that the browser gives, else the processor, where it is left out. */
  device: "gpu" | "cpu" | undefined;
  power: GPUPowerPreference | undefined;
  /** Tensors are to lie in f16, which the processor does not have. */
  f16: boolean;
}

/** What is wanted of a picture, all of it said. */
export interface Asked {
  faces: NonNullable<AnalyzeOptions["faces"]>;
  find: NonNullable<AnalyzeOptions["find"]>;
  minFace: number | null;
  minScore: number | null;
  landmarks: number | null;
  blendshapes: boolean;
  actions: boolean;
  embed: boolean;
  oversample: boolean;
}

/** What is asked of vectors of faces, 64 numbers each, one after the other. */
export type Likeness =
  | { of: "neighbours"; query: Float32Array; vectors: Float32Array; k: number }
  | { of: "groups"; vectors: Float32Array; method: NonNullable<GroupOptions["method"]>; k: number; seed: number }
  | { of: "map"; vectors: Float32Array }
  | { of: "file"; written: WrittenFaces };

/** What is asked of who teaches; all but `add`, `teach`, `begin` and `end` are answered by the labels. */
export type Teach =
  /** `file`: the name of the model's own file, where it has one. */
  | { of: "begin"; file: string | undefined }
  | { of: "labels" }
  | { of: "add-label"; label: string }
  | { of: "rename-label"; label: string; name: string }
  | { of: "remove-label"; label: string }
  | { of: "add"; label: string; name: string; together: string | null; taken: number | null; asked: Asked; width: number; height: number; rgba: ArrayBuffer; head: ArrayBuffer | null }
  | { of: "remove"; face: number }
  | { of: "teach"; name: string; same: string[] }
  | { of: "end" };

export type Request =
  /** Fetches and compiles what "open" needs. */
  | { kind: "code" }
  /** Without `faces` nothing finds faces. `bases`: what the model was taught on, of a taught one. */
  | { kind: "open"; model: ArrayBuffer; bases: ArrayBuffer[]; faces: ArrayBuffer | null; choice: Choice }
  /** The model that finds faces from now on. */
  | { kind: "faces"; faces: ArrayBuffer }
  /** The model that reads action units from now on. */
  | { kind: "actions"; actions: ArrayBuffer }
  /** The model that embeds faces from now on. */
  | { kind: "embedding"; embedding: ArrayBuffer }
  | { kind: "likeness"; asked: Likeness }
  | { kind: "teach"; teacher: number; asked: Teach }
  | {
      kind: "analyze";
      width: number;
      height: number;
      rgba: ArrayBuffer;
      asked: Asked;
      /** Of a frame of a video. */
      stream: Stream | null;
      /** Answered by the frames of the stream that are whole now; else by a list of one. */
      later: boolean;
      pictures: boolean;
      explain: boolean;
    }
  /** Answered by the frames of a stream that are not told yet: there come no more. */
  | { kind: "finish"; stream: string }
  /** Forgets a stream; not answered. */
  | { kind: "leave"; stream: string }
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
  | { kind: "progress"; id: number; progress: LoadProgress | BenchProgress | TeachProgress }
  /** The device was lost, and another one opened. */
  | { kind: "recovered"; error: Failure };
