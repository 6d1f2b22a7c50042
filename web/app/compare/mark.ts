/** A report's mark: a shape beside the colour, for those who see few of them; the same as `moue bench compare --plot` has. */

import { svg } from "../ui/dom.js";
import { machine } from "../ui/palette.js";

export function mark(at: number, x: number, y: number): SVGElement {
  const fill = machine(at);
  if (at % 4 === 0) return svg("circle", { cx: x, cy: y, r: 5.5, fill });
  if (at % 4 === 1) return svg("rect", { x: x - 5, y: y - 5, width: 10, height: 10, fill });
  return svg("path", { d: at % 4 === 2 ? `M${x} ${y - 6.5}l6.5 6.5l-6.5 6.5l-6.5-6.5z` : `M${x} ${y - 6.5}l6.5 11h-13z`, fill });
}

/** Alone, for text. */
export function markOf(at: number): SVGSVGElement {
  return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, class: "machine-mark", "aria-hidden": "true" }, mark(at, 8, 8));
}
