/** Groups as rows of faces: the one in the middle of each, then those nearest to it. */

import type { Group } from "../../src/index.js";
import { h } from "../ui/dom.js";
import { plural } from "../ui/format.js";
import { faceButton, type Seen } from "./faces.js";

/** Faces of a row that are shown before one asks for all. */
const shown = 12;

export function groupRows(groups: Group[], faces: Seen[]): HTMLElement[] {
  return groups.map(({ members }, at) => {
    const own = members.flatMap(({ index }) => faces[index] ?? []);
    const button = ({ index }: { index: number }, place: number): HTMLButtonElement[] => {
      const seen = faces[index];
      return seen === undefined ? [] : [faceButton(seen, index, place === 0 ? "medoid" : "member")];
    };
    const row = h("div", { class: "crops" }, ...members.slice(0, shown).flatMap(button));
    if (members.length > shown) {
      const more = h("button", { type: "button", class: "more" }, `All ${members.length}`);
      more.addEventListener("click", () => {
        const rest = members.slice(shown).flatMap((member) => button(member, 1));
        more.replaceWith(...rest);
        rest[0]?.focus();
      });
      row.append(more);
    }
    return h("section", { class: "group", "data-testid": "group", "aria-label": `Group ${at + 1}` }, h("h3", {}, `Group ${at + 1}: ${plural(own.length, "face")}, ${mostly(own)}`), row);
  });
}

/** Which expression most of them show. */
function mostly(faces: Seen[]): string {
  const counts = new Map<string, number>();
  for (const { face } of faces) counts.set(face.label, (counts.get(face.label) ?? 0) + 1);
  const [label, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ["nothing", 0];
  if (faces.length === 1) return `read as ${label}`;
  return count === faces.length ? `all read as ${label}` : `${count} of them read as ${label}`;
}
