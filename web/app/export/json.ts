/** `moue.analyze/1`: one line a picture, as `moue analyze --json` writes it; a webcam's frame also has `seconds`. */

import type { Face, ModelInfo } from "../../src/index.js";
import type { Entry } from "./entry.js";
import { shortest } from "./number.js";

export function jsonLines(entries: Entry[], model: ModelInfo): string {
  return entries.map((entry) => `${JSON.stringify(record(entry, model))}\n`).join("");
}

function record({ input, analysis, error, seconds }: Entry, model: ModelInfo): object {
  return {
    schema: "moue.analyze/1",
    input,
    width: analysis?.width ?? null,
    height: analysis?.height ?? null,
    faces: analysis?.faces.map((found) => face(found, model)) ?? [],
    error,
    ...(seconds === null ? {} : { seconds }),
  };
}

function face({ box, score, track, pose, eyes, mouth, label, probabilities, members }: Face, { labels, members: known }: ModelInfo): object {
  const named = (values: Float32Array): object =>
    Object.fromEntries(labels.map((name, at) => [name, shortest(values[at] ?? 0)]));
  return {
    box: [box.x, box.y, box.width, box.height],
    score,
    ...(track !== null && { track }),
    // Of a whole picture there are none.
    ...(pose && { pose }),
    ...(eyes && { eyes }),
    ...(mouth !== null && { mouth }),
    label,
    probabilities: named(probabilities),
    members: members.map((values, at) => ({
      name: known[at]?.name ?? "",
      label: labels[values.indexOf(Math.max(...values))] ?? "",
      probabilities: named(values),
    })),
  };
}
