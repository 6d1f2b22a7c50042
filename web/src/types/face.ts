import type { Actions } from "./actions.js";

/** A rectangle in pixels of the picture; it may reach beyond its edges. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A landmark: `[x, y, z]` in pixels of the picture; z away from who looks, in the same unit. */
export type Point = [x: number, y: number, z: number];

/** How a head is turned, in degrees; all 0 for a face that looks straight out of the picture, upright. */
export interface Pose {
  /** Positive where the nose points to the right of the picture. */
  yaw: number;
  /** Positive where the nose points up. */
  pitch: number;
  /** Positive where the head is turned clockwise, as one sees it. */
  roll: number;
}

/** How far eyes are open: height over width, about 0 closed, 0.25 to 0.35 open. Left and right are the picture's. */
export interface Eyes {
  left: number;
  right: number;
}

/** A picture that a member's network read, before its numbers are scaled. */
export interface MappedPicture {
  /** Name of the representation in the model, such as `cyclic_lbp_5`. */
  name: string;
  /** RGBA; gray where the representation has no colours. */
  image: ImageData;
  /** LBP codes, one byte a pixel, row by row; of a representation without codes, none. */
  codes?: Uint8Array;
  /** Width and height of `codes`. */
  codesSize?: [number, number];
}

/** What the networks saw of a face. */
export interface FacePictures {
  /** The canonical crop, RGBA. */
  crop: ImageData;
  /** One a representation, in the model's order. */
  mapped: MappedPicture[];
}

/**
 * Why a face has its label: class-activation maps, row by row as the crop. A value is what its place adds to the label's logit, over what it adds to the mean of the
 * others, were all places like it.
 */
export interface FaceExplanation {
  /** The face as the networks get it. */
  crop: ImageData;
  /** The members' maps, fused by their weights. */
  fused: Float32Array;
  /** In the order of the model's members; null for a network that does not end in the mean over a map. */
  members: (Float32Array | null)[];
}

/** The answer for one face. */
export interface Face {
  /** From the forehead to the chin and from ear to ear, without the model's margin; the whole picture with `faces: "none"`. */
  box: Box;
  /** How sure it is a face, 0 to 1; null with `faces: "none"`. */
  score: number | null;
  /** Whose it is: the same number in all frames of a `stream` that show it; without one null. */
  track: number | null;
  /** How the head is turned; null with `faces: "none"`. */
  pose: Pose | null;
  /** How far the eyes are open; null with `faces: "none"`. */
  eyes: Eyes | null;
  /** How far the mouth is open: height over width of the inner lips, about 0 closed, 0.5 and more wide open; null with `faces: "none"`. */
  mouth: number | null;
  /** With `landmarks`: as many points. The order of 478 is MediaPipe's, of 68 iBUG's, of 5 eyes, nose, corners of the mouth. */
  landmarks?: Point[];
  /** With `blendshapes: true`: the strength of each of the 52, 0 to 1, by MediaPipe's names. Left and right are the person's. */
  blendshapes?: Record<string, number>;
  /** With `actions: true`, of a face whose landmarks were found: its action units. */
  actions?: Actions;
  /** With `embed: true`: 64 numbers, whose distances mean likeness of expression. */
  embedding?: Float32Array;
  /** The most probable label. */
  label: string;
  /** Its position in `Moue.model.labels`. */
  labelIndex: number;
  /** Whether people would disagree about this face: its label has less than half. */
  unsure: boolean;
  /** Fused probabilities, in the order of the model's labels; sum 1. */
  probabilities: Float32Array;
  /** Each member's own probabilities, in the order of the model's members. */
  members: Float32Array[];
  /** With `pictures: true`. */
  pictures?: FacePictures;
  /** With `explain: true`. */
  explanation?: FaceExplanation;
}

/** Lines between the 478 landmarks, as pairs of their positions. */
export interface FaceLines {
  /** Lips, eyes, brows, irises and the outline. */
  contours: [from: number, to: number][];
  /** Edges of the whole mesh. */
  mesh: [from: number, to: number][];
}
