/** What came from the worker, with the types that it has for who asked. */

import type { Analysis, Face } from "./types.js";

/** Changes it in place. */
export function typed(answer: Analysis): Analysis {
  answer.faces.forEach(typedFace);
  return answer;
}

function typedFace(face: Face): void {
  face.probabilities = Float32Array.from(face.probabilities);
  if (face.embedding) face.embedding = Float32Array.from(face.embedding);
  face.members = face.members.map((member) => Float32Array.from(member));
  for (const part of face.pictures ? [face.pictures, ...face.pictures.mapped] : []) {
    const key = "crop" in part ? "crop" : "image";
    (part as unknown as Record<string, ImageData>)[key] = imageOf((part as unknown as Record<string, ImageData>)[key]!);
  }
  if (face.explanation) face.explanation.crop = imageOf(face.explanation.crop);
}

/** What came from the worker as a plain object. */
export function imageOf({ width, height, data }: ImageData): ImageData {
  return new ImageData(data as ImageDataArray, width, height);
}
