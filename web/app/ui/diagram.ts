/** A face that lights up where its action units are, as strongly as they are. Left and right are the person's, who looks out of the picture. */

import type { Actions } from "../../src/index.js";
import type { KnownUnits } from "../reading/reader.js";
import { svg } from "./dom.js";
import { strengthOf, wordsOf } from "./units.js";

/** Half of the face, from its middle, x to the left of who looks: it is mirrored. */
interface Region {
  /** Names of the units that it shows; a mirrored pair's own side is named by `only`. */
  units: string[];
  path: string;
  /** What is in the middle is not mirrored. */
  middle?: boolean;
}

/** x = 100 is the middle; of pairs the half is drawn that is the person's right, on the left of the picture. */
const regions: Region[] = [
  { units: ["AU01"], path: "M76 74 Q84 58 95 62 L95 78 Q86 74 76 80 Z" },
  { units: ["AU02"], path: "M46 86 Q54 64 74 62 L75 79 Q60 80 50 92 Z" },
  { units: ["AU04"], path: "M90 82 Q100 76 110 82 L107 102 Q100 106 93 102 Z", middle: true },
  { units: ["AU05"], path: "M50 108 Q68 90 88 106 L88 111 Q68 98 50 112 Z" },
  { units: ["AU07"], path: "M52 117 Q68 130 87 116 L87 122 Q68 137 52 123 Z" },
  { units: ["AU06"], path: "M42 132 Q62 124 82 136 Q78 154 60 158 Q46 152 42 132 Z" },
  { units: ["AU09"], path: "M93 108 Q100 112 107 108 L110 128 Q100 122 90 128 Z", middle: true },
  { units: ["AU38"], path: "M84 146 Q90 140 95 148 Q90 155 84 150 Z" },
  { units: ["AU11"], path: "M76 148 Q70 158 66 170 L71 172 Q75 161 81 152 Z" },
  { units: ["AU10"], path: "M82 160 Q91 162 100 162 Q109 162 118 160 L114 172 Q100 168 86 172 Z", middle: true },
  { units: ["AU12", "AU13"], path: "M70 184 Q58 176 60 160 Q68 168 78 180 Z" },
  { units: ["AU14"], path: "M69 178 m-8 6 a6 8 0 1 0 12 0 a6 8 0 1 0 -12 0 Z" },
  { units: ["AU20"], path: "M72 185 L54 181 L57 193 L73 191 Z" },
  { units: ["AU15"], path: "M74 190 Q66 198 66 210 Q76 206 82 196 Z" },
  { units: ["AU16", "AU28B", "AU28"], path: "M84 200 Q100 208 116 200 L112 211 Q100 216 88 211 Z", middle: true },
  { units: ["AU28T", "AU28"], path: "M84 171 Q100 166 116 171 L114 177 Q100 172 86 177 Z", middle: true },
  { units: ["AU08", "AU18", "AU22", "AU23", "AU24"], path: "M76 187 Q90 172 100 178 Q110 172 124 187 Q100 212 76 187 Z M84 187 Q100 183 116 187 Q100 194 84 187 Z", middle: true },
  { units: ["AU25", "AU27", "AU19"], path: "M82 187 Q100 182 118 187 Q100 200 82 187 Z", middle: true },
  { units: ["AU17"], path: "M88 216 Q100 210 112 216 Q114 230 100 231 Q86 230 88 216 Z", middle: true },
  { units: ["AU26", "AU27", "AU30"], path: "M50 176 C55 198 62 213 69 224 C79 240 89 246 100 246 L100 237 C92 237 84 231 78 220 C71 208 64 194 60 174 Z" },
];
/** Eyes have sides: the person's right one is on the left. */
const eye = "M52 113 Q68 98 87 112 Q68 127 52 113 Z";
const eyes = { right: ["AU43", "AU45", "AU46", "AU46R"], left: ["AU43", "AU45", "AU46", "AU46L"] };

/** What stays as it is. */
const lines = [
  "M40 100 C36 40 62 18 100 18 C138 18 164 40 160 100 C160 150 152 190 132 222 C122 238 112 246 100 246 C88 246 78 238 68 222 C48 190 40 150 40 100 Z",
  "M48 92 Q62 78 88 86",
  eye,
  "M96 108 Q94 134 86 146 Q92 154 100 152",
  "M76 187 Q90 174 100 179 Q110 174 124 187 Q100 208 76 187 Z",
  "M76 187 Q100 184 124 187",
];
const mirrorOf = "translate(200 0) scale(-1 1)";
/** Less is not seen. */
const least = 0.04;

export class Diagram {
  readonly element: SVGSVGElement;
  readonly #model: KnownUnits;
  readonly #face = svg("g", {});
  readonly #sides: SVGTextElement[];
  readonly #parts: { units: string[]; shape: SVGPathElement; title: SVGTitleElement }[] = [];

  constructor(model: KnownUnits) {
    this.#model = model;
    const ground = svg("g", { class: "diagram-lines" });
    for (const [at, path] of lines.entries()) {
      ground.append(svg("path", { d: path }));
      if (at > 0 && at < 4) ground.append(svg("path", { d: path, transform: mirrorOf }));
    }
    for (const { units, path, middle = false } of regions) {
      this.#add(units, path, false);
      if (!middle) this.#add(units, path, true);
    }
    this.#add(eyes.right, eye, false);
    this.#add(eyes.left, eye, true);
    this.#face.append(...this.#parts.map(({ shape }) => shape), ground);
    this.#sides = [8, 192].map((x) => svg("text", { x, y: 250, "text-anchor": x < 100 ? "start" : "end", "aria-hidden": "true" }));
    this.element = svg("svg", { class: "diagram", viewBox: "0 0 200 256", role: "img", "data-testid": "diagram" }, this.#face, ...this.#sides);
  }

  show(actions: Actions, mirrored: boolean): void {
    const strength = (name: string): number => {
      const unit = actions.units[name];
      return unit === undefined ? 0 : strengthOf(unit, this.#model);
    };
    for (const { units, shape, title } of this.#parts) {
      const [best = ""] = [...units].sort((a, b) => strength(b) - strength(a));
      const value = strength(best);
      shape.setAttribute("fill-opacity", value < least ? "0" : value.toFixed(3));
      shape.dataset["unit"] = best;
      title.textContent = `${wordsOf(best, this.#model)}, ${Math.round(value * 100)} %`;
    }
    if (mirrored) this.#face.setAttribute("transform", mirrorOf);
    else this.#face.removeAttribute("transform");
    for (const [at, side] of this.#sides.entries()) side.textContent = (at === 0) === mirrored ? "left" : "right";
    const shown = Object.keys(actions.units).filter((name) => actions.units[name]?.present);
    const words = shown.map((name) => `${wordsOf(name, this.#model)} ${Math.round(strength(name) * 100)} %`);
    this.element.setAttribute("aria-label", `Face diagram: ${words.join(", ") || "no action unit is present"}`);
  }

  #add(units: string[], path: string, mirror: boolean): void {
    const title = svg("title", {});
    const shape = svg("path", { d: path, class: "diagram-part", "fill-rule": "evenodd", "fill-opacity": 0, ...(mirror && { transform: mirrorOf }) }, title);
    shape.dataset["units"] = units.join(" ");
    shape.dataset["side"] = mirror ? "left" : "right";
    this.#parts.push({ units, shape, title });
  }
}
