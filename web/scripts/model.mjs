/** Puts the default model beside the code that fetches it, and its checksum into that code. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const bytes = readFileSync(new URL("../../models/default/default.safetensors", import.meta.url));
const folder = new URL("../src/pkg/", import.meta.url);
const sha256 = createHash("sha256").update(bytes).digest("hex");
writeFileSync(new URL("default.safetensors", folder), bytes);
writeFileSync(new URL("default.js", folder), `export const DEFAULT_SHA256 = "${sha256}";\n`);
writeFileSync(new URL("default.d.ts", folder), "export declare const DEFAULT_SHA256: string;\n");
