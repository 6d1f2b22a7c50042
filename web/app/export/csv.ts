/** One line a face, as `moue analyze --csv` writes it; a webcam's frames also have the column `seconds`, those of a video file their number, times and tracks. */

import type { ModelInfo } from "../../src/index.js";
import type { Entry } from "./entry.js";
import { shortest } from "./number.js";

export function csv(entries: Entry[], { labels }: ModelInfo): string {
  const timed = entries.some(({ seconds }) => seconds !== null);
  const framed = entries.some(({ frame }) => frame !== undefined);
  const header = ["input", ...(framed ? ["frame", "pts", "timestamp", "track"] : []), "width", "height", "face", "x", "y", "w", "h", "score", "label", ...labels, "error"];
  if (timed) header.push("seconds");
  const lines = [header, ...entries.flatMap((entry) => rows(entry, labels, timed))];
  return lines.map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}

function rows({ input, analysis, error, seconds, frame }: Entry, labels: string[], timed: boolean): string[][] {
  const picture = (track: number | null): string[] => [
    input,
    ...(frame === undefined ? [] : [frame.frame, frame.pts, frame.timestamp, track ?? ""].map(String)),
    String(analysis?.width ?? ""),
    String(analysis?.height ?? ""),
  ];
  const end = timed ? [String(seconds ?? "")] : [];
  const faces = analysis?.faces ?? [];
  if (faces.length === 0) {
    return [[...picture(null), ...Array<string>(7 + labels.length).fill(""), error ?? "", ...end]];
  }
  return faces.map(({ box, score, track, label, probabilities }, at) => [
    ...picture(track),
    ...[at + 1, box.x, box.y, box.width, box.height].map(String),
    score === null ? "" : String(score),
    label,
    ...labels.map((_, position) => String(shortest(probabilities[position] ?? 0))),
    "",
    ...end,
  ]);
}

/** A cell as RFC 4180 writes it. */
function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
