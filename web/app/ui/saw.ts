/** "What the networks saw": the crop, and one picture a representation. */

import type { FacePictures } from "../../src/index.js";
import { context, h } from "./dom.js";
import { representation } from "./names.js";

export class Saw {
  readonly element = h("div", { class: "saw", "data-testid": "saw" });
  readonly #canvases = new Map<string, HTMLCanvasElement>();

  show(pictures: FacePictures): void {
    this.#put("", `The face, ${pictures.crop.width}\u00a0x\u00a0${pictures.crop.height}`, pictures.crop);
    for (const { name, image } of pictures.mapped) this.#put(name, representation(name), image);
  }

  #put(name: string, caption: string, image: ImageData): void {
    let canvas = this.#canvases.get(name);
    if (canvas === undefined) {
      canvas = h("canvas", { role: "img", "aria-label": caption });
      this.#canvases.set(name, canvas);
      this.element.append(h("figure", { "data-name": name }, canvas, h("figcaption", {}, caption)));
    }
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
    }
    context(canvas).putImageData(image, 0, 0);
  }
}
