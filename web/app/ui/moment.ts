/** The moment that was chosen on the timeline: its frame and its answer. */

import type { KnownModel } from "../reading/reader.js";
import { h } from "./dom.js";
import { FaceViews } from "./face.js";
import { inOrder } from "./order.js";
import type { LiveMoment } from "./moments.js";
import { Picture } from "./picture.js";

export class MomentView {
  readonly #into: HTMLElement;
  readonly #model: KnownModel;
  #picture: Picture | null = null;

  constructor(into: HTMLElement, model: KnownModel) {
    this.#into = into;
    this.#model = model;
  }

  show(moment: LiveMoment | null): void {
    this.#picture?.dispose();
    this.#picture = null;
    this.#into.replaceChildren();
    if (moment === null) return;

    const analysis = inOrder(moment.analysis, false);
    const picture = new Picture("The frame of the chosen moment");
    this.#picture = picture;
    // Its promise never rejects, and one that is late shows nothing in a picture that was disposed of.
    void picture.load(moment.frame);
    picture.mark(analysis, `The frame of the chosen moment: ${analysis.faces.map(({ label }) => label).join(", ") || "no face"}`);
    const views = new FaceViews(this.#model, h("div", { class: "faces" }));
    views.show(analysis.faces);
    this.#into.append(
      h(
        "article",
        { class: "card" },
        h("h3", {}, `Frame of ${new Date(performance.timeOrigin + moment.at).toLocaleTimeString()}`),
        h("div", { class: "card-left" }, picture.canvas),
        h("div", { class: "card-right" }, analysis.faces.length === 0 ? h("p", {}, "No face in this frame.") : views.element),
      ),
    );
  }
}
