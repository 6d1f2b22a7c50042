/** Action units in words, and how strong they are. */

import type { Actions, ActionUnit, Face } from "../../src/index.js";
import type { KnownUnits } from "../reading/reader.js";

/** 0 to 1: of the intensity, where there is one, else of the probability. */
export function strengthOf({ probability, intensity }: ActionUnit, { intensity: most }: Pick<KnownUnits, "intensity">): number {
  return Math.min(1, intensity === undefined || most === null ? probability : intensity / most);
}

/** What one sees; of a unit without words its name. */
export function wordsOf(name: string, { units }: Pick<KnownUnits, "units">): string {
  return units.find((unit) => unit.name === name)?.words ?? name;
}

/** The units of a face, the strongest first: those that are most probable, as the answer names them. */
export function strongestOf({ strongest, units }: Actions): { name: string; unit: ActionUnit }[] {
  return strongest.flatMap((name) => {
    const unit = units[name];
    return unit === undefined ? [] : [{ name, unit }];
  });
}

/** How strong each unit of a model is on the mean of some faces; null where none was read. */
export function meanStrengths(faces: Face[], model: KnownUnits): Float32Array | null {
  const read = faces.flatMap(({ actions }) => actions ?? []);
  if (read.length === 0) return null;
  const mean = (name: string): number => read.reduce((sum, { units }) => sum + (units[name] === undefined ? 0 : strengthOf(units[name], model)), 0) / read.length;
  return Float32Array.from(model.units, ({ name }) => mean(name));
}
