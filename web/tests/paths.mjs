/** Where things are, and where what the tests leave goes: below target/web-tests. */

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const repository = resolve(import.meta.dirname, "../..");
/** Cargo's. */
export const target = process.env.MOUE_TARGET ? resolve(process.env.MOUE_TARGET) : join(repository, "target");
export const web = join(repository, "web");
export const page = join(web, "dist-app");
export const dist = join(web, "dist");
export const astronaut = join(repository, "examples/astronaut.png");

/** A folder below target/web-tests, made where it is missing. */
export function folder(...names) {
  const path = join(target, "web-tests", ...names);
  mkdirSync(path, { recursive: true });
  return path;
}
