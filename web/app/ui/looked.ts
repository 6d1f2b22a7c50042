/** "What the networks looked at": the crop under the fused map, and under each member's. */

import type { Face, FaceExplanation } from "../../src/index.js";
import type { KnownModel } from "../reading/reader.js";
import { context, h } from "./dom.js";

/** Colours of what speaks a little and most for the label, as `moue analyze --explain` has them. */
const warm = [
  [255, 214, 64],
  [214, 24, 60],
] as const;
const mostCover = 0.7;
/** Side of a picture, in its own pixels. */
const side = 144;

export class Looked {
  readonly element: HTMLElement;
  readonly #figures: { canvas: HTMLCanvasElement; name: string; caption: HTMLElement }[];
  readonly #map = h("canvas", {});
  readonly #crop = h("canvas", {});

  constructor(model: KnownModel) {
    const names = ["fused", ...model.members.map(({ name }) => name)];
    this.#figures = names.map((name) => ({ name, canvas: h("canvas", { role: "img", width: side, height: side }), caption: h("figcaption", {}) }));
    this.element = h(
      "div",
      {},
      h("p", { class: "quiet" }, "What speaks for the label: yellow a little, red most. The maps are coarse: a place of them sees about half of the face."),
      h("div", { class: "saw looked", "data-testid": "looked" }, ...this.#figures.map(({ name, canvas, caption }) => h("figure", { "data-name": name }, canvas, caption))),
    );
  }

  show(face: Face, { crop, fused, members }: FaceExplanation): void {
    fit(this.#crop, crop);
    context(this.#crop).putImageData(crop, 0, 0);
    for (const [at, { canvas, name, caption }] of this.#figures.entries()) {
      const map = at === 0 ? fused : (members[at - 1] ?? null);
      caption.textContent = map === null ? `${name}: no map` : name;
      canvas.setAttribute("aria-label", `What speaks for ${face.label}, ${name}`);
      const on = context(canvas);
      on.imageSmoothingQuality = "high";
      on.drawImage(this.#crop, 0, 0, side, side);
      if (map !== null) on.drawImage(this.#warm(map, crop), 0, 0, side, side);
    }
  }

  /** A map as a picture of the crop's size; what speaks against the label is not coloured. */
  #warm(map: Float32Array, { width, height }: ImageData): HTMLCanvasElement {
    const picture = new ImageData(width, height);
    const most = map.reduce((most, value) => Math.max(most, value), Number.MIN_VALUE);
    const [low, high] = warm;
    for (const [at, value] of map.entries()) {
      const share = Math.max(0, value / most);
      const colour = low.map((from, channel) => from + ((high[channel] ?? from) - from) * share);
      picture.data.set([...colour, 255 * mostCover * share], 4 * at);
    }
    fit(this.#map, picture);
    context(this.#map).putImageData(picture, 0, 0);
    return this.#map;
  }
}

function fit(canvas: HTMLCanvasElement, { width, height }: ImageData): void {
  canvas.width = width;
  canvas.height = height;
}
