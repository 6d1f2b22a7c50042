/**
 * Four made-up labels, 20 renders each of faces with known action units, a folder a person: `node tests/renders.mjs FOLDER` writes them as `moue teach` and the page read them.
 * None is of the people kept for acceptance, of whom there are no pictures.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { repository } from "./paths.mjs";

const data = join(repository, "../shared/data/au-renders");
const [faces, ofPerson] = [20, 2];
/** What of a row makes it of a label: intensities of 0 to 1. */
const labels = {
  "eyes closed": (unit) => unit("AU43") >= 0.8 && unit("AU12") < 0.2 && unit("AU28") < 0.2,
  "lips sucked": (unit) => unit("AU28") >= 0.6 && unit("AU43") < 0.2,
  "smile closed": (unit) => unit("AU12") >= 0.5 && unit("AU25") < 0.1 && unit("AU43") < 0.2 && unit("AU28") < 0.2,
  "smile open": (unit) => unit("AU12") >= 0.5 && unit("AU25") >= 0.4 && unit("AU43") < 0.2,
};

/** Why there are none; false where they are there. */
export const noRenders = () => !existsSync(join(data, "stills.tar")) && `SKIPPED: no ${data}`;

/** `[{ path, bytes }]`, the path `LABEL/PERSON/NAME.jpg`: of each label the first in the table, at most two of a person. */
export function renders() {
  const [head, ...rows] = readFileSync(join(data, "labels.csv"), "utf8").trim().split("\n").map((line) => line.trim().split(","));
  const column = (name) => head.indexOf(name);
  const pictures = untarred(readFileSync(join(data, "stills.tar")));
  return Object.entries(labels).flatMap(([label, shows]) => {
    const people = new Map();
    const own = rows.filter((row) => {
      const person = row[column("person")];
      const taken = people.get(person) ?? 0;
      if (taken === ofPerson || !shows((unit) => Number(row[column(unit)]))) return false;
      people.set(person, taken + 1);
      return true;
    });
    return own.slice(0, faces).map((row) => {
      const file = row[column("file")];
      return { path: `${label}/${row[column("person")]}/${file.split("/").at(-1)}`, bytes: pictures.get(file) };
    });
  });
}

/** Writes pictures below a folder. */
export function written(pictures, root) {
  for (const { path, bytes } of pictures) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/** The files of a tar archive by their names. */
function untarred(archive) {
  const files = new Map();
  for (let at = 0; archive[at]; ) {
    const text = (from, length) => archive.toString("latin1", at + from, at + from + length).replace(/\0.*$/s, "").trim();
    const size = Number.parseInt(text(124, 12), 8);
    files.set(text(0, 100), archive.subarray(at + 512, at + 512 + size));
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return files;
}

if (process.argv[1] && resolve(process.argv[1]) === import.meta.filename) {
  const [, , into] = process.argv;
  if (!into) throw new Error("name a folder to write them to");
  written(renders(), into);
}
