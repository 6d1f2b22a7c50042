/** The faces of many pictures, each with a small picture of it. */

import type { Analysis, Face, Moue } from "../../src/index.js";
import { context, h } from "../ui/dom.js";

/** A face that was read. */
export interface Seen {
  face: Face;
  embedding: Float32Array;
  /** Position of its picture. */
  image: number;
  /** Name of its picture. */
  name: string;
  /** Address of a small picture of it. */
  crop: string;
}

/** A picture that was read. */
export interface Read {
  path: string;
  width: number;
  height: number;
  size: number;
  modified: number;
  analysis: Analysis;
}

/** Side of a small picture. */
const side = 112;
/** What of a face's box lies around it, on each side. */
const margin = 0.15;

/** With its folder, where one was chosen. */
export function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

/** The faces of one picture, from left to right as they were found. */
export async function readFaces(moue: Moue, file: File, image: number): Promise<{ picture: Read; faces: Seen[] }> {
  const analysis = await moue.analyze(file, { embed: true, blendshapes: true });
  const picture = { path: pathOf(file), width: analysis.width, height: analysis.height, size: file.size, modified: file.lastModified / 1000, analysis };
  if (analysis.faces.length === 0) return { picture, faces: [] };
  const bitmap = await createImageBitmap(file);
  try {
    const faces: Seen[] = [];
    for (const face of analysis.faces) {
      const { embedding } = face;
      if (embedding !== undefined) faces.push({ face, embedding, image, name: picture.path, crop: await cropped(bitmap, face) });
    }
    return { picture, faces };
  } finally {
    bitmap.close();
  }
}

async function cropped(bitmap: ImageBitmap, { box }: Face): Promise<string> {
  const canvas = h("canvas", { width: side, height: side });
  const [w, t] = [box.width * (1 + 2 * margin), box.height * (1 + 2 * margin)];
  const longest = Math.max(w, t);
  const [x, y] = [box.x + box.width / 2 - longest / 2, box.y + box.height / 2 - longest / 2];
  context(canvas).drawImage(bitmap, x, y, longest, longest, 0, 0, side, side);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.88));
  if (blob === null) throw new Error("the browser made no picture of a face");
  return URL.createObjectURL(blob);
}

/** In words. */
export function words({ face, name }: Seen): string {
  return `${name}: ${face.label} ${Math.round(100 * (face.probabilities[face.labelIndex] ?? 0))} %${face.unsure ? ", unsure" : ""}`;
}

/** A face as a button. */
export function faceButton(seen: Seen, at: number, kind: string): HTMLButtonElement {
  return h("button", { type: "button", class: `crop ${kind}`, "data-face": at, "data-testid": `crop-${kind}`, title: words(seen), "aria-label": words(seen) }, h("img", { src: seen.crop, alt: "" }));
}
