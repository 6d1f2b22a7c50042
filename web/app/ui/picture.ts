/** A picture with its boxes and landmarks on a canvas, as sharp as the display. */

import type { Analysis, FaceLines } from "../../src/index.js";
import { context, h } from "./dom.js";
import { drawMarks } from "./marks.js";

/** Height that a picture has at most, in pixels of the page. */
const tallest = 520;
/** A side that is kept at most: sharp on any display, and memory stays small. */
const longest = 1600;

export class Picture {
  readonly canvas = h("canvas", { role: "img", class: "picture" });
  readonly #observer = new ResizeObserver(() => this.#draw());
  #bitmap: ImageBitmap | null = null;
  #analysis: Analysis | null = null;
  #lines: FaceLines | null = null;
  #gone = false;

  constructor(name: string) {
    this.canvas.setAttribute("aria-label", name);
    this.#observer.observe(this.canvas);
  }

  /** Shows a file, and says whether it could: what the browser cannot decode stays blank. */
  async load(file: Blob): Promise<boolean> {
    const full = await createImageBitmap(file).catch(() => null);
    if (full === null) return false;
    if (this.#gone) {
      full.close();
      return false;
    }
    const bitmap = await shrunk(full);
    if (this.#gone) {
      bitmap.close();
      return false;
    }
    this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.#draw();
    return true;
  }

  mark(analysis: Analysis, description: string): void {
    this.#analysis = analysis;
    this.canvas.setAttribute("aria-label", description);
    this.#draw();
  }

  /** Draws these lines between landmarks too, or none. */
  lines(lines: FaceLines | null): void {
    this.#lines = lines;
    this.#draw();
  }

  dispose(): void {
    this.#gone = true;
    this.#observer.disconnect();
    this.#bitmap?.close();
    this.#bitmap = null;
  }

  #draw(): void {
    const bitmap = this.#bitmap;
    if (bitmap === null) return;
    this.canvas.style.maxWidth = `${Math.round((tallest * bitmap.width) / bitmap.height)}px`;
    this.canvas.style.aspectRatio = `${bitmap.width} / ${bitmap.height}`;
    if (this.canvas.clientWidth === 0) return;
    const density = window.devicePixelRatio;
    this.canvas.width = Math.round(this.canvas.clientWidth * density);
    this.canvas.height = Math.round((this.canvas.width * bitmap.height) / bitmap.width);
    const on = context(this.canvas);
    on.imageSmoothingQuality = "high";
    on.drawImage(bitmap, 0, 0, this.canvas.width, this.canvas.height);
    if (this.#analysis === null) return;
    drawMarks(on, this.#analysis.faces, { scale: this.canvas.width / this.#analysis.width, density, mirrored: false, lines: this.#lines });
  }
}

/** A smaller copy in place of a large bitmap; the bitmap itself where the browser can make none. */
async function shrunk(full: ImageBitmap): Promise<ImageBitmap> {
  const shrink = longest / Math.max(full.width, full.height);
  if (shrink >= 1) return full;
  const size = { resizeWidth: Math.max(1, Math.round(full.width * shrink)), resizeHeight: Math.max(1, Math.round(full.height * shrink)) };
  const small = await createImageBitmap(full, { ...size, resizeQuality: "high" }).catch(() => null);
  if (small === null) return full;
  full.close();
  return small;
}
