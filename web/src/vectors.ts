/** What a Moue answers about vectors of faces, which are checked before they are sent to the worker. */

import { MoueError } from "./types.js";
import type { Likeness } from "./protocol.js";
import type { Group, GroupOptions, Neighbour, Vector, WrittenFaces } from "./types.js";

const numbers = 64;

export abstract class Vectors {
  /** Asks the worker. */
  protected abstract likeness<T>(asked: () => Likeness): Promise<T>;

  /**
   * The `k` of `vectors` that are nearest to `query`, nearest first, equally near ones by their position. It and what follows runs on the processor.
   *
   * @throws {MoueError} `bad-argument` where a vector has not 64 finite numbers, or `k` is no whole number.
   */
  neighbours(query: Vector, vectors: Vector[], k = 16): Promise<Neighbour[]> {
    return this.likeness(() => ({ of: "neighbours", query: flat([query]), vectors: flat(vectors), k: position("k", k) }));
  }

  /** `vectors` in groups, the largest first. Throws as `neighbours`. */
  groups(vectors: Vector[], { method = "kmeans", k = 8, seed = 0 }: GroupOptions = {}): Promise<Group[]> {
    return this.likeness(() => ({ of: "groups", vectors: flat(vectors), method, k: position("k", k), seed: position("seed", seed) }));
  }

  /** A map (t-SNE) on which like faces lie near each other: x and y of each of up to 10,000. Nothing is drawn by lot, so there is no seed. Throws as `neighbours`. */
  map(vectors: Vector[]): Promise<[x: number, y: number][]> {
    return this.likeness(() => ({ of: "map", vectors: flat(vectors) }));
  }

  /** `faces.safetensors`, which `moue search`, `groups` and `map` read. Faces were embedded before, by this Moue. */
  facesFile(written: WrittenFaces): Promise<Uint8Array<ArrayBuffer>> {
    return this.likeness(() => ({ of: "file", written }));
  }
}

/** One after the other. */
function flat(vectors: Vector[]): Float32Array {
  const all = new Float32Array(numbers * vectors.length);
  for (const [at, vector] of vectors.entries()) {
    if (vector.length !== numbers) throw new MoueError("bad-argument", `Vector ${at} has ${vector.length} numbers: an embedding has ${numbers}.`);
    all.set(vector, numbers * at);
  }
  return all;
}

/** A whole number that WebAssembly takes. */
function position(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw new MoueError("bad-argument", `${name} is ${value}: a whole number, 0 or more.`);
}
