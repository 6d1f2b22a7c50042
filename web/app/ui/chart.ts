/** The chart of a video: its timeline, of expressions or of action units, with the names of its rows, its legend and its axis. */

import type { Course, FrameMoment } from "./course.js";
import { byId, h } from "./dom.js";
import { showLegend } from "./legend.js";
import { views } from "./tabs.js";
import { Timeline } from "./timeline.js";

/** Pixels of a row. */
const rowHeight = 22;
const what = {
  labels: "The five strongest labels of each frame, of several faces the mean.",
  units: "How strong each action unit is, of several faces the mean; those that are strong in any frame; the fuller the colour, the stronger.",
};

export class Chart {
  readonly #canvas = byId("video-timeline", HTMLCanvasElement);
  readonly #rows = byId("video-rows", HTMLOListElement);
  readonly #tabs = byId("video-charts", HTMLElement);
  readonly #panel = byId("video-chart", HTMLElement);
  readonly #legend = byId("video-legend", HTMLElement);
  readonly #view = views(this.#tabs, this.#panel, (id) => this.#show(id === "chart-units"));
  readonly #onSelect: (moment: FrameMoment | null) => void;
  #timeline: Timeline<FrameMoment> | null = null;
  #course: Course | null = null;
  /** Of the two that of action units was looked at last. */
  #inUnits = false;

  constructor(onSelect: (moment: FrameMoment | null) => void) {
    this.#onSelect = onSelect;
  }

  /** Another video; `units`: action units are read. */
  begin(course: Course, labels: string[], units: boolean): void {
    this.#course = course;
    if (this.#timeline === null) {
      showLegend(this.#legend, labels);
      this.#timeline = new Timeline(this.#canvas, course, this.#onSelect);
    } else {
      this.#timeline.follow(course);
    }
    const wanted = this.#inUnits;
    this.#tabs.hidden = !units;
    this.#view(units && wanted ? "chart-units" : "chart-labels");
    // Without units there is no choice, and the one before stays.
    this.#inUnits = wanted;
  }

  /** No moment is chosen. */
  clear(): void {
    this.#timeline?.select(null);
  }

  focus(): void {
    this.#canvas.focus();
  }

  draw(): void {
    const rows = this.#course?.units === true ? this.#named(this.#course) : [];
    this.#canvas.style.height = rows.length === 0 ? "" : `${rows.length * rowHeight}px`;
    this.#timeline?.draw();
  }

  /** The axis goes to the end of what is known. */
  axis(): void {
    const end = (this.#course?.span()[1] ?? 0) / 1000;
    this.#canvas.setAttribute("aria-valuemax", end.toFixed(3));
    for (const [at, mark] of [...byId("video-axis", HTMLElement).children].entries()) mark.textContent = `${((end * at) / 2).toFixed(1)} s`;
  }

  #show(units: boolean): void {
    if (this.#course === null) return;
    this.#inUnits = units;
    this.#course.units = units;
    this.#panel.classList.toggle("rowed", units);
    this.#rows.hidden = !units;
    this.#legend.hidden = units;
    byId("video-what", HTMLElement).textContent = units ? what.units : what.labels;
    this.draw();
    this.#timeline?.refresh();
  }

  /** The names of the rows, changed only where they are others. */
  #named({ rows }: Course): HTMLElement[] {
    const wanted = rows.length === 0 ? [h("li", { class: "quiet" }, "none is strong")] : rows.map(({ name, words }) => h("li", { title: name, "data-unit": name }, words));
    const texts = (all: Iterable<Element>): string => Array.from(all, ({ textContent }) => textContent).join();
    if (texts(wanted) !== texts(this.#rows.children)) this.#rows.replaceChildren(...wanted);
    return wanted;
  }
}
