/** What a moment of a timeline looks like: shares stacked over each other, or a row a value. */

import { colour } from "./palette.js";

/** Half a pixel more, so that no seam shows between neighbours. */
const seam = 0.5;

/** A share a label, 0 for one that is not drawn. */
export function stacked(on: CanvasRenderingContext2D, shares: ArrayLike<number>, labels: string[], left: number, right: number): void {
  const { height } = on.canvas;
  let top = 0;
  for (let label = 0; label < shares.length; label++) {
    const value = shares[label] ?? 0;
    on.fillStyle = colour(labels[label] ?? "", label);
    on.fillRect(left, top * height, right - left + seam, value * height + seam);
    top += value;
  }
}

/** A row a value of 0 to 1, in the colour of what is lit: the fuller the stronger. */
export function rows(on: CanvasRenderingContext2D, values: number[], left: number, right: number): void {
  const each = on.canvas.height / Math.max(1, values.length);
  const gap = Math.max(1, Math.round(each / 12));
  on.fillStyle = getComputedStyle(on.canvas).getPropertyValue("--lit");
  for (const [row, value] of values.entries()) {
    on.globalAlpha = Math.min(1, Math.max(0, value));
    // Whole pixels, so that neighbours do not lie over each other.
    on.fillRect(Math.floor(left), row * each + gap / 2, Math.max(1, Math.floor(right) - Math.floor(left)), each - gap);
  }
  on.globalAlpha = 1;
}
