import type { FileInfo } from "./model.js";

/** What is known of the model that embeds faces. */
export interface EmbeddingModelInfo extends FileInfo {
  name: string;
  licence: string;
  source: string;
  card: string;
}

/** A vector of a face, as `Face.embedding` is: 64 numbers. */
export type Vector = ArrayLike<number>;

/** A vector by its position, and how far it is: the length of the difference. */
export interface Neighbour {
  index: number;
  distance: number;
}

export interface GroupOptions {
  /** `kmeans` where it is left out; `em`: a mixture of Gaussians, by expectation and maximisation. */
  method?: "kmeans" | "em";
  /** Groups at most, 1 or more; 8 where it is left out. */
  k?: number;
  /** The same seed gives the same groups; 0 where it is left out. */
  seed?: number;
}

/** A group of vectors, by their positions. */
export interface Group {
  /** The member nearest the mean of all. */
  medoid: number;
  /** All members, the nearest to the medoid first, which is the first; distances are to it. */
  members: Neighbour[];
}

/** What is written into a file of faces. */
export interface WrittenFaces {
  images: WrittenImage[];
  faces: WrittenFace[];
}

export interface WrittenImage {
  /** What the picture is called. */
  path: string;
  width: number;
  height: number;
  /** Bytes of its file. */
  size: number;
  /** When it was changed, in seconds since 1970. */
  modified: number | null;
}

export interface WrittenFace {
  /** 64 numbers. */
  embedding: number[];
  /** x, y, width, height in pixels of the picture. */
  box: [number, number, number, number];
  /** Position of its picture. */
  image: number;
  /** In the order of the model's labels. */
  probabilities: number[];
  /** How far the eyes are open, the mean of both. */
  eyes: number | null;
  /** The mean of the blendshapes of both corners of the mouth drawn up. */
  smile: number | null;
}
