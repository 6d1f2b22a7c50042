/** The two export buttons of a tab. */

import { csv } from "../export/csv.js";
import { jsonLines } from "../export/json.js";
import type { Entry } from "../export/entry.js";
import { knownUnits, type KnownModel } from "../reading/reader.js";
import { byId } from "./dom.js";
import { download } from "./download.js";

/** `prefix` is that of the buttons' ids and of the files' names; `last` what the JSON ends with. */
export function exportButtons(prefix: string, entries: () => Entry[], model: () => KnownModel | null, last: () => string = () => ""): void {
  const button = (kind: string, save: (model: KnownModel) => void): void => {
    byId(`${prefix}-${kind}`, HTMLButtonElement).addEventListener("click", () => {
      const known = model();
      if (known !== null) save(known);
    });
  };
  button("json", (model) => download(`moue-${prefix}.jsonl`, "application/jsonl", jsonLines(entries(), model) + last()));
  button("csv", (model) => download(`moue-${prefix}.csv`, "text/csv", csv(entries(), model, knownUnits())));
}
