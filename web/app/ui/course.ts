/** What the timeline of a video shows, on the mean of each frame's faces: the five strongest labels, or the action units that are strong in any frame, a row each. */

import type { ActionModelInfo, Analysis } from "../../src/index.js";
import { strongest } from "../export/summary.js";
import { rows, stacked } from "./columns.js";
import { percent } from "./format.js";
import type { Moment, Series } from "./timeline.js";
import { meanStrengths } from "./units.js";

/** Rows at most, and how strong a unit gets at least to have one. */
const mostRows = 10;
const leastStrength = 0.15;

/** An action unit that has a row. */
export interface Row {
  name: string;
  /** What one sees. */
  words: string;
  /** Its place among the model's. */
  at: number;
}

/** `at` is milliseconds since the first frame. */
export interface FrameMoment extends Moment {
  frame: number;
  bands: Float32Array | null;
  /** How strong each unit is; null where none was read. */
  strengths: Float32Array | null;
}

export class Course implements Series<FrameMoment> {
  readonly longestGap = Infinity;
  readonly #labels: string[];
  readonly #moments: FrameMoment[] = [];
  /** How strong each unit gets. */
  #most = new Float32Array();
  #model: ActionModelInfo | null = null;
  #rows: Row[] = [];
  /** Action units are shown instead of labels. */
  units = false;
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

  /** `model`: that of action units, where they are read. */
  add(frame: number, timestamp: number, analysis: Analysis, model: ActionModelInfo | null): void {
    const strengths = model && meanStrengths(analysis.faces, model);
    this.#moments.push({ at: timestamp * 1000, analysis, frame, bands: bandsOf(analysis), strengths });
    if (model === null || strengths === null) return;
    this.#model = model;
    this.#most = strengths.map((value, at) => Math.max(value, this.#most[at] ?? 0));
    this.#rows = this.#chosen(model);
  }

  /** Those of the units that have a row, from the brows down. */
  get rows(): Row[] {
    return this.#rows;
  }

  #chosen({ units }: ActionModelInfo): Row[] {
    const order = Array.from(this.#most.keys()).sort((a, b) => (this.#most[b] ?? 0) - (this.#most[a] ?? 0));
    const strong = order.slice(0, mostRows).filter((at) => (this.#most[at] ?? 0) >= leastStrength);
    const kept = strong.map((at) => ({ name: units[at]?.name ?? "", words: units[at]?.words ?? units[at]?.name ?? "", at }));
    // FACS numbers them from the brows to the mouth, and then the eyes.
    return kept.sort((a, b) => a.name.localeCompare(b.name));
  }

  all(): FrameMoment[] {
    return this.#moments;
  }

  span(): [from: number, to: number] {
    return [0, Math.max(1, this.#duration ?? 0, this.#moments.at(-1)?.at ?? 0)];
  }

  column(on: CanvasRenderingContext2D, { bands, strengths }: FrameMoment, left: number, right: number): void {
    if (this.units) rows(on, strengths === null ? [] : this.#rows.map(({ at }) => strengths[at] ?? 0), left, right);
    else if (bands !== null) stacked(on, bands, this.#labels, left, right);
  }

  words(moment: FrameMoment): { text: string; now: string } {
    const { at, frame } = moment;
    return { text: `${(at / 1000).toFixed(2)} seconds, frame ${frame}: ${this.units ? this.#unitWords(moment) : this.#labelWords(moment)}`, now: (at / 1000).toFixed(3) };
  }

  #labelWords({ bands }: FrameMoment): string {
    return bands === null ? "no face" : strongest(bands).map((label) => `${this.#labels[label] ?? ""} ${percent(bands[label] ?? 0)}`).join(", ");
  }

  /** Intensities. */
  #unitWords({ bands, strengths }: FrameMoment): string {
    if (strengths === null) return bands === null ? "no face" : "no action units";
    return strongest(strengths).map((at) => `${this.#model?.units[at]?.words ?? ""} ${percent(strengths[at] ?? 0)}`).join(", ");
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
