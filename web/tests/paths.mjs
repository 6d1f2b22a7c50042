/** Where things are, and where what the tests leave goes: below target/web. */

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const repository = resolve(import.meta.dirname, "../..");
export const web = join(repository, "web");
export const page = join(web, "dist-app");
export const dist = join(web, "dist");
export const astronaut = join(repository, "examples/astronaut.png");

/** A folder below target/web, made where it is missing. */
export function folder(...names) {
  const path = join(repository, "target/web", ...names);
  mkdirSync(path, { recursive: true });
  return path;
}
