/** Boxes with numbers and labels, and landmarks, drawn on a picture. */

import type { Box, Face, FaceLines } from "../../src/index.js";
import { percent } from "./format.js";
import { drawMesh } from "./mesh.js";
import { colour, ink } from "./palette.js";

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

export function drawMarks(on: CanvasRenderingContext2D, faces: Face[], frame: Frame): void {
  const { lines } = frame;
  if (lines !== null) for (const face of faces) drawMesh(on, face, lines, colour(face.label, face.labelIndex), frame);
  for (const [at, face] of faces.entries()) {
    const share = percent(face.probabilities[face.labelIndex] ?? 0);
    const texts = [`${at + 1}  ${face.label} ${share}`, `${at + 1}  ${face.label}`, String(at + 1)];
    drawMark(on, face.box, faces.length === 1 ? texts.slice(0, 1) : texts, colour(face.label, face.labelIndex), frame);
  }
}

/** Writes the first of the texts that is not much wider than the box, so that neighbours do not cover one another. */
function drawMark(on: CanvasRenderingContext2D, box: Box, texts: string[], fill: string, frame: Frame): void {
  const { scale, density, mirrored } = frame;
  const [width, height] = [box.width * scale, box.height * scale];
  const x = mirrored ? on.canvas.width - box.x * scale - width : box.x * scale;
  const y = box.y * scale;

  const round = 4 * density;
  for (const [line, style] of [[5, "rgb(0 0 0 / 0.55)"], [3, fill]] as const) {
    on.lineWidth = line * density;
    on.strokeStyle = style;
    on.beginPath();
    on.roundRect(x, y, width, height, round);
    on.stroke();
  }

  const size = 13 * density;
  on.font = `600 ${size}px system-ui, sans-serif`;
  const room = width * 1.2;
  const text = texts.find((candidate) => on.measureText(candidate).width + size <= room) ?? texts.at(-1) ?? "";
  const tag = { width: on.measureText(text).width + size, height: size * 1.6 };
  const left = Math.max(0, Math.min(on.canvas.width - tag.width, x - 1.5 * density));
  const above = y - tag.height + density;
  const top = above >= 0 ? above : Math.max(0, y);
  on.fillStyle = fill;
  on.beginPath();
  on.roundRect(left, top, tag.width, tag.height, round);
  on.fill();
  on.fillStyle = ink(fill);
  on.textBaseline = "middle";
  on.fillText(text, left + size / 2, top + tag.height / 2);
}
