/** What the compiler leaves where it is: WebAssembly, its bindings and the models, the demuxer, and the licences that npm's package carries. */

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { notice } from "./mediabunny.mjs";

cpSync(new URL("../src/pkg/", import.meta.url), new URL("../dist/pkg/", import.meta.url), { recursive: true });
for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  cpSync(new URL(`../../${name}`, import.meta.url), new URL(`../dist/${name}`, import.meta.url));
}
for (const name of ["LICENSE-APACHE", "NOTICE"]) {
  cpSync(new URL(`../../models/face/${name}`, import.meta.url), new URL(`../dist/face/${name}`, import.meta.url));
}
// A module without imports of its own: the package works without a bundler.
const mediabunny = new URL("../node_modules/mediabunny/", import.meta.url);
const vendored = new URL("../dist/mediabunny/", import.meta.url);
cpSync(new URL("dist/bundles/mediabunny.min.mjs", mediabunny), new URL("mediabunny.js", vendored));
cpSync(new URL("LICENSE", mediabunny), new URL("LICENSE", vendored));
writeFileSync(new URL("NOTICE", vendored), notice(readFileSync(new URL("package.json", mediabunny), "utf8")));
