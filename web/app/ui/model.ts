/** What is known of the model, on the tab "About". */

import type { Moue } from "../../src/index.js";
import type { Service } from "../reading/service.js";
import { adapterName } from "./adapter.js";
import { byId, h } from "./dom.js";
import { megabytes } from "./format.js";

export function showModel({ model, faces, actions, embedding, adapter, version }: Moue): void {
  const kept = (cached: boolean): string => (cached ? ", out of the cache" : "");
  const facts: [string, string][] = [
    ["moue", version],
    ["model", `${model.name}, ${megabytes(model.bytes)}${kept(model.cached)}`],
    ["its SHA-256", model.sha256],
    ["its licence", model.licence],
    ...(faces === null ? [] : ([
      ["finds faces", `${faces.name}, ${megabytes(faces.bytes)}${kept(faces.cached)}`],
      ["its SHA-256", faces.sha256],
      ["its licence", faces.licence],
    ] as [string, string][])),
    ...(actions === null ? [] : ([
      ["reads action units", `${actions.name}, ${megabytes(actions.bytes)}${kept(actions.cached)}`],
      ["its SHA-256", actions.sha256],
      ["its licence", actions.licence],
    ] as [string, string][])),
    ...(embedding === null ? [] : ([
      ["embeds faces", `${embedding.name}, ${megabytes(embedding.bytes)}${kept(embedding.cached)}`],
      ["its SHA-256", embedding.sha256],
      ["its licence", embedding.licence],
    ] as [string, string][])),
    ["adapter", adapterName(adapter)],
    ["driver", adapter.driver],
  ];
  show(facts);
}

/** The same of a service. */
export function showService({ model, actions, host, version }: Service): void {
  show([
    ["read by", `the service at ${host}`],
    ["moue", version],
    ["model", model.name],
    ["its licence", model.licence],
    ...(actions === null ? [] : ([["reads action units", actions.name], ["its licence", actions.licence]] as [string, string][])),
  ]);
}

function show(facts: [string, string][]): void {
  const known = facts.filter(([, value]) => value !== "");
  byId("about-model", HTMLDListElement).replaceChildren(...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
