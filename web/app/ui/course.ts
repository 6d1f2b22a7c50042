/** What the timeline of a video shows: of each frame the five strongest labels, on the mean of its faces. */

import type { Analysis } from "../../src/index.js";
import { strongest } from "../export/summary.js";
import { percent } from "./format.js";
import type { Moment, Series } from "./timeline.js";

/** `at` is milliseconds since the first frame. */
export interface FrameMoment extends Moment {
  frame: number;
  bands: Float32Array | null;
}

export class Course implements Series<FrameMoment> {
  readonly longestGap = Infinity;
  readonly #labels: string[];
  readonly #moments: FrameMoment[] = [];
  /** Milliseconds; null where the file does not say. */
  #duration: number | null = null;

  constructor(labels: string[]) {
    this.#labels = labels;
  }

  /** `seconds`: the whole video's. */
  set duration(seconds: number | null) {
    this.#duration = seconds === null ? null : seconds * 1000;
  }

  /** A tenth of the whole. */
  get jump(): number {
    const [from, to] = this.span();
    return (to - from) / 10;
  }

  add(frame: number, timestamp: number, analysis: Analysis): void {
    this.#moments.push({ at: timestamp * 1000, analysis, frame, bands: bandsOf(analysis) });
  }

  all(): FrameMoment[] {
    return this.#moments;
  }

  span(): [from: number, to: number] {
    return [0, Math.max(1, this.#duration ?? 0, this.#moments.at(-1)?.at ?? 0)];
  }

  bands({ bands }: FrameMoment): Float32Array | null {
    return bands;
  }

  words({ at, frame, bands }: FrameMoment): { text: string; now: string } {
    const named = bands === null ? "no face" : strongest(bands).map((label) => `${this.#labels[label] ?? ""} ${percent(bands[label] ?? 0)}`).join(", ");
    return { text: `${(at / 1000).toFixed(2)} seconds, frame ${frame}: ${named}`, now: (at / 1000).toFixed(3) };
  }

  /** Seconds from a frame's time to its middle, as far as its neighbours tell. */
  middle(moment: FrameMoment): number {
    const at = this.#moments.indexOf(moment);
    const [a, b] = at + 1 < this.#moments.length ? [moment, this.#moments[at + 1]] : [this.#moments[at - 1], moment];
    return a === undefined || b === undefined || b.frame === a.frame ? 0.0005 : (b.at - a.at) / (b.frame - a.frame) / 2000;
  }

  /** The last moment at or before a time, in seconds. */
  before(timestamp: number): FrameMoment | null {
    // A millisecond more: containers round times.
    const at = timestamp * 1000 + 1;
    let [low, high] = [0, this.#moments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#moments[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return this.#moments[low - 1] ?? null;
  }
}

function bandsOf({ faces }: Analysis): Float32Array | null {
  const [first] = faces;
  if (first === undefined) return null;
  const mean = first.probabilities.map((_, label) => faces.reduce((sum, { probabilities }) => sum + (probabilities[label] ?? 0), 0) / faces.length);
  const kept = strongest(mean);
  return mean.map((value, label) => (kept.includes(label) ? value : 0));
}
