/** The native answer to a photograph: what examples/what_networks_see.rs writes and prints. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { target, web } from "./paths.mjs";
import { decode } from "./png.mjs";

const program = join(target, "release/examples", `what_networks_see${process.platform === "win32" ? ".exe" : ""}`);
/** The page's. */
const model = join(web, "dist/pkg/default.safetensors");
const drivers = [process.env.MOUE_SWIFTSHADER, "/usr/lib/chromium/vk_swiftshader_icd.json", join(target, "swiftshader/vk_swiftshader_icd.json")].filter(Boolean);

/** Chromium's own Vulkan driver, so that the page and the program run on the same adapter. */
export function environment() {
  const driver = drivers.find(existsSync);
  if (!driver) throw new Error(`no SwiftShader at ${drivers.join(" or ")}`);
  // Chromium's folder also holds a Vulkan loader, for a machine that has none.
  const libraries = [dirname(driver), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return { ...process.env, XDG_RUNTIME_DIR: "/tmp", VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: libraries };
}

/**
 * `device`: `swiftshader` is the GPU's, `cpu` the engine for the processor, `reference` the twins. `faces`: those that are read, as the page found them; else
 * those that the program finds itself, which are in `found` either way. `repeats`: how often it is read again for its `times`. Faces come with `crop` and `mapped`, decoded, and where it is asked for with `explanation`.
 */
export function native(photo, into, device, { repeats = 0, faces = null, explain = false } = {}) {
  if (!existsSync(program)) throw new Error("build it first: cargo build --release --example what_networks_see");
  mkdirSync(into, { recursive: true });
  const given = join(into, "faces.json");
  if (faces) writeFileSync(given, JSON.stringify(faces));
  const run = spawnSync(program, [photo, into, device, String(repeats), model, ...(faces ? [given, explain ? "explain" : ""] : [])], { env: environment(), encoding: "utf8", maxBuffer: 1 << 24 });
  if (run.status !== 0) throw new Error(`what_networks_see: ${run.stderr || run.error}`);
  const answer = JSON.parse(run.stdout);
  const read = (name) => decode(readFileSync(join(into, name)));
  answer.faces.forEach((face, index) => {
    face.crop = read(`${index}-crop.png`);
    face.mapped = face.representations.map((name) => {
      const codes = `${index}-${name}-codes.png`;
      return { name, image: read(`${index}-${name}.png`), codes: existsSync(join(into, codes)) ? read(codes) : null };
    });
  });
  return answer;
}
