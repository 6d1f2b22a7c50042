/** What was taught, at work: on the webcam and on pictures, by a model of its own. */

import { Moue } from "../../src/index.js";
import { remember } from "../ui/answers.js";
import { Card } from "../ui/card.js";
import { byId } from "../ui/dom.js";
import { FaceViews } from "../ui/face.js";
import { code, message, showFailure } from "../ui/failure.js";
import { inOrder } from "../ui/order.js";
import { drawOverlay } from "../ui/overlay.js";
import { runSession } from "../ui/session.js";

export class Trial {
  readonly #overlay = byId("teach-overlay", HTMLCanvasElement);
  readonly #faces = byId("teach-live-faces", HTMLElement);
  readonly #cards = byId("teach-cards", HTMLElement);
  #model: Promise<Moue> | null = null;
  #views: FaceViews | null = null;
  #session: AbortController | null = null;
  #last: Promise<unknown> = Promise.resolve();

  get open(): boolean {
    return this.#model !== null;
  }

  /** Answers by this file from now on, on what `beside` runs on. */
  async use(file: ArrayBuffer, beside: Moue): Promise<Moue> {
    this.close();
    const model = Moue.load({ model: file, device: beside.adapter.backend === "cpu" ? "cpu" : "gpu" });
    this.#model = model;
    try {
      const moue = await model;
      if (this.#model === model) this.#views = new FaceViews(moue.model, this.#faces);
      return moue;
    } catch (error) {
      if (this.#model === model) this.#model = null;
      throw error;
    }
  }

  /** Forgets the model and its answers. */
  close(): void {
    this.pause();
    const model = this.#model;
    this.#model = this.#views = null;
    this.#faces.replaceChildren();
    this.#cards.replaceChildren();
    // Who failed to load has nothing to free.
    model?.then((moue) => moue.dispose(), () => undefined);
  }

  /** Reads what the camera shows, until `pause`. */
  async watch(video: HTMLVideoElement): Promise<void> {
    this.pause();
    const [model, views] = [this.#model, this.#views];
    if (model === null || views === null) return;
    const session = new AbortController();
    this.#session = session;
    const started = performance.now();
    try {
      await runSession({
        reader: await model,
        video,
        signal: session.signal,
        options: (time) => ({ find: "fast", stream: { name: `teach ${started}`, time } }),
        snapshot: () => null,
        onReading: ({ analysis }) => {
          const mirrored = byId("teach-stage", HTMLElement).classList.contains("mirrored");
          const shown = inOrder(analysis, mirrored);
          remember({ name: "taught", analysis, error: null });
          drawOverlay(this.#overlay, shown, mirrored, null);
          views.show(shown.faces, mirrored);
        },
      });
    } catch (error) {
      if (!session.signal.aborted) showFailure(byId("teach-error", HTMLElement), error);
    }
  }

  pause(): void {
    this.#session?.abort();
    this.#session = null;
    drawOverlay(this.#overlay, null, false, null);
    this.#views?.show([]);
  }

  /** Reads pictures; with `none` each is one face. */
  read(files: File[], faces: "none" | "largest"): void {
    const model = this.#model;
    if (model === null) return;
    const cards = files.map((file) => ({ file, card: new Card(file.name) }));
    this.#cards.prepend(...cards.map(({ card }) => card.element));
    for (const { file, card } of cards) this.#queue(model, file, card, faces === "none");
  }

  #queue(model: Promise<Moue>, file: File, card: Card, whole: boolean): void {
    card.wait("Waits for its turn.");
    this.#last = this.#last.then(async () => {
      try {
        await card.picture(file);
        const moue = await model;
        const analysis = await moue.analyze(file, whole ? { faces: "none" } : {});
        remember({ name: file.name, analysis, error: null });
        card.answer(analysis, moue.model, { thorough: null, whole: () => this.#queue(model, file, card, true) });
      } catch (error) {
        remember({ name: file.name, analysis: null, error: { code: code(error), message: message(error) } });
        card.fail(error);
      }
    });
  }
}
