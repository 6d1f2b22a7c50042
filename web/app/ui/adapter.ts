/** The adapter in a few words. */

import type { Reader } from "../reading/reader.js";

export function adapterName({ name, backend, kind, driver }: Reader["adapter"]): string {
  if (backend === "cpu") return `the processor (${driver})`;
  return kind === "other" ? name : `${name} (${kind === "cpu" ? "in software" : kind})`;
}
