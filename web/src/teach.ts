/** Those who teach, in the worker, by their numbers. */

import { type Engine, Teaching } from "./pkg/moue.js";
import type { Teach } from "./protocol.js";
import type { TeachProgress } from "./types.js";

/** What labels are taught on. */
export interface Ground {
  model: Uint8Array;
  /** What the model itself was taught on. */
  bases: Uint8Array[];
  embedding: Uint8Array | undefined;
}

const teachers = new Map<number, Teaching>();

export async function teach(engine: Engine, number: number, asked: Teach, ground: Ground, progress: (progress: TeachProgress) => void): Promise<unknown> {
  if (asked.of === "begin") {
    teachers.set(number, Teaching.begin(ground.model, asked.file, ground.bases, ground.embedding ?? new Uint8Array()));
    return undefined;
  }
  const teaching = teachers.get(number);
  if (teaching === undefined) throw { code: "stopped", message: "This teacher was disposed of: make another one." };
  switch (asked.of) {
    case "labels":
      break;
    case "add-label":
      teaching.add_label(asked.label);
      break;
    case "rename-label":
      teaching.rename_label(asked.label, asked.name);
      break;
    case "remove-label":
      teaching.remove_label(asked.label);
      break;
    case "remove":
      teaching.remove(asked.face);
      break;
    case "add": {
      const { label, name, together, taken, asked: wanted, width, height } = asked;
      const given = JSON.stringify({ label, name, together, taken, asked: wanted });
      const [pixels, head] = [new Uint8Array(asked.rgba), new Uint8Array(asked.head ?? [])];
      const { face, box, crop } = (await engine.collect(teaching, width, height, pixels, given, head)) as { face: number; box: string; crop: ImageData };
      return { face, box: JSON.parse(box) as unknown, crop };
    }
    case "teach": {
      const step = (done: number, all: number) => progress({ done, all });
      const { lesson, file } = (await engine.teach(teaching, JSON.stringify({ name: asked.name, same: asked.same }), step)) as { lesson: string; file: Uint8Array };
      return { ...(JSON.parse(lesson) as object), file };
    }
    case "end":
      teachers.delete(number);
      teaching.free();
      if (teachers.size === 0) engine.rest();
      return undefined;
  }
  return JSON.parse(teaching.labels()) as unknown;
}
