/** Boxes with numbers and labels, and landmarks, drawn on a picture. */

import type { Box, Face } from "../../src/index.js";
import { percent } from "./format.js";
import type { Frame } from "./frame.js";
import { drawMesh } from "./mesh.js";
import { colour, ink, person } from "./palette.js";

export function drawMarks(on: CanvasRenderingContext2D, faces: Face[], frame: Frame): void {
  const { lines } = frame;
  if (lines !== null) for (const face of faces) drawMesh(on, face, lines, colour(face.label, face.labelIndex), frame);
  for (const [at, face] of faces.entries()) {
    const share = percent(face.probabilities[face.labelIndex] ?? 0);
    const texts = [`${face.label} ${share}`, face.label, ""];
    const fill = colour(face.label, face.labelIndex);
    const own = face.track === null ? fill : person(face.track);
    drawMark(on, face.box, String(numberOf(face, at)), faces.length === 1 ? texts.slice(0, 1) : texts, [own, fill], frame);
  }
}

/** The number that a face is shown by: of who is followed, else its place among all. */
export function numberOf({ track }: Face, at: number): number {
  return (track ?? at) + 1;
}

/** Writes the number, and the first of the texts that is not much wider than the box, so that neighbours do not cover one another. */
function drawMark(on: CanvasRenderingContext2D, box: Box, number: string, texts: string[], [own, fill]: [string, string], frame: Frame): void {
  const { scale, density, mirrored } = frame;
  const [width, height] = [box.width * scale, box.height * scale];
  const x = mirrored ? on.canvas.width - box.x * scale - width : box.x * scale;
  const y = box.y * scale;

  const round = 4 * density;
  for (const [line, style] of [[5, "rgb(0 0 0 / 0.55)"], [3, own]] as const) {
    on.lineWidth = line * density;
    on.strokeStyle = style;
    on.beginPath();
    on.roundRect(x, y, width, height, round);
    on.stroke();
  }

  const size = 13 * density;
  on.font = `600 ${size}px system-ui, sans-serif`;
  on.textBaseline = "middle";
  const chip = (text: string): number => (text === "" ? 0 : on.measureText(text).width + size);
  const first = chip(number);
  const text = texts.find((candidate) => first + chip(candidate) <= width * 1.2) ?? texts.at(-1) ?? "";
  const second = chip(text);
  const tall = size * 1.6;
  const left = Math.max(0, Math.min(on.canvas.width - first - second, x - 1.5 * density));
  const above = y - tall + density;
  const top = above >= 0 ? above : Math.max(0, y);
  const draw = (words: string, from: number, wide: number, style: string, corners: number[]): void => {
    if (wide === 0) return;
    on.fillStyle = style;
    on.beginPath();
    on.roundRect(from, top, wide, tall, corners);
    on.fill();
    on.fillStyle = ink(style);
    on.fillText(words, from + size / 2, top + tall / 2);
  };
  // A pixel further, so that no seam shows where both have one colour.
  draw(number, left, first + (second === 0 ? 0 : 1), own, second === 0 ? [round] : [round, 0, 0, round]);
  draw(text, left + first, second, fill, [0, round, round, 0]);
}
