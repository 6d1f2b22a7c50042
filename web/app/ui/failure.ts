/** A failure as a visible box; where a GPU is missing, also what gives one. */

import { MoueError } from "../../src/index.js";
import { ReadingError } from "../reading/reader.js";
import { h } from "./dom.js";
import { gpuHelp } from "./gpu.js";

/** The code that tests and readers see. */
export function code(error: unknown): string {
  return error instanceof MoueError || error instanceof ReadingError ? error.code : "defect";
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Fills and shows a box, or hides it. */
export function showFailure(box: HTMLElement, error: unknown): void {
  box.hidden = error === null;
  box.replaceChildren();
  delete box.dataset["code"];
  if (error === null) return;
  box.dataset["code"] = code(error);
  box.append(h("p", {}, message(error)), ...gpuHelp(code(error)));
}
