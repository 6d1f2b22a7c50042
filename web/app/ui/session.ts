/** One run of the webcam: the newest frame is read, those that come meanwhile are dropped. */

import type { Analysis, AnalyzeOptions } from "../../src/index.js";
import type { Reader } from "../reading/reader.js";
import { nextFrame } from "./frames.js";

export interface Reading {
  analysis: Analysis;
  /** Milliseconds, as of `performance.now()`, at which the frame was taken. */
  at: number;
  /** A small copy of the frame, where one was taken. */
  frame: Promise<Blob> | null;
}

export interface SessionOptions {
  reader: Reader;
  video: HTMLVideoElement;
  signal: AbortSignal;
  /** What is wanted of the frame taken now, in milliseconds as of `performance.now()`. */
  options: (at: number) => AnalyzeOptions;
  /** Copies the frame that is about to be read. */
  snapshot: (at: number) => Promise<Blob> | null;
  onReading: (reading: Reading) => void;
}

/** Ends with the signal; rejects where a frame cannot be read. */
export async function runSession({ reader, video, signal, options, snapshot, onReading }: SessionOptions): Promise<void> {
  for (;;) {
    await nextFrame(video, signal);
    if (signal.aborted) return;
    if (video.videoWidth === 0) continue;
    const at = performance.now();
    const frame = snapshot(at);
    // What comes after the end is nobody's any more.
    frame?.catch(() => undefined);
    let analysis: Analysis;
    try {
      analysis = await reader.analyze(video, options(at));
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    if (signal.aborted) return;
    onReading({ analysis, at, frame });
  }
}
