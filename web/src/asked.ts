/** Options, as the worker is told of them, and answers as who asked gets them. */

import type { Asked, Choice, Failure } from "./protocol.js";
import type { AdapterInfo, Analysis, AnalyzeOptions, FaceLines, FaceModelInfo, FileInfo, LoadOptions, ModelInfo } from "./types.js";

export const INSECURE = "Browsers give pages that are not from https: or localhost neither WebGPU nor checksums: open this page so.";

/** What the worker says of what it opened. */
export interface About {
  version: string;
  adapter: AdapterInfo;
  model: Omit<ModelInfo, keyof FileInfo>;
  faces: Omit<FaceModelInfo, keyof FileInfo> | null;
  lines: FaceLines;
  warning: Failure | null;
}

export function choiceOf({ device, power = "high-performance", precision }: LoadOptions): Choice {
  return { device, power, f16: precision === "f16" };
}

export function askedOf(options: AnalyzeOptions): Asked {
  const { faces = "all", find = "normal", minFace = null, minScore = null, landmarks = null, blendshapes = false, actions = false, embed = false, oversample = false } = options;
  return { faces, find, minFace, minScore, landmarks, blendshapes, actions, embed, oversample };
}

/** `start`: when taking its pixels began, which `took` so many milliseconds. */
export function timed(answer: Analysis, start: number, took: number): Analysis {
  return { ...answer, times: { ...answer.times, pixels: took, total: performance.now() - start } };
}

export function info({ bytes, sha256, cached }: FileInfo): FileInfo {
  return { bytes, sha256, cached };
}
