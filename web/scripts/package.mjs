/** What the compiler leaves where it is: WebAssembly, its bindings and the models, and the licences that npm's package carries. */

import { cpSync } from "node:fs";

cpSync(new URL("../src/pkg/", import.meta.url), new URL("../dist/pkg/", import.meta.url), { recursive: true });
for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  cpSync(new URL(`../../${name}`, import.meta.url), new URL(`../dist/${name}`, import.meta.url));
}
for (const name of ["LICENSE-APACHE", "NOTICE"]) {
  cpSync(new URL(`../../models/face/${name}`, import.meta.url), new URL(`../dist/face/${name}`, import.meta.url));
}
