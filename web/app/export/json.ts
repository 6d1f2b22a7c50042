/** `moue.analyze/1`: one line a picture, as `moue analyze --json` writes it; a webcam's frame also has `seconds`; a video file's is a `moue.frame/1`. */

import type { Face } from "../../src/index.js";
import type { KnownModel } from "../reading/reader.js";
import type { Entry } from "./entry.js";
import { shortest } from "./number.js";

export function jsonLines(entries: Entry[], model: KnownModel): string {
  return entries.map((entry) => `${JSON.stringify(record(entry, entry.model ?? model))}\n`).join("");
}

function record({ input, analysis, error, seconds, frame }: Entry, model: KnownModel): object {
  return {
    schema: frame === undefined ? "moue.analyze/1" : "moue.frame/1",
    input,
    ...frame,
    width: analysis?.width ?? null,
    height: analysis?.height ?? null,
    faces: analysis?.faces.map((found) => face(found, model)) ?? [],
    error,
    ...(seconds === null ? {} : { seconds }),
  };
}

function face({ box, score, track, pose, eyes, mouth, actions, embedding, label, unsure, probabilities, members }: Face, { labels, members: known }: KnownModel): object {
  const named = (values: Float32Array): object =>
    Object.fromEntries(labels.map((name, at) => [name, shortest(values[at] ?? 0)]));
  return {
    ...(track !== null && { track }),
    box: [box.x, box.y, box.width, box.height],
    score,
    // Of a whole picture there are none.
    ...(pose && { pose }),
    ...(eyes && { eyes }),
    ...(mouth !== null && { mouth }),
    ...(actions && { actions }),
    ...(embedding && { embedding: Array.from(embedding, shortest) }),
    label,
    unsure,
    probabilities: named(probabilities),
    members: members.map((values, at) => ({
      name: known[at]?.name ?? "",
      label: labels[values.indexOf(Math.max(...values))] ?? "",
      probabilities: named(values),
    })),
  };
}
