/** A chosen folder with a folder a label, as `moue teach` reads one. */

import { plural } from "../ui/format.js";

/** Pictures of a label that are learned of at most. */
const most = 1000;

export interface Lot {
  label: string;
  pictures: { file: File; together: string | null }[];
}

/** Its labels and their pictures, both sorted by name; and sentences about what is left out. */
export function lots(files: File[]): { lots: Lot[]; notes: string[] } {
  const parts = (file: File): string[] => file.webkitRelativePath.split("/");
  const shown = files.filter((file) => parts(file).slice(1).every((part) => !part.startsWith(".")));
  const pictures = shown.filter(({ type }) => type.startsWith("image/"));
  const [root = "The folder"] = files[0] === undefined ? [] : parts(files[0]);
  const loose = pictures.filter((file) => parts(file).length < 3).length;
  const found = new Map<string, File[]>();
  for (const file of pictures) {
    const [, label = "", name] = parts(file);
    if (name !== undefined) found.set(label, [...(found.get(label) ?? []), file]);
  }
  if (found.size === 0) {
    const has = loose > 0 ? `has ${plural(loose, "picture")} and no folders` : "has no folders with pictures";
    throw new Error(`${root} ${has}: choose one with a folder of pictures a label.`);
  }
  const notes: string[] = [];
  if (loose > 0) notes.push(`${plural(loose, "picture lies", "pictures lie")} in no label's folder, and ${loose === 1 ? "is" : "are"} left out.`);
  if (shown.length > pictures.length) notes.push(`${plural(shown.length - pictures.length, "file is", "files are")} no pictures, and left out.`);
  const made = [...found].sort(([a], [b]) => compared([a], [b])).map(([label, own]): Lot => {
    const sorted = own.sort((a, b) => compared(parts(a), parts(b)));
    if (sorted.length > most) notes.push(`${label} has ${plural(sorted.length, "picture")}: ${most} are read, evenly spread over their names.`);
    const kept = Array.from({ length: Math.min(most, sorted.length) }, (_, at) => sorted[Math.floor((at * sorted.length) / Math.min(most, sorted.length))] as File);
    return { label, pictures: kept.map((file) => ({ file, together: parts(file).length > 3 ? (parts(file)[2] ?? null) : null })) };
  });
  return { lots: made, notes };
}

/** Part by part, as the program sorts paths. */
function compared(a: string[], b: string[]): number {
  const at = a.findIndex((part, at) => part !== b[at]);
  if (at < 0) return a.length - b.length;
  return (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}
