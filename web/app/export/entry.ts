/** What is exported of one picture, or of one frame. */

import type { Analysis } from "../../src/index.js";
import type { KnownModel } from "../reading/reader.js";

export interface Entry {
  /** The file's name, or `webcam`. */
  input: string;
  analysis: Analysis | null;
  error: string | null;
  /** Whose answer it is, where others may have answered too. */
  model?: KnownModel;
  /** Of a webcam's frame: seconds since it was started. */
  seconds: number | null;
  /** Of a video file's frame. */
  frame?: FrameTime;
}

/** Which frame of a video file it is. */
export interface FrameTime {
  /** From 0. */
  frame: number;
  /** Steps of the file's own clock. */
  pts: number;
  /** Seconds since the first frame. */
  timestamp: number;
}
