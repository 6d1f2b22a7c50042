/** The labels beside their colours. */

import { h } from "./dom.js";
import { colour } from "./palette.js";

export function showLegend(list: HTMLElement, labels: string[]): void {
  list.replaceChildren(
    ...labels.map((label, at) => {
      const dot = h("span", { class: "dot", "aria-hidden": "true" });
      dot.style.backgroundColor = colour(label, at);
      return h("li", {}, dot, label);
    }),
  );
}
