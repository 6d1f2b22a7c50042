/** What the compiler leaves where it is: WebAssembly, its bindings and the model. */

import { cpSync } from "node:fs";

cpSync(new URL("../src/pkg/", import.meta.url), new URL("../dist/pkg/", import.meta.url), { recursive: true });
