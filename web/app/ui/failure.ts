/** A failure as a visible box; where WebGPU is missing, also what has it. */

import { MoueError } from "../../src/index.js";
import { h } from "./dom.js";

/** The code that tests and readers see. */
export function code(error: unknown): string {
  return error instanceof MoueError ? error.code : "defect";
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
  box.append(h("p", {}, message(error)), ...remedies(code(error)));
}

function remedies(code: string): Node[] {
  switch (code) {
    case "no-webgpu":
      // Elsewhere than on https: and localhost every browser hides it.
      return isSecureContext ? [h("p", {}, "Those that have it:"), browsers()] : [];
    case "no-adapter":
      return [h("p", {}, "On Linux, Chrome needs the flag ", h("code", {}, "chrome://flags/#enable-unsafe-webgpu"), ".")];
    default:
      return [];
  }
}

/** Those that have WebGPU and `GPUAdapter.info`. */
function browsers(): HTMLElement {
  return h(
    "ul",
    { "data-testid": "browsers" },
    h("li", {}, "Chrome and Edge 127 and later on Windows, macOS, ChromeOS and Android"),
    h("li", {}, "Safari 26 and later"),
    h("li", {}, "Firefox 141 and later on Windows, 145 and later on macOS with Apple silicon"),
    h("li", {}, "Chrome on Linux with the flag ", h("code", {}, "chrome://flags/#enable-unsafe-webgpu")),
  );
}
