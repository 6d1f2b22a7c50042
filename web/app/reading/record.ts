/** `moue.analyze/1`, as a service answers, as the page's own answers are. */

import type { Actions, Analysis, Eyes, Face, Point, Pose } from "../../src/index.js";
import { ReadingError, type KnownModel } from "./reader.js";

type Probabilities = Record<string, number>;

interface RecordFace {
  box: [x: number, y: number, width: number, height: number];
  score: number | null;
  pose?: Pose;
  eyes?: Eyes;
  mouth?: number;
  landmarks?: Point[];
  blendshapes?: Record<string, number>;
  actions?: Actions;
  embedding?: number[];
  label: string;
  unsure: boolean;
  probabilities: Probabilities;
  members: { name: string; probabilities: Probabilities }[];
}

/** A picture's record. */
export interface PictureRecord {
  schema: "moue.analyze/1";
  width: number;
  height: number;
  faces: RecordFace[];
  error: string | null;
}

/** `total`: milliseconds; of its stages a record says nothing. */
export function analysisOf({ width, height, faces }: PictureRecord, model: KnownModel, total: number): Analysis {
  const times = { pixels: 0, detect: 0, prepare: 0, upload: 0, compute: 0, readback: 0, actions: 0, total };
  return { width, height, faces: faces.map((face) => faceOf(face, model)), times };
}

function faceOf({ box: [x, y, width, height], score, pose, eyes, mouth, landmarks, blendshapes, actions, embedding, label, unsure, probabilities, members }: RecordFace, model: KnownModel): Face {
  const labelIndex = model.labels.indexOf(label);
  const values = (named: Probabilities): Float32Array => Float32Array.from(model.labels, (name) => named[name] ?? Number.NaN);
  const ordered = model.members.map(({ name }) => members.find((member) => member.name === name));
  if (labelIndex < 0 || ordered.includes(undefined)) {
    throw new ReadingError("another-model", "The service has another model now than when this page was opened: load the page anew.");
  }
  return {
    box: { x, y, width, height },
    score,
    track: null,
    pose: pose ?? null,
    eyes: eyes ?? null,
    mouth: mouth ?? null,
    ...(landmarks && { landmarks }),
    ...(blendshapes && { blendshapes }),
    ...(actions && { actions }),
    ...(embedding && { embedding: Float32Array.from(embedding) }),
    label,
    labelIndex,
    unsure,
    probabilities: values(probabilities),
    members: ordered.flatMap((member) => (member === undefined ? [] : [values(member.probabilities)])),
  };
}
