/** Boxes and landmarks over the live video. */

import type { Analysis, FaceLines } from "../../src/index.js";
import { context } from "./dom.js";
import { drawMarks } from "./marks.js";

export function drawOverlay(canvas: HTMLCanvasElement, analysis: Analysis | null, mirrored: boolean, lines: FaceLines | null): void {
  const density = window.devicePixelRatio;
  canvas.width = Math.round(canvas.clientWidth * density);
  canvas.height = Math.round(canvas.clientHeight * density);
  if (analysis === null) return;
  drawMarks(context(canvas), analysis.faces, { scale: canvas.width / analysis.width, density, mirrored, lines });
}
