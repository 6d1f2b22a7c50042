import type { ActionUnitInfo } from "./actions.js";

/** The GPU, as the browser describes it, or the processor. */
export interface AdapterInfo {
  /** `cpu` for the processor. */
  name: string;
  /** `webgpu`, or `cpu` where no GPU is used. */
  backend: "webgpu" | "cpu";
  /** Of the processor, its vector instructions and threads. */
  driver: string;
  /** `discrete`, `integrated`, `cpu` (also of a GPU in software), or `other` where the browser does not say. */
  kind: string;
  /** Whether tensors can lie in f16. */
  f16: boolean;
  /** Bytes of the largest storage binding; of the processor none. */
  binding: number | null;
}

/** A member of the ensemble. */
export interface MemberInfo {
  name: string;
  /** What it reads of a face. */
  representation: string;
  /** Its share of the fused answer. */
  weight: number;
}

/** What is known of a model's file. */
export interface FileInfo {
  /** Bytes of its file. */
  bytes: number;
  /** SHA-256 of its file, in hexadecimal digits. */
  sha256: string;
  /** Whether it came out of the cache. */
  cached: boolean;
}

/** What is known of the model. */
export interface ModelInfo extends FileInfo {
  name: string;
  labels: string[];
  members: MemberInfo[];
  licence: string;
  source: string;
  card: string;
}

/** What is known of the model that finds faces. */
export interface FaceModelInfo extends FileInfo {
  name: string;
  licence: string;
  source: string;
}

/** What is known of the model of action units. */
export interface ActionModelInfo extends FileInfo {
  name: string;
  licence: string;
  source: string;
  card: string;
  /** What intensities go up to; null where it reads none. */
  intensity: number | null;
  /** All that it has labels for, in their order. */
  units: ActionUnitInfo[];
}

/** What the module holds now. */
export interface Memory {
  /** Bytes of the WebAssembly memory. */
  wasm: number;
}
