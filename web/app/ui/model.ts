/** What is known of the model, on the tab "About". */

import type { Moue } from "../../src/index.js";
import { adapterName } from "./adapter.js";
import { byId, h } from "./dom.js";
import { megabytes } from "./format.js";

export function showModel({ model, adapter, version }: Moue): void {
  const facts: [string, string][] = [
    ["moue", version],
    ["model", `${model.name}, ${megabytes(model.bytes)}${model.cached ? ", out of the cache" : ""}`],
    ["its SHA-256", model.sha256],
    ["its licence", model.licence],
    ["adapter", adapterName(adapter)],
    ["driver", adapter.driver],
  ];
  const known = facts.filter(([, value]) => value !== "");
  byId("about-model", HTMLDListElement).replaceChildren(...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
