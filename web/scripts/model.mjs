/** Puts the models beside the code that fetches them, and their checksums into that code. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const models = new URL("../../models/", import.meta.url);
const folder = new URL("../src/pkg/", import.meta.url);
const files = {
  ACTIONS: ["actions.safetensors", new URL("actions/actions.safetensors", models)],
  DEFAULT: ["default.safetensors", new URL("default/default.safetensors", models)],
  EMBEDDING: ["embedding.safetensors", new URL("embedding/embedding.safetensors", models)],
  FACES: ["face.safetensors", process.env.MOUE_FACE_MODEL ?? new URL("face/face.safetensors", models)],
};
const constants = [];
for (const [name, [to, from]] of Object.entries(files)) {
  const bytes = readFileSync(from);
  writeFileSync(new URL(to, folder), bytes);
  constants.push([`${name}_SHA256`, createHash("sha256").update(bytes).digest("hex")]);
}
writeFileSync(new URL("default.js", folder), constants.map(([name, sha256]) => `export const ${name} = "${sha256}";\n`).join(""));
writeFileSync(new URL("default.d.ts", folder), constants.map(([name]) => `export declare const ${name}: string;\n`).join(""));
