/** What gives a page a GPU, and the sentence where it goes without. */

import type { Moue } from "../../src/index.js";
import { h } from "./dom.js";

/** What helps where that is the reason why there is no GPU. */
export function gpuHelp(code: string): HTMLElement[] {
  switch (code) {
    case "no-webgpu":
      return [h("p", {}, "Those that have it:"), browsers()];
    case "no-adapter":
      return [h("p", {}, "On Linux, Chrome needs the flag ", h("code", {}, "chrome://flags/#enable-unsafe-webgpu"), ".")];
    default:
      return [];
  }
}

/** Says that the processor reads faces, and why; hides the box where a GPU does. */
export function showNotice(box: HTMLElement, { adapter, warning }: Moue): void {
  box.hidden = adapter.backend !== "cpu";
  if (box.hidden) return;
  box.replaceChildren(h("p", {}, h("b", {}, "No GPU is used."), " The processor reads faces instead, more slowly; the answers are the same."));
  if (warning === null) return;
  box.dataset["code"] = warning.code;
  box.append(h("details", {}, h("summary", {}, "Why"), h("p", {}, warning.message), ...gpuHelp(warning.code)));
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
