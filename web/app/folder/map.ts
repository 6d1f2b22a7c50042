/** The map: a dot a face, like ones near each other. The pointer shows a face, a click chooses it; by keyboard arrow keys and Enter. */

import { byId, svg } from "../ui/dom.js";
import { colour } from "../ui/palette.js";
import { words, type Seen } from "./faces.js";

const [width, height, edge] = [720, 440, 16];
/** Of more faces dots may cover each other. */
const mostApart = 300;

export class FaceMap {
  readonly #view = byId("folder-map", HTMLElement);
  readonly #picture = byId("folder-map-picture", HTMLImageElement);
  readonly #text = byId("folder-map-text", HTMLElement);
  #faces: Seen[] = [];
  #places: [number, number][] = [];
  #at = 0;

  constructor(choose: (at: number) => void) {
    const faceOf = (event: Event): number | null => {
      const named = event.target instanceof Element ? event.target.getAttribute("data-face") : null;
      return named === null ? null : Number(named);
    };
    this.#view.addEventListener("pointerover", (event) => {
      const at = faceOf(event);
      if (at !== null) this.#show(at);
    });
    this.#view.addEventListener("click", (event) => {
      const at = faceOf(event);
      if (at !== null) choose(at);
    });
    this.#view.addEventListener("keydown", (event) => {
      const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
      if (way !== undefined) {
        event.preventDefault();
        this.#show(this.#next(way[0] ?? 0, way[1] ?? 0));
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        if (this.#faces.length > 0) choose(this.#at);
      }
    });
    this.#view.addEventListener("focus", () => this.#show(this.#at));
  }

  /** `places`: x and y of each face. */
  draw(faces: Seen[], places: [number, number][]): void {
    this.#faces = faces;
    this.#at = 0;
    this.#places = apart(places.map(scaled(places)));
    const dots = this.#places.map(([x, y], at) => svg("circle", { cx: x, cy: y, r: 7, fill: colour(faces[at]?.face.label ?? "", faces[at]?.face.labelIndex ?? 0), "data-face": at, "data-testid": "dot" }));
    this.#view.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...dots));
    this.#picture.hidden = true;
    this.#text.textContent = "";
  }

  /** Marks a face. */
  mark(at: number): void {
    this.#show(at);
  }

  #show(at: number): void {
    const seen = this.#faces[at];
    if (seen === undefined) return;
    this.#at = at;
    for (const dot of this.#view.querySelectorAll("circle.here")) dot.classList.remove("here");
    this.#view.querySelector(`[data-face="${at}"]`)?.classList.add("here");
    this.#picture.hidden = false;
    this.#picture.src = seen.crop;
    this.#text.textContent = words(seen);
  }

  /** The nearest face in that direction, else the one there is. */
  #next(right: number, down: number): number {
    const [x = 0, y = 0] = this.#places[this.#at] ?? [];
    let [best, least] = [this.#at, Infinity];
    for (const [at, [px, py]] of this.#places.entries()) {
      const [along, aside] = [(px - x) * right + (py - y) * down, (px - x) * down + (py - y) * right];
      const far = along + 2 * Math.abs(aside);
      if (along > 0 && far < least) [best, least] = [at, far];
    }
    return best;
  }
}

/** Few faces: dots that would cover each other lie side by side. */
function apart(places: [number, number][]): [number, number][] {
  if (places.length > mostApart) return places;
  const found: [number, number][] = [];
  for (const [x, y] of places) {
    let place: [number, number] = [x, y];
    for (let step = 1; step < 200 && found.some(([a, b]) => Math.hypot(a - place[0], b - place[1]) < 16); step++) {
      const [angle, far] = [2.4 * step, 8 * Math.sqrt(step)];
      place = [within(x + far * Math.cos(angle), width), within(y + far * Math.sin(angle), height)];
    }
    found.push(place);
  }
  return found;
}

function within(value: number, size: number): number {
  return Math.min(Math.max(value, edge), size - edge);
}

/** Into the view, as large on both axes. */
function scaled(places: [number, number][]): (place: [number, number]) => [number, number] {
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const [x0, x1, y0, y1] = [least(xs), most(xs), least(ys), most(ys)];
  const by = Math.min((width - 2 * edge) / Math.max(x1 - x0, 1e-6), (height - 2 * edge) / Math.max(y1 - y0, 1e-6));
  return ([x, y]) => [width / 2 + (x - (x0 + x1) / 2) * by, height / 2 + (y - (y0 + y1) / 2) * by];
}
