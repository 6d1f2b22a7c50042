/** A logarithmic axis, since adapters differ by orders of magnitude. */

export class Axis {
  readonly #low: number;
  readonly #high: number;

  /** Holds all `values` between two of 1, 2 and 5 times a power of ten. */
  constructor(values: number[]) {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const steps = values.length === 0 ? [0.5, 2] : [below(least), above(most)];
    const [low = 0.5, high = 2] = steps;
    [this.#low, this.#high] = low < high ? [low, high] : [low / 2, high * 2];
  }

  /** From 0 to 1. */
  place(value: number): number {
    return Math.log(value / this.#low) / Math.log(this.#high / this.#low);
  }

  /** So many at most; powers of ten where 1, 2 and 5 are too many. */
  ticks(most: number): number[] {
    const all = steps(this.#low, this.#high);
    if (all.length <= most) return all;
    const tens = all.filter((value) => Number.isInteger(round(Math.log10(value))));
    const each = Math.ceil(tens.length / most);
    return tens.filter((value) => round(Math.log10(value)) % each === 0);
  }
}

function steps(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of [1, 2, 5]) {
      const value = Number(`${factor}e${power}`);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) found.push(value);
    }
  }
  return found;
}

function below(value: number): number {
  return steps(value / 10, value).at(-1) ?? value;
}

function above(value: number): number {
  return steps(value, value * 10)[0] ?? value;
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
