/**
 * Reports side by side as a drawing: of each row how many times as fast as the base each report is, as bars from the base's 1 on a logarithmic axis, and the share of
 * the roof beside it. Colours are the page's own properties, which a saved picture has by their values.
 */

import { svg } from "../ui/dom.js";
import { percent } from "../ui/format.js";
import { machine } from "../ui/palette.js";
import { Axis } from "./axis.js";
import { mark } from "./mark.js";
import { parts, type Report, type Span } from "./report.js";
import { ratio, type Row } from "./rows.js";
import { about, interval, letter, listed, short, times } from "./words.js";

export interface Drawn {
  reports: Report[];
  base: number;
  rows: Row[];
  width: number;
  /** What is said above the bars; the page says it apart. */
  notes: string[] | null;
}

const line = 20;
/** Width of a letter, generously. */
const glyph = 6.9;
const left = 34;
const shareText = 46;

export function figure({ reports, base, rows, width, notes }: Drawn): SVGSVGElement {
  const pen = new Pen(width);
  if (notes !== null) head(pen, reports, notes);
  if (reports.some(({ score }) => score !== null)) scores(pen, reports);
  if (rows.length > 0) speeds(pen, reports, rows, base);
  const said = `${rows.length} measurements of ${reports.length} reports as bars; the table below has their numbers`;
  return pen.end(said);
}

/** Writes from top to bottom. */
class Pen {
  y = 0;
  readonly width: number;
  readonly #parts: SVGElement[] = [];

  constructor(width: number) {
    this.width = width;
  }

  add(...parts: SVGElement[]): void {
    this.#parts.push(...parts);
  }

  /** Below all that is there. */
  under(...parts: SVGElement[]): void {
    this.#parts.unshift(...parts);
  }

  text(x: number, text: string, { quiet = false, bold = false, end = false, size = 13, y = this.y } = {}): void {
    this.add(svg("text", { x, y, fill: quiet ? "var(--quiet)" : "var(--ink)", "font-size": size, "font-weight": bold ? 600 : 400, "text-anchor": end ? "end" : "start" }, text));
  }

  /** A line from there down to the pen. */
  rule(x: number, top: number, stroke: string): void {
    this.under(svg("line", { x1: x, x2: x, y1: top, y2: this.y + 4, stroke, "stroke-width": 1 }));
  }

  end(label: string): SVGSVGElement {
    const height = Math.ceil(this.y + 12);
    const ground = svg("rect", { width: this.width, height, fill: "var(--paper)" });
    const size = { viewBox: `0 0 ${this.width} ${height}`, width: this.width, height };
    return svg("svg", { ...size, role: "img", "aria-label": label, "font-family": "system-ui, sans-serif", "data-testid": "compare-svg" }, ground, ...this.#parts);
  }
}

/** The reports' names, and what is said of them. */
function head(pen: Pen, reports: Report[], notes: string[]): void {
  pen.y += 30;
  pen.text(12, "moue bench: reports side by side", { bold: true, size: 17 });
  pen.y += 6;
  for (const [at, report] of reports.entries()) {
    pen.y += 24;
    pen.add(mark(at, 18, pen.y - 4.5));
    pen.text(left, `${letter(at)}  ${report.name}`, { bold: true });
    for (const text of wrapped([about(report).join(" · "), ...report.remarks], pen.width - left - 12)) {
      pen.y += 18;
      pen.text(left, text, { quiet: true });
    }
  }
  pen.y += 8;
  for (const text of wrapped(notes, pen.width - 24)) {
    pen.y += 18;
    pen.text(12, text, { quiet: true });
  }
}

/** The score and its parts, a dot each with its interval. */
function scores(pen: Pen, reports: Report[]): void {
  const rows: [string, (Span | null)[]][] = [["score", reports.map(({ score }) => score)]];
  for (const part of parts) {
    const spans = reports.map(({ score }) => score?.parts[part] ?? null);
    if (spans.some((span) => span !== null)) rows.push([part.replaceAll("_", " "), spans]);
  }
  const all = rows.flatMap(([, spans]) => spans.flatMap((span) => (span === null ? [] : [span.low, span.value, span.high])));
  const axis = new Axis(all);
  const words = Math.max(...rows.flatMap(([, spans]) => spans.map((span) => (span === null ? 0 : interval(span).length)))) * glyph + 12;
  const to = pen.width - words;
  const place = (value: number): number => left + (to - left) * axis.place(value);
  pen.y += 30;
  pen.text(2, "Score, and its interval", { bold: true, size: 15 });
  const top = ticks(pen, axis, place, to - left, tickText);
  for (const [name, spans] of rows) {
    heading(pen, name, missing(spans, "no score"));
    for (const [at, span] of spans.entries()) {
      if (span === null) continue;
      pen.y += line;
      lineOf(pen, at);
      const y = pen.y - 4.5;
      pen.add(svg("line", { x1: place(span.low), x2: place(span.high), y1: y, y2: y, stroke: machine(at), "stroke-width": 3 }), mark(at, place(span.value), y));
      pen.text(to + 8, interval(span));
    }
  }
  grid(pen, axis, place, to - left, top);
}

function speeds(pen: Pen, reports: Report[], rows: Row[], base: number): void {
  const narrow = pen.width < 560;
  const numbers = narrow ? 116 : 268;
  const room = pen.width - left - numbers - shareText - 20;
  const bars = Math.round(room * 0.64);
  const shares = left + bars + numbers + 10;
  const roofs = room - bars;
  const axis = new Axis([1, ...rows.flatMap((row) => reports.flatMap((_, at) => ratio(row, at, base) ?? []))]);
  const place = (value: number): number => left + bars * axis.place(value);
  const most = Math.max(1, ...rows.flatMap(({ entries }) => entries.map((entry) => entry?.roof ?? 0)));
  pen.y += 30;
  pen.text(2, `${letter(base)} is 1: times as fast`, { bold: true, size: narrow ? 13 : 15 });
  pen.text(shares, "Share of roof", { bold: true, size: narrow ? 13 : 15 });
  const top = ticks(pen, axis, place, bars, (value) => `${tickText(value)} ×`);
  for (const row of rows) {
    heading(pen, `${row.net}, batch ${row.batch}, ${row.precision}`, missing(row.entries, "not measured"));
    for (const [at, entry] of row.entries.entries()) {
      if (entry === null) continue;
      pen.y += line;
      lineOf(pen, at);
      const found = ratio(row, at, base);
      const y = pen.y - 10;
      if (found !== null) {
        const [from, to] = [Math.min(place(1), place(found)), Math.max(place(1), place(found))];
        // What is as fast as the base is seen, too.
        pen.add(svg("rect", { x: from - 1, y, width: Math.max(2, to - from + 1), height: 11, fill: machine(at), "data-testid": "compare-bar", "data-report": letter(at) }));
      }
      const against = found === null || at === base ? "" : `, ${times(found)}`;
      pen.text(left + bars + 10, narrow ? `${short(entry.speed)}/s${against}` : `${short(entry.speed)} images/s, ${short(entry.ms)} ms${against}`, { size: narrow ? 12 : 13 });
      if (entry.roof !== null) {
        pen.add(svg("rect", { x: shares, y, width: roofs, height: 11, fill: "var(--bar)" }), svg("rect", { x: shares, y, width: (roofs * entry.roof) / most, height: 11, fill: machine(at), "data-testid": "compare-roof" }));
        pen.text(pen.width - 2, percent(entry.roof), { end: true, size: 12 });
      } else {
        pen.text(pen.width - 2, narrow ? "–" : "not known", { quiet: true, end: true, size: 12 });
      }
    }
  }
  if (most > 1) pen.rule(shares + roofs / most, top, "var(--quiet)");
  grid(pen, axis, place, bars, top);
}

/** The numbers of an axis; where its lines begin. */
function ticks(pen: Pen, axis: Axis, place: (value: number) => number, room: number, text: (value: number) => string): number {
  pen.y += 20;
  for (const tick of axis.ticks(Math.floor(room / 36))) {
    pen.add(svg("text", { x: place(tick), y: pen.y, fill: "var(--quiet)", "font-size": 11, "text-anchor": "middle" }, text(tick)));
  }
  return pen.y + 6;
}

/** A 1, 2 or 5 with its zeros and no more. */
function tickText(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 1 });
}

/** The lines of an axis, from `top` to where the pen is. */
function grid(pen: Pen, axis: Axis, place: (value: number) => number, room: number, top: number): void {
  for (const tick of axis.ticks(Math.floor(room / 36))) pen.rule(place(tick), top, tick === 1 ? "var(--quiet)" : "var(--line)");
}

function heading(pen: Pen, text: string, missing: string): void {
  pen.y += 28;
  pen.text(2, text, { bold: true });
  if (missing !== "") pen.text(pen.width - 2, missing, { quiet: true, end: true, size: 12 });
}

/** Who has nothing there. */
function missing(values: unknown[], what: string): string {
  const without = values.flatMap((value, at) => (value === null ? [letter(at)] : []));
  return without.length === 0 ? "" : `${what}: ${listed(without)}`;
}

function lineOf(pen: Pen, at: number): void {
  pen.add(mark(at, 8, pen.y - 4.5));
  pen.text(18, letter(at));
}

/** Lines of words that are not wider than `room`. */
function wrapped(texts: string[], room: number): string[] {
  const most = Math.max(20, Math.floor(room / glyph));
  return texts.flatMap((text) => {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines.at(-1) ?? "";
      if (last !== "" && last.length + 1 + word.length > most) lines.push(word);
      else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
    }
    return lines;
  });
}
