/** The action units that the native program reads, and how far others are from them. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { environment } from "./native.mjs";
import { target } from "./paths.mjs";

export const program = join(target, `release/moue${process.platform === "win32" ? ".exe" : ""}`);
/** What two probabilities may differ by, and two intensities of 0 to 5. */
const most = { probability: 2e-3, intensity: 1e-2 };

/** Why there is no native program; false where there is one. */
export const noProgram = () => !existsSync(program) && `SKIPPED: no ${program}: cargo build --release`;

/** `[{ track, actions }]` of every picture, or frame; `device`: `gpu` is Chromium's, `cpu` the processor. */
export function nativeUnits(path, device, { find = "normal" } = {}) {
  const values = ["analyze", path, "--actions", "--find", find, "--json", "--device", device === "gpu" ? "swiftshader" : device];
  const run = spawnSync(program, values, { env: environment(), encoding: "utf8", maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`moue analyze: ${run.stderr || run.error}`);
  const records = run.stdout.trim().split("\n").map((line) => JSON.parse(line)).filter(({ schema }) => schema !== "moue.video/1");
  return records.map(({ faces }) => faces.map(({ track = null, actions }) => ({ track, actions })));
}

/** Every way in which what was read of pictures is not what the program reads. */
export function unlike(found, wanted) {
  if (found.length !== wanted.length) return [`${found.length} pictures instead of ${wanted.length}`];
  return found.flatMap((faces, at) => {
    if (faces.length !== wanted[at].length) return [`picture ${at}: ${faces.length} faces instead of ${wanted[at].length}`];
    return faces.flatMap(({ track, actions }, face) => {
      const [own, other] = [actions, wanted[at][face].actions];
      const where = `picture ${at}, face ${face}`;
      const names = (units) => Object.keys(units).join(" ");
      const wrong = track === wanted[at][face].track ? [] : [`${where}: track ${track}`];
      if (names(own.units) !== names(other.units)) return [...wrong, `${where}: the units ${names(own.units)} instead of ${names(other.units)}`];
      for (const [name, unit] of Object.entries(own.units)) {
        for (const [what, bound] of Object.entries(most)) {
          const [a, b] = [unit[what] ?? 0, other.units[name][what] ?? 0];
          if (!(Math.abs(a - b) <= bound)) wrong.push(`${where}, ${what} of ${name}: ${a} instead of ${b}`);
        }
        // At the threshold itself rounding may tell.
        if (unit.present !== other.units[name].present && Math.abs(unit.probability - 0.5) > most.probability) wrong.push(`${where}: ${name} is ${unit.present ? "" : "not "}present`);
      }
      const strong = ({ strongest, units }) => strongest.map((name) => units[name].probability);
      const far = Math.max(...strong(own).map((value, place) => Math.abs(value - strong(other)[place])));
      if (own.strongest.length !== 5 || far > most.probability) wrong.push(`${where}: ${own.strongest} are the strongest instead of ${other.strongest}`);
      return wrong;
    });
  });
}

/** How far the probabilities of the first faces are apart, on the mean. */
export function apart(found, wanted) {
  const all = found.flatMap(([{ actions }], at) => Object.entries(actions.units).map(([name, { probability }]) => Math.abs(probability - wanted[at][0].actions.units[name].probability)));
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}
