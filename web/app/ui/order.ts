/** Faces from left to right, as they are seen: from frame to frame the best score moves, their places hardly do. */

import type { Analysis } from "../../src/index.js";

export function fromLeft(analysis: Analysis, mirrored: boolean): Analysis {
  const sign = mirrored ? -1 : 1;
  return { ...analysis, faces: [...analysis.faces].sort((a, b) => sign * (a.box.x - b.box.x)) };
}
