/** What the frames of a video say together: `moue.video/1`, as `moue analyze --json` ends a video. */

import type { Analysis } from "../../src/index.js";

/** Labels that are named. */
export const top = 5;

export class Summary {
  frames = 0;
  faces = 0;
  readonly #input: string;
  readonly #labels: string[];
  readonly #tracks = new Set<number>();
  readonly #chosen: number[];
  readonly #sums: number[];
  /** Of each action unit, in the order in which they are told, what its probabilities add up to and how often it is present; none were read before the first. */
  readonly #units = new Map<string, { sum: number; present: number }>();
  #acted = 0;
  /** Why the video could not be read to its end. */
  error: string | null = null;

  constructor(input: string, labels: string[]) {
    this.#input = input;
    this.#labels = labels;
    this.#chosen = labels.map(() => 0);
    this.#sums = labels.map(() => 0);
  }

  add({ faces }: Analysis): void {
    this.frames++;
    this.faces += faces.length;
    for (const { track, labelIndex, probabilities, actions } of faces) {
      if (track !== null) this.#tracks.add(track);
      this.#chosen[labelIndex] = (this.#chosen[labelIndex] ?? 0) + 1;
      if (actions !== undefined) this.#acted++;
      for (const [name, { probability, present }] of Object.entries(actions?.units ?? {})) {
        const known = this.#units.get(name) ?? { sum: 0, present: 0 };
        this.#units.set(name, { sum: known.sum + probability, present: known.present + Number(present) });
      }
      for (const [label, value] of probabilities.entries()) this.#sums[label] = (this.#sums[label] ?? 0) + value;
    }
  }

  get tracks(): number {
    return this.#tracks.size;
  }

  /** The mean of all faces, a label each. */
  means(): Float32Array {
    return Float32Array.from(this.#sums, (sum) => sum / Math.max(1, this.faces));
  }

  /** The action units that are most probable on the mean of all faces, and the share of the faces that show each. */
  units(): { unit: string; probability: number; present: number }[] {
    const often = [...this.#units].map(([unit, { sum, present }]) => ({ unit, probability: sum / this.#acted, present: present / this.#acted }));
    return often.sort((a, b) => b.probability - a.probability).slice(0, top);
  }

  /** One line. `actions`: action units were asked for. */
  json(actions: boolean): string {
    const means = this.#sums.map((sum) => sum / Math.max(1, this.faces));
    const named = (at: number): object => ({ label: this.#labels[at], probability: means[at] });
    const record = {
      schema: "moue.video/1",
      input: this.#input,
      frames: this.frames,
      faces: this.faces,
      tracks: this.tracks,
      shares: Object.fromEntries(this.#labels.map((label, at) => [label, (this.#chosen[at] ?? 0) / Math.max(1, this.faces)])),
      top: this.faces === 0 ? [] : strongest(means).map(named),
      ...(actions && { actions: this.units() }),
      error: this.error,
    };
    return `${JSON.stringify(record)}\n`;
  }
}

/** The positions of the five largest, the largest first. */
export function strongest(values: ArrayLike<number>): number[] {
  const order = Array.from(values, (_, at) => at).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  return order.slice(0, top);
}
