import type { VideoInfo } from "./answer.js";

/** Where loading is. */
export interface LoadProgress {
  stage: "code" | "model" | "device";
  /** Bytes so far, of the models. */
  loaded?: number;
  /** Bytes in all, where the server says. */
  total?: number;
}

/** A model file elsewhere: fetched, and kept in the cache under its checksum. */
export interface ModelFile {
  url: string | URL;
  /** SHA-256 in hexadecimal digits. Where it is left out, nothing is checked and nothing cached. */
  sha256?: string;
}

export interface LoadOptions {
  /** A model file of moue; the default model where it is left out. */
  model?: ModelFile | ArrayBuffer;
  /**
   * The model that finds faces; the default one where it is left out. `later`: the default one, once a picture needs it; pictures that are one face each
   * (`faces: "none"`) never do.
   */
  faces?: ModelFile | ArrayBuffer | "later";
  /** The model of action units, the default one where it is left out. It is fetched once a picture is read with `actions: true`. */
  actions?: ModelFile | ArrayBuffer;
  /** The model that embeds faces, the default one where it is left out. It is fetched once a picture is read with `embed: true`. */
  embedding?: ModelFile | ArrayBuffer;
  /** `gpu` or nothing else, `cpu`; where it is left out the GPU that the browser gives, and without one the processor. */
  device?: "gpu" | "cpu";
  /** Which of two GPUs the browser is asked for; `high-performance` where it is left out. */
  power?: GPUPowerPreference;
  /** Type of weights and tensors; `f32` where it is left out. `f16` needs a GPU. */
  precision?: "f32" | "f16";
  onProgress?: (progress: LoadProgress) => void;
}

/** Frames that follow each other. */
export interface Stream {
  /** Another name begins anew; the last four are kept. */
  name: string;
  /** When the frame was taken, in milliseconds since any moment, as of `performance.now()`. */
  time: number;
}

export interface AnalyzeOptions {
  /** `all` where it is left out. `none`: the whole picture is one face. */
  faces?: "all" | "largest" | "none";
  /**
   * How thoroughly faces are looked for; `normal` where it is left out. `fast`: large ones, such as those before a camera. `normal`: upright and tilted ones of
   * 24 pixels and more. `thorough`: of 16 pixels and more, turned ones and those upside down too.
   */
  find?: "fast" | "normal" | "thorough";
  /** Width of the smallest face in pixels, 8 or more; that of `find` where it is left out. */
  minFace?: number;
  /** Least score of a face, 0 to 1; 0.5 where it is left out. */
  minScore?: number;
  /** Also give so many landmarks of each face. */
  landmarks?: 5 | 68 | 478;
  /** Also measure the 52 blendshapes of each face. */
  blendshapes?: boolean;
  /**
   * Also read the action units (FACS) of each face that is found; the first time their model is fetched, 2 MB. In `analyzeVideo` motion tells too; of one picture, also
   * of a `stream`, the still face alone.
   */
  actions?: boolean;
  /** Also give the 64 numbers of each face that `neighbours`, `groups` and `map` take; the first time their model is fetched, 2 MB. */
  embed?: boolean;
  /** Where the picture is a frame of a video: faces are followed from one to the next, which takes less time, and each says whose it is in `track`. */
  stream?: Stream;
  /** Five crops and their mirrors instead of what the model says: slower, steadier. */
  oversample?: boolean;
  /** Also give what the networks saw. */
  pictures?: boolean;
  /** Also give what the networks looked at: each reads every face once more. */
  explain?: boolean;
}

/** How the frames of a video file are read: those of `analyze`, and which frames. Faces are followed from frame to frame; each call follows its own. */
export interface VideoOptions extends Omit<AnalyzeOptions, "stream"> {
  /** Every so many frames; 1 where it is left out. */
  every?: number;
  /** Seconds since the first frame at which to begin; what is before is decoded and left out. */
  from?: number;
  /** Seconds since the first frame before which to end. */
  to?: number;
  /** Ends it after the frame in hand. */
  signal?: AbortSignal;
  /** Told before the first frame. */
  onInfo?: (info: VideoInfo) => void;
}

/**
 * What `analyze` takes. A `Blob` is decoded upright and without colour conversion: PNGs to the bytes that moue itself decodes, but of 16 bits browsers may
 * drop the lower eight where moue rounds. Of the others the pixels are those that are shown.
 */
export type Source = ImageBitmap | VideoFrame | HTMLImageElement | HTMLVideoElement | HTMLCanvasElement | OffscreenCanvas | ImageData | Blob;
