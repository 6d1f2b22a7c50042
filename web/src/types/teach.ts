import type { AnalyzeOptions } from "./options.js";
import type { Box } from "./face.js";

/** A label, and how many faces of it were added. */
export interface TeacherLabel {
  label: string;
  faces: number;
}

/** Where a face comes from, and how it is looked for. Faces that belong together never stand on both sides of a test. */
export interface TeacherFaceOptions extends Pick<AnalyzeOptions, "find" | "minFace" | "minScore"> {
  /** `largest` where it is left out: the picture is refused where another face is more than half as large. `none`: the whole picture is the face. */
  faces?: "largest" | "none";
  /** What the answer calls it; the file's name where it is left out. */
  name?: string;
  /** Faces with the same belong together: a person, a session, a video, the seconds that a button was held. */
  together?: string;
  /** Seconds since any moment at which it was taken: faces less than 10 apart belong together. Of a JPEG file what the camera says where it is left out. */
  taken?: number;
}

/** A face that was added. */
export interface TeacherFace {
  /** Its number, by which it is removed. */
  face: number;
  box: Box;
  /** What the networks read. */
  crop: ImageData;
}

/** Parts that were learned, of so many. */
export interface TeachProgress {
  done: number;
  all: number;
}

export interface TeachOptions {
  /** Name of the model; `mine` where it is left out. */
  name?: string;
  /** Which of your labels are which of the model's, as `{ grin: "happy" }`, to compare the two; labels of the same name are known. */
  same?: Record<string, string>;
  onProgress?: (progress: TeachProgress) => void;
}

/** What `moue teach --json` says of it. */
export interface TeachReport {
  labels: string[];
  /** Faces that were learned of, a label. */
  faces: number[];
  /** Bursts that they are of. */
  bursts: number;
  /** Features of a face. */
  features: number;
  /** How strong the penalty is. */
  strength: number;
  objective: number;
  /** The norm of the objective's gradient. */
  gradient: number;
  temperature: number;
  /** Null where all faces of a label are of one burst, so that it cannot be left out. */
  tested: TeachTest | null;
}

/** A test by parts: each was answered by what was learned of the others. */
export interface TeachTest {
  parts: number;
  /** The share of the faces that were answered rightly. */
  accuracy: number;
  /** The mean of that share over the labels. */
  balanced: number;
  /** How many, as `[label][answer]`. */
  confusion: number[][];
  /** The mean logarithm of the probability of what is right, negated, labels counting the same. */
  loss: number;
  /** `default`: what the model answers among these labels; `most_frequent`: always that label. */
  against: "default" | "most_frequent";
  /** The accuracy of that. */
  other: number;
  /** The difference, and where it lies in 95 of 100 draws of the bursts; null of fewer than ten. */
  better: { gain: number; interval: [number, number] | null };
}

/** What was taught. */
export interface Taught {
  report: TeachReport;
  /** Whether it is better than what it is compared with, and by how much; null where it was not tested. */
  sentence: string | null;
  /** Sentences about faces that were not learned of. */
  remarks: string[];
  /** A file that `moue analyze --model` and `Moue.load({ model })` take. */
  file: Uint8Array<ArrayBuffer>;
}
