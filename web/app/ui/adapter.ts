/** The adapter in a few words. */

import type { AdapterInfo } from "../../src/index.js";

export function adapterName({ name, kind }: AdapterInfo): string {
  return kind === "other" ? name : `${name} (${kind === "cpu" ? "in software" : kind})`;
}
