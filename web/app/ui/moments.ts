/** What the webcam's timeline remembers: the last 60 seconds, with small copies of their frames. */

import type { Analysis, Face } from "../../src/index.js";
import { pixelsOf } from "../../src/pixels.js";
import { stacked } from "./columns.js";
import { percent } from "./format.js";
import { Ring } from "./ring.js";
import type { Moment, Series } from "./timeline.js";

/** Seconds that are shown. */
const span = 60;
/** Milliseconds between two moments at least: so that 60 seconds are 600 small frames at most. */
const apart = 100;
const widest = 320;

/** `at` is milliseconds, as of `performance.now()`. */
export interface LiveMoment extends Moment {
  /** The frame, as JPEG. */
  frame: Blob;
}

export class Moments implements Series<LiveMoment> {
  readonly longestGap = 1500;
  readonly jump = 5000;
  /** The model's. */
  labels: string[] = [];
  readonly #ring = new Ring<LiveMoment>((span * 1000) / apart);
  readonly #canvas = new OffscreenCanvas(widest, widest);
  #last = -Infinity;

  /** A small copy of what the video shows now; null where the last one is too near. */
  snapshot(video: HTMLVideoElement, at: number): Promise<Blob> | null {
    if (at - this.#last < apart || video.videoWidth === 0) return null;
    this.#last = at;
    return this.#shrunk(pixelsOf(video));
  }

  /** Of pixels: a video that is drawn to a canvas costs Chromium a frame's memory each time. */
  async #shrunk(taken: ReturnType<typeof pixelsOf>): Promise<Blob> {
    const { width, height, data } = await taken;
    const shrink = Math.min(1, widest / width);
    const size = { resizeWidth: Math.round(width * shrink), resizeHeight: Math.max(1, Math.round(height * shrink)) };
    const bitmap = await createImageBitmap(new ImageData(data, width, height), size);
    this.#canvas.width = bitmap.width;
    this.#canvas.height = bitmap.height;
    this.#canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return this.#canvas.convertToBlob({ type: "image/jpeg", quality: 0.7 });
  }

  add(moment: LiveMoment): void {
    this.#ring.push(moment);
  }

  /** Those of the last 60 seconds, oldest first. */
  all(): LiveMoment[] {
    const moments = this.#ring.all();
    const end = moments.at(-1)?.at ?? 0;
    return moments.filter(({ at }) => end - at <= span * 1000);
  }

  span(): [from: number, to: number] {
    const end = this.#ring.all().at(-1)?.at ?? 0;
    return [end - span * 1000, end];
  }

  /** Of the largest face. */
  column(on: CanvasRenderingContext2D, { analysis }: LiveMoment, left: number, right: number): void {
    const face = largest(analysis);
    if (face !== null) stacked(on, face.probabilities, this.labels, left, right);
  }

  words({ at, analysis }: LiveMoment): { text: string; now: string } {
    const face = largest(analysis);
    const seconds = (this.span()[1] - at) / 1000;
    const answer = face === null ? "no face" : `${face.label} ${percent(face.probabilities[face.labelIndex] ?? 0)}`;
    return { text: `${seconds.toFixed(1)} seconds before the last frame: ${answer}`, now: (-seconds).toFixed(1) };
  }

  clear(): void {
    this.#ring.clear();
    this.#last = -Infinity;
  }
}

/** The face whose box is largest. */
function largest(analysis: Analysis): Face | null {
  const area = ({ box }: Face): number => box.width * box.height;
  return analysis.faces.reduce<Face | null>((most, face) => (most === null || area(face) > area(most) ? face : most), null);
}
