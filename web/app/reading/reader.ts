/** Who reads pictures: the engine in this browser, or the service that the page came from. */

import type { ActionModelInfo, Analysis, AnalyzeOptions, FaceLines, FileInfo, ModelInfo, Source } from "../../src/index.js";

/** What is known of a model, wherever its file is. */
export type KnownModel = Omit<ModelInfo, keyof FileInfo>;
/** The same of one of action units. */
export type KnownUnits = Omit<ActionModelInfo, keyof FileInfo>;

export interface Reader {
  readonly model: KnownModel;
  /** Null while none was needed, or where none is read. */
  readonly actions: KnownUnits | null;
  /** Null where no mesh can be drawn. */
  readonly lines: FaceLines | null;
  readonly adapter: { name: string; backend: string; kind: string; driver: string };
  analyze(source: Source, options?: AnalyzeOptions): Promise<Analysis>;
}

/** What is waited for each time anew, by `await`: it may be another one the next time. */
export interface Now<T> extends PromiseLike<T> {
  /** Why there may be none yet. */
  readonly waits: string;
}

/** A failure of who reads that is not the picture's: it may go better another time. */
export class ReadingError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "ReadingError";
  }
}

let now: Reader | null = null;

/** Who reads photographs and the webcam now; null before it is known. */
export function current(): Reader | null {
  return now;
}

export function read(by: Reader): void {
  now = by;
}

/** What is known of action units: every model of them has the same names. */
export function knownUnits(): KnownUnits | null {
  return window.moue?.actions ?? now?.actions ?? null;
}
