/** The status line, and the progress bar while the model loads. */

import type { LoadProgress } from "../../src/index.js";
import { byId } from "./dom.js";
import { megabytes } from "./format.js";

const stages: Record<LoadProgress["stage"], string> = {
  code: "Loading the program.",
  model: "Loading the models.",
  device: "Opening the device.",
};

export class Loading {
  readonly #status = byId("status", HTMLElement);
  readonly #bar = byId("progress", HTMLProgressElement);

  /** Says something; each sentence once, for a screen reader reads every change. */
  say(text: string): void {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  progress({ stage, loaded, total }: LoadProgress): void {
    this.#bar.hidden = false;
    const known = loaded !== undefined && total !== undefined && total > 0;
    this.say(stage === "model" && total !== undefined ? `Loading the models, ${megabytes(total)}.` : stages[stage]);
    if (known) this.#bar.value = loaded / total;
    else this.#bar.removeAttribute("value");
  }

  done(text: string): void {
    this.#bar.hidden = true;
    this.say(text);
  }
}
