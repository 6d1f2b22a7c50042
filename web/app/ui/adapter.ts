/** The adapter in a few words. */

import type { AdapterInfo } from "../../src/index.js";

export function adapterName({ name, backend, kind, driver }: AdapterInfo): string {
  if (backend === "cpu") return `the processor (${driver})`;
  return kind === "other" ? name : `${name} (${kind === "cpu" ? "in software" : kind})`;
}
