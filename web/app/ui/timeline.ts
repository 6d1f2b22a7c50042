/** The timeline: a column a moment, and a slider over them. */

import type { Analysis } from "../../src/index.js";
import { context } from "./dom.js";

export interface Moment {
  /** Milliseconds. */
  at: number;
  analysis: Analysis;
}

/** What a timeline shows. */
export interface Series<M extends Moment> {
  /** A gap that is longer than this, in milliseconds, stays empty. */
  readonly longestGap: number;
  /** Milliseconds that Page Up and Page Down go. */
  readonly jump: number;
  /** Oldest first. */
  all(): M[];
  /** Milliseconds at the left and at the right edge. */
  span(): [from: number, to: number];
  /** Draws a moment between two edges, over the whole height; nothing where there is no face. */
  column(on: CanvasRenderingContext2D, moment: M, left: number, right: number): void;
  /** A moment in words, and as the slider's value. */
  words(moment: M): { text: string; now: string };
}

export class Timeline<M extends Moment> {
  readonly #canvas: HTMLCanvasElement;
  #series: Series<M>;
  readonly #onSelect: (moment: M | null) => void;
  #selected: M | null = null;

  constructor(canvas: HTMLCanvasElement, series: Series<M>, onSelect: (moment: M | null) => void) {
    this.#canvas = canvas;
    this.#series = series;
    this.#onSelect = onSelect;
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons !== 0) this.#point(event);
    });
    canvas.addEventListener("focus", () => this.#say());
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Shows another series, none of its moments chosen. */
  follow(series: Series<M>): void {
    this.#series = series;
    this.select(null);
  }

  select(moment: M | null): void {
    this.#selected = moment;
    this.#onSelect(moment);
    this.#say();
    this.draw();
  }

  /** The same moments, drawn and told in another way. */
  refresh(): void {
    this.#say();
    this.draw();
  }

  draw(): void {
    const moments = this.#series.all();
    const [from, to] = this.#series.span();
    if (this.#selected !== null && !moments.includes(this.#selected)) {
      this.select(null);
      return;
    }
    if (this.#canvas.clientWidth === 0) return;

    const density = window.devicePixelRatio;
    this.#canvas.width = Math.round(this.#canvas.clientWidth * density);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * density);
    const on = context(this.#canvas);
    const { width } = this.#canvas;
    const x = (at: number): number => (width * (at - from)) / (to - from);
    for (const [position, moment] of moments.entries()) {
      // The last one is as long as the one before it.
      const next = moments[position + 1]?.at ?? moment.at + Math.max(250, moment.at - (moments[position - 1]?.at ?? moment.at));
      this.#series.column(on, moment, x(moment.at), x(Math.min(next, moment.at + this.#series.longestGap)));
    }
    if (this.#selected !== null) this.#needle(on, x(this.#selected.at), density);
  }

  #needle(on: CanvasRenderingContext2D, x: number, density: number): void {
    const style = getComputedStyle(this.#canvas);
    for (const [line, property] of [[6, "--paper"], [2, "--ink"]] as const) {
      on.fillStyle = style.getPropertyValue(property);
      const left = Math.max(0, Math.min(on.canvas.width - line * density, x - (line * density) / 2));
      on.fillRect(left, 0, line * density, on.canvas.height);
    }
  }

  /** Not with every frame: a screen reader would read every one. */
  #say(): void {
    const { text, now } = this.#selected === null ? { text: "No moment chosen", now: "0" } : this.#series.words(this.#selected);
    this.#canvas.setAttribute("aria-valuenow", now);
    this.#canvas.setAttribute("aria-valuetext", text);
  }

  #point(event: PointerEvent): void {
    const [from, to] = this.#series.span();
    const bounds = this.#canvas.getBoundingClientRect();
    this.#nearest(this.#series.all(), from + ((event.clientX - bounds.left) / bounds.width) * (to - from));
  }

  #nearest(moments: M[], at: number): void {
    const distance = (moment: M): number => Math.abs(moment.at - at);
    const first = moments[0];
    if (first !== undefined) this.select(moments.reduce((best, moment) => (distance(moment) < distance(best) ? moment : best), first));
  }

  #key(event: KeyboardEvent): void {
    const moments = this.#series.all();
    const last = moments.length - 1;
    if (last < 0) return;
    const here = this.#selected === null ? last : moments.indexOf(this.#selected);
    const to = { ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1, Home: 0, End: last }[event.key];
    const jump = { PageUp: this.#series.jump, PageDown: -this.#series.jump }[event.key];
    if (event.key === "Escape") {
      this.select(null);
    } else if (jump !== undefined) {
      this.#nearest(moments, (moments[here]?.at ?? 0) + jump);
      // One at least, where moments are far apart.
      if (this.#selected === moments[here]) this.select(moments[here + Math.sign(jump)] ?? this.#selected);
    } else if (to !== undefined) {
      this.select(moments[Math.max(0, Math.min(last, to))] ?? null);
    } else {
      return;
    }
    event.preventDefault();
  }
}
