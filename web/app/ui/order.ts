/** Faces in an order that stays from frame to frame: as they were met where they are followed, else from left to right, as they are seen. */

import type { Analysis, Face } from "../../src/index.js";

export function inOrder(analysis: Analysis, mirrored: boolean): Analysis {
  const sign = mirrored ? -1 : 1;
  const place = ({ box }: Face): number => sign * box.x;
  const before = (a: Face, b: Face): number => (a.track ?? 0) - (b.track ?? 0) || place(a) - place(b);
  return { ...analysis, faces: [...analysis.faces].sort(before) };
}
