/** How a picture lies on the canvas that is drawn over it. */

import type { FaceLines } from "../../src/index.js";

export interface Frame {
  /** Pixels of the canvas for one of the picture. */
  scale: number;
  /** Pixels of the canvas for one of the page. */
  density: number;
  /** Whether the picture is shown as in a mirror. */
  mirrored: boolean;
  /** Lines between landmarks, where they are drawn too. */
  lines: FaceLines | null;
}
