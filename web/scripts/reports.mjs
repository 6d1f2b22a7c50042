/** The reports of benches/results, which the page brings along for its tab "Compare". */

import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../benches/results/", import.meta.url);
/** The module that lists them. */
const list = "virtual:reports";

/** The names of the files. */
function names() {
  return readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
}

function read(name) {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}

/** Without the operators' own times, of which the page shows none: they are nine tenths of a file. */
export function slim(report) {
  const results = report.results.map(({ kernels, kernels_images, ...result }) => result);
  return `${JSON.stringify({ ...report, results })}\n`;
}

/** A plugin of Vite: each report is a file of its own, fetched when it is chosen, and the module `virtual:reports` says which there are. */
export const reports = {
  name: "reports",
  resolveId: (id) => (id === list ? `\0${list}` : undefined),
  load(id) {
    if (id !== `\0${list}`) return undefined;
    const kept = names().map((file) => {
      const { adapter, system, date } = read(file);
      return { file, adapter: adapter.name, driver: adapter.driver, browser: system?.browser ?? null, date };
    });
    return `export default ${JSON.stringify(kept)};`;
  },
  generateBundle() {
    for (const name of names()) this.emitFile({ type: "asset", fileName: `reports/${name}`, source: slim(read(name)) });
  },
};
