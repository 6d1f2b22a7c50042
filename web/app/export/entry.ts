/** What is exported of one picture. */

import type { Analysis } from "../../src/index.js";

export interface Entry {
  /** The file's name, or `webcam`. */
  input: string;
  analysis: Analysis | null;
  error: string | null;
  /** Of a webcam's frame: seconds since it was started. */
  seconds: number | null;
}
