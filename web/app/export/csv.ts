/** One line a face, as `moue analyze --csv` writes it; a webcam's frames also have the column `seconds`, those of a video file their number, times and tracks. */

import type { KnownModel, KnownUnits } from "../reading/reader.js";
import type { Entry } from "./entry.js";
import { shortest } from "./number.js";

/** `actions`: the model of action units, where they were read of any. */
export function csv(entries: Entry[], model: KnownModel, actions: KnownUnits | null): string {
  const labels = [...new Set(entries.flatMap((entry) => (entry.model ?? model).labels))];
  const timed = entries.some(({ seconds }) => seconds !== null);
  const framed = entries.some(({ frame }) => frame !== undefined);
  const units = actionsRead(entries) ? (actions?.units.map(({ name }) => name) ?? []) : [];
  const header = ["input", ...(framed ? ["frame", "pts", "timestamp", "track"] : []), "width", "height", "face", "x", "y", "w", "h", "score", "label", ...labels, ...units.flatMap((name) => [name, `${name}_intensity`]), "error"];
  if (timed) header.push("seconds");
  const lines = [header, ...entries.flatMap((entry) => rows(entry, labels, (entry.model ?? model).labels, units, timed))];
  return lines.map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}

function rows({ input, analysis, error, seconds, frame }: Entry, labels: string[], own: string[], units: string[], timed: boolean): string[][] {
  const picture = (track: number | null): string[] => [
    input,
    ...(frame === undefined ? [] : [frame.frame, frame.pts, frame.timestamp, track ?? ""].map(String)),
    String(analysis?.width ?? ""),
    String(analysis?.height ?? ""),
  ];
  const end = timed ? [String(seconds ?? "")] : [];
  const faces = analysis?.faces ?? [];
  if (faces.length === 0) {
    return [[...picture(null), ...Array<string>(7 + labels.length + 2 * units.length).fill(""), error ?? "", ...end]];
  }
  return faces.map(({ box, score, track, label, probabilities, actions }, at) => [
    ...picture(track),
    ...[at + 1, box.x, box.y, box.width, box.height].map(String),
    score === null ? "" : String(score),
    label,
    ...labels.map((name) => probabilities[own.indexOf(name)]).map((value) => (value === undefined ? "" : String(shortest(value)))),
    ...units.flatMap((name) => {
      const unit = actions?.units[name];
      return [unit?.probability, unit?.intensity].map((value) => (value === undefined ? "" : String(value)));
    }),
    "",
    ...end,
  ]);
}

/** Whether action units were read of any face. */
function actionsRead(entries: Entry[]): boolean {
  return entries.some(({ analysis }) => analysis?.faces.some(({ actions }) => actions !== undefined));
}

/** A cell as RFC 4180 writes it. */
function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
