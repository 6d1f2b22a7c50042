/** The timeline: probabilities of the largest face as stacked bands, and a slider over its moments. */

import { context } from "./dom.js";
import { percent } from "./format.js";
import { largest, span, type Moment, type Moments } from "./moments.js";
import { colour } from "./palette.js";

/** A gap that is longer than this, in milliseconds, stays empty. */
const longestGap = 1500;

export class Timeline {
  readonly #canvas: HTMLCanvasElement;
  readonly #moments: Moments;
  readonly #labels: string[];
  readonly #onSelect: (moment: Moment | null) => void;
  #selected: Moment | null = null;

  constructor(canvas: HTMLCanvasElement, moments: Moments, labels: string[], onSelect: (moment: Moment | null) => void) {
    this.#canvas = canvas;
    this.#moments = moments;
    this.#labels = labels;
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

  select(moment: Moment | null): void {
    this.#selected = moment;
    this.#onSelect(moment);
    this.#say();
    this.draw();
  }

  draw(): void {
    const moments = this.#moments.all();
    const end = moments.at(-1)?.at ?? 0;
    if (this.#selected !== null && !moments.includes(this.#selected)) {
      this.select(null);
      return;
    }
    if (this.#canvas.clientWidth === 0) return;

    const density = window.devicePixelRatio;
    this.#canvas.width = Math.round(this.#canvas.clientWidth * density);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * density);
    const on = context(this.#canvas);
    const { width, height } = this.#canvas;
    const x = (at: number): number => width * (1 - (end - at) / (span * 1000));
    for (const [position, moment] of moments.entries()) {
      const face = largest(moment.analysis);
      if (face === null) continue;
      const next = moments[position + 1]?.at ?? end + 250;
      const left = x(moment.at);
      const right = x(Math.min(next, moment.at + longestGap));
      let top = 0;
      for (const [label, value] of face.probabilities.entries()) {
        on.fillStyle = colour(this.#labels[label] ?? "", label);
        // Half a pixel more, so that no seam shows between neighbours.
        on.fillRect(left, top * height, right - left + 0.5, value * height + 0.5);
        top += value;
      }
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
    const end = this.#moments.all().at(-1)?.at ?? 0;
    const { text, now } = this.#words(end);
    this.#canvas.setAttribute("aria-valuenow", now);
    this.#canvas.setAttribute("aria-valuetext", text);
  }

  #words(end: number): { text: string; now: string } {
    if (this.#selected === null) return { text: "No moment chosen", now: "0" };
    const { at, analysis } = this.#selected;
    const face = largest(analysis);
    const seconds = (end - at) / 1000;
    const answer = face === null ? "no face" : `${face.label} ${percent(face.probabilities[face.labelIndex] ?? 0)}`;
    return { text: `${seconds.toFixed(1)} seconds before the last frame: ${answer}`, now: (-seconds).toFixed(1) };
  }

  #point(event: PointerEvent): void {
    const moments = this.#moments.all();
    const end = moments.at(-1)?.at ?? 0;
    const bounds = this.#canvas.getBoundingClientRect();
    this.#nearest(moments, end - (1 - (event.clientX - bounds.left) / bounds.width) * span * 1000);
  }

  #nearest(moments: Moment[], at: number): void {
    const distance = (moment: Moment): number => Math.abs(moment.at - at);
    const first = moments[0];
    if (first !== undefined) this.select(moments.reduce((best, moment) => (distance(moment) < distance(best) ? moment : best), first));
  }

  #key(event: KeyboardEvent): void {
    const moments = this.#moments.all();
    const last = moments.length - 1;
    if (last < 0) return;
    const here = this.#selected === null ? last : moments.indexOf(this.#selected);
    const to = { ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1, Home: 0, End: last }[event.key];
    const jump = { PageUp: 5000, PageDown: -5000 }[event.key];
    if (event.key === "Escape") {
      this.select(null);
    } else if (jump !== undefined) {
      this.#nearest(moments, (moments[here]?.at ?? 0) + jump);
    } else if (to !== undefined) {
      this.select(moments[Math.max(0, Math.min(last, to))] ?? null);
    } else {
      return;
    }
    event.preventDefault();
  }
}
