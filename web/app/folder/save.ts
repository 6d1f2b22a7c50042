/** What is saved of a folder's faces. */

import type { WrittenFaces } from "../../src/index.js";
import type { Entry } from "../export/entry.js";
import type { Read, Seen } from "./faces.js";

/** As `Moue.facesFile` takes them. */
export function written(pictures: Read[], faces: Seen[]): WrittenFaces {
  return {
    images: pictures.map(({ path, width, height, size, modified }) => ({ path, width, height, size, modified })),
    faces: faces.map(({ face, embedding, image }) => ({
      embedding: [...embedding],
      box: [face.box.x, face.box.y, face.box.width, face.box.height],
      image,
      probabilities: [...face.probabilities],
      eyes: face.eyes && (face.eyes.left + face.eyes.right) / 2,
      smile: face.blendshapes ? ((face.blendshapes["mouthSmileLeft"] ?? 0) + (face.blendshapes["mouthSmileRight"] ?? 0)) / 2 : null,
    })),
  };
}

/** What `Export JSON` takes, a picture each. */
export function entries(pictures: Read[]): Entry[] {
  return pictures.map(({ path, analysis }) => ({ input: path, analysis, error: null, seconds: null }));
}
