/** Why something failed. */
export type MoueErrorCode =
  | "insecure"
  | "no-webgpu"
  | "no-adapter"
  | "device-lost"
  | "out-of-memory"
  | "bad-model"
  | "bad-picture"
  | "bad-video"
  | "bad-argument"
  | "network"
  | "stopped"
  | "defect";

/** A failure, with a sentence that a person can act on. */
export class MoueError extends Error {
  readonly code: MoueErrorCode;

  constructor(code: MoueErrorCode, message: string) {
    super(message);
    this.name = "MoueError";
    this.code = code;
  }
}

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

/** Milliseconds of one analysis, by stage. */
export interface StageTimes {
  /** Taking the pixels out of the source. */
  pixels: number;
  /** Finding faces and their landmarks, whatever it takes: also making ready what a picture of this size needs first. */
  detect: number;
  /** Recording plans and compiling pipelines; 0 once a number of faces was met. */
  prepare: number;
  /** Packing the faces' pixels and handing them to the GPU; on the processor 0. */
  upload: number;
  /** Reading expressions, from submission to completion; on the processor all but finding faces. */
  compute: number;
  /** Taking the probabilities back; on the processor 0. */
  readback: number;
  /** All of it, from the call to the answer. */
  total: number;
}

/** The answer for one picture. */
export interface Analysis {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** Best score first; none is no error. */
  faces: Face[];
  times: StageTimes;
}

/** The answer for one frame of a video file. */
export interface FrameAnalysis extends Analysis {
  /** Its number in the file, from 0. */
  frame: number;
  /** When it is shown, in seconds as the file says them: the first frame's need not be 0. */
  pts: number;
  /** When it is shown, in seconds since the first frame. */
  timestamp: number;
}

/** What is known of a video file before its frames. */
export interface VideoInfo {
  /** Packets in the file, each of which should be a frame; null where they cannot be counted. */
  frames: number | null;
  /** Seconds from the first frame to the end of the last one; null where the file does not say. */
  duration: number | null;
  /** In pixels, as it is shown: upright, of square pixels. */
  width: number;
  /** In pixels, as it is shown. */
  height: number;
  /** Such as `VP9`. */
  codec: string;
  /** Steps a second of the file's own clock: times of frames are whole numbers of them. */
  ticks: number;
}

/** What is known of a video file once its frames are over. */
export interface VideoEnd {
  /** Frames that were decoded, those left out too. */
  frames: number;
  /** Packets in the file; null where they cannot be counted. Where all was read and `frames` is another number, frames are missing. */
  packets: number | null;
  /** Seconds that the file says it has and that are not there, as of one that was cut off; 0 where it is whole. */
  missing: number;
}

/** The GPU, as the browser describes it, or the processor. */
export interface AdapterInfo {
  /** `cpu` for the processor. */
  name: string;
  /** `webgpu`, or `cpu` where no GPU is used. */
  backend: "webgpu" | "cpu";
  /** Of the processor, its vector instructions and threads. */
  driver: string;
  /** `discrete`, `integrated`, `cpu` (also of a GPU in software), or `other` where the browser does not say. */
  kind: string;
  /** Whether tensors can lie in f16. */
  f16: boolean;
  /** Bytes of the largest storage binding; of the processor none. */
  binding: number | null;
}

/** A member of the ensemble. */
export interface MemberInfo {
  name: string;
  /** What it reads of a face. */
  representation: string;
  /** Its share of the fused answer. */
  weight: number;
}

/** What is known of a model's file. */
export interface FileInfo {
  /** Bytes of its file. */
  bytes: number;
  /** SHA-256 of its file, in hexadecimal digits. */
  sha256: string;
  /** Whether it came out of the cache. */
  cached: boolean;
}

/** What is known of the model. */
export interface ModelInfo extends FileInfo {
  name: string;
  labels: string[];
  members: MemberInfo[];
  licence: string;
  source: string;
  card: string;
}

/** What is known of the model that finds faces. */
export interface FaceModelInfo extends FileInfo {
  name: string;
  licence: string;
  source: string;
}

/** Lines between the 478 landmarks, as pairs of their positions. */
export interface FaceLines {
  /** Lips, eyes, brows, irises and the outline. */
  contours: [from: number, to: number][];
  /** Edges of the whole mesh. */
  mesh: [from: number, to: number][];
}

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

export interface BenchOptions {
  /** Names of networks (`moue zoo`), `default`, `lbp`; what suits the adapter where it is left out, as `moue bench` does. */
  nets?: string[];
  /** Images answered together. */
  batches?: number[];
  precisions?: ("f32" | "f16")[];
  /** Ends it after the network in hand. */
  signal?: AbortSignal;
  onProgress?: (progress: BenchProgress) => void;
}

export interface BenchProgress {
  /** What is being measured, or was found. */
  message: string;
  /** Networks done, of all. */
  done: number;
  all: number;
}

/** `moue.bench/1`: the file that `moue bench --json` writes. */
export interface BenchReport {
  schema: "moue.bench/1";
  adapter: { name: string; backend: string; driver: string };
  peak: { gflops_f32: number | null; gflops_f16_matrix: number | null; gbytes_per_s: number | null };
  results: BenchResult[];
  not_measured: { net: string; batch: number; precision: string; error: string }[];
  tuned_layers: number;
  peak_memory_kib: number | null;
  moue: string;
  date: string;
}

export interface BenchResult {
  net: string;
  batch: number;
  precision: string;
  median_ms: number;
  min_ms: number;
  p90_ms: number;
  upload_ms: number | null;
  compute_ms: number | null;
  readback_ms: number | null;
  images_per_s: number;
  gflops: number | null;
  /** Operations of the batch, in 10^9, where every convolution is computed directly, whatever computed it. */
  direct_gflop: number | null;
  share_of_roof: number | null;
  gbytes_per_s: number | null;
  first_ms: number;
  repeats: number;
  images_a_submission: number | null;
  pipelines: number | null;
  dispatches: number | null;
  slab_bytes: number | null;
}

/** What the module holds now. */
export interface Memory {
  /** Bytes of the WebAssembly memory. */
  wasm: number;
}
