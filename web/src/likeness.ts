/** What is asked of vectors of faces, in the worker: by the processor, whatever the pictures are read on. */

import type { Engine } from "./pkg/moue.js";
import type { Likeness } from "./protocol.js";

export function likeness(engine: Engine, asked: Likeness): unknown {
  switch (asked.of) {
    case "neighbours":
      return JSON.parse(engine.neighbours(asked.query, asked.vectors, asked.k)) as unknown;
    case "groups":
      return JSON.parse(engine.groups(asked.vectors, asked.method, asked.k, asked.seed)) as unknown;
    case "map": {
      const places = engine.map(asked.vectors);
      return Array.from({ length: places.length / 2 }, (_, at) => [places[2 * at], places[2 * at + 1]]);
    }
    case "file":
      return engine.gallery(JSON.stringify(asked.written));
  }
}
