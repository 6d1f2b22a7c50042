/** A table that becomes a list of blocks on a narrow screen; the roles keep it a table for a screen reader. */

import { h } from "./dom.js";

export type Cell = string | Node;

export function table(caption: string, columns: string[], rows: Cell[][], testid: string): HTMLTableElement {
  return h(
    "table",
    { class: "wide", role: "table", "data-testid": testid },
    h("caption", {}, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...columns.map((name) => h("th", { scope: "col", role: "columnheader" }, name)))),
    h("tbody", { role: "rowgroup" }, ...rows.map((cells) => row(columns, cells))),
  );
}

function row(columns: string[], cells: Cell[]): HTMLTableRowElement {
  return h("tr", { role: "row" }, ...cells.map((cell, at) => h("td", { role: "cell", "data-label": columns[at] ?? "" }, cell)));
}
