/**
 * Facial-expression reading in the browser. The work, from pixels to probabilities, is done by WGSL kernels on the GPU and by WebAssembly in a Web Worker,
 * where there is no GPU by WebAssembly alone; nothing is sent anywhere.
 *
 * ```js
 * import { Moue } from "moue";
 * const moue = await Moue.load();
 * const { faces } = await moue.analyze(document.querySelector("video"));
 * ```
 */

import { expressions, faces, together } from "./model.js";
import { pixelsOf, type Pixels } from "./pixels.js";
import type { Asked, Choice, Failure, Reply, Request } from "./protocol.js";
import { MoueError } from "./types.js";
import { framesOf } from "./video.js";
import type {
  AdapterInfo,
  Analysis,
  AnalyzeOptions,
  BenchOptions,
  BenchReport,
  Face,
  FaceLines,
  FaceModelInfo,
  FileInfo,
  FrameAnalysis,
  LoadOptions,
  Memory,
  ModelInfo,
  Source,
  VideoEnd,
  VideoOptions,
} from "./types.js";

export { MoueError } from "./types.js";
export type * from "./types.js";

const INSECURE = "Browsers give pages that are not from https: or localhost neither WebGPU nor checksums: open this page so.";

interface About {
  version: string;
  adapter: AdapterInfo;
  model: Omit<ModelInfo, keyof FileInfo>;
  faces: Omit<FaceModelInfo, keyof FileInfo> | null;
  lines: FaceLines;
  warning: Failure | null;
}

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: MoueError) => void;
  progress?: ((progress: never) => void) | undefined;
}

/** A model on a GPU or on the processor, in a worker of its own. */
export class Moue {
  /** Told when the GPU was lost and opened again; what failed was answered after that. */
  onrecover: ((error: MoueError) => void) | null = null;
  /** What the model is. */
  readonly model: ModelInfo;
  /** Lines between landmarks, to draw them. */
  readonly lines: FaceLines;
  /** What it runs on. */
  readonly adapter: AdapterInfo;
  /** Why the processor is used, where a GPU was looked for: `no-webgpu` or `no-adapter`, and a sentence. */
  readonly warning: MoueError | null;
  /** Version of moue. */
  readonly version: string;

  /** How many videos were read: each is followed by a name of its own. */
  static #videos = 0;

  readonly #line: Line;
  readonly #options: LoadOptions;
  #bench: Line | null = null;
  #faces: FaceModelInfo | null;
  #disposed: MoueError | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(line: Line, about: Omit<About, "faces"> & { model: ModelInfo; faces: FaceModelInfo | null }, options: LoadOptions) {
    this.#line = line;
    this.#options = options;
    this.model = about.model;
    this.#faces = about.faces;
    this.lines = about.lines;
    this.adapter = about.adapter;
    this.version = about.version;
    this.warning = about.warning && new MoueError(about.warning.code, about.warning.message);
    line.onrecover = (error) => this.onrecover?.(error);
  }

  /** What the model is that finds faces; null while none was needed, with `faces: "later"`. */
  get faces(): FaceModelInfo | null {
    return this.#faces;
  }

  /**
   * Fetches the code and the models (which the browser keeps), opens the GPU, or the processor where the browser gives none, and makes it ready.
   *
   * @throws {MoueError} `insecure`, `network`, `bad-model` (also where its checksum is not the one given), `out-of-memory`; `no-webgpu` and `no-adapter` where
   * a GPU is needed: for `device: "gpu"` and `precision: "f16"`.
   */
  static async load(options: LoadOptions = {}): Promise<Moue> {
    if (!isSecureContext) {
      throw new MoueError("insecure", INSECURE);
    }
    const { onProgress } = options;
    onProgress?.({ stage: "model" });
    const [ofModel, ofFaces] = together(2, onProgress);
    const [model, finder] = await Promise.all([
      expressions(options.model, ofModel),
      options.faces === "later" ? null : faces(options.faces, ofFaces),
    ]);
    onProgress?.({ stage: "code" });
    const line = new Line();
    try {
      const files = finder ? [model.file, finder.file] : [model.file];
      const about = await line.ask<About>({ kind: "open", model: model.file, faces: finder?.file ?? null, choice: choiceOf(options) }, files, onProgress);
      const own = about.faces && finder ? { ...about.faces, ...info(finder) } : null;
      return new Moue(line, { ...about, model: { ...about.model, ...info(model) }, faces: own }, options);
    } catch (error) {
      line.end(new MoueError("stopped", "It was not loaded."));
      throw error;
    }
  }

  /**
   * The faces of a picture and what they show. Calls are answered in their order.
   *
   * @throws {MoueError} `bad-picture` where the source is none, `bad-argument` where an option is none, `device-lost` where the GPU was lost and could not be opened again, `out-of-memory`.
   */
  analyze(source: Source, options: AnalyzeOptions = {}): Promise<Analysis> {
    // Taken now: a video goes on.
    const start = performance.now();
    const taken = pixelsOf(source).then((pixels) => ({ pixels, took: performance.now() - start }));
    return this.#read(taken, start, options);
  }

  /**
   * The faces of every frame of a video file, in order and followed from one to the next. The browser decodes it by WebCodecs; each frame is told as soon as it is
   * read. Leaving the loop ends it and frees what it holds. What `return` gives says how many frames there were.
   *
   * @throws {MoueError} from the iterator: `bad-video` where the file is none, is damaged, or is in a codec that this browser does not decode, after the frames that
   * could be read; else as `analyze`.
   */
  async *analyzeVideo(file: Blob, options: VideoOptions = {}): AsyncGenerator<FrameAnalysis, VideoEnd, undefined> {
    const { every, from, to, signal, onInfo, ...wanted } = options;
    const part = { every, from, to, signal, onInfo };
    const frames = framesOf(file, Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)));
    const name = `video ${Moue.#videos++}`;
    const next = async () => {
      const { done, value } = await frames.next();
      if (done) return value;
      const { pixels, took, ...at } = value;
      const answer = this.#read(Promise.resolve({ pixels, took }), performance.now() - took, { ...wanted, stream: { name, time: at.timestamp * 1000 } });
      // It is awaited after the frame before it was told.
      answer.catch(() => {});
      return { at, answer };
    };
    try {
      // One frame is decoded while the one before it is read.
      let coming = next();
      for (;;) {
        const now = await coming;
        if (!("answer" in now)) return now;
        coming = next();
        coming.catch(() => {});
        const answer = await now.answer;
        if (!signal?.aborted) yield { ...answer, ...now.at };
      }
    } finally {
      await frames.return({ frames: 0, packets: null, missing: 0 });
    }
  }

  /** `start`: when taking the pixels began, which `took` so many milliseconds. */
  #read(taken: Promise<{ pixels: Pixels; took: number }>, start: number, options: AnalyzeOptions): Promise<Analysis> {
    // It is awaited later, and is no unhandled rejection until then.
    taken.catch(() => {});
    return this.#next(async () => {
      const { pixels: { width, height, data }, took } = await taken;
      const asked = askedOf(options);
      if (asked.faces !== "none" && this.#faces === null) {
        await this.#fetchFaces();
      }
      const answer = await this.#line.ask<Analysis>({ kind: "analyze", width, height, rgba: data.buffer, asked, stream: options.stream ?? null, pictures: options.pictures ?? false, explain: options.explain ?? false }, [data.buffer]);
      answer.times.pixels = took;
      answer.times.total = performance.now() - start;
      answer.faces.forEach(typed);
      return answer;
    });
  }

  /**
   * `moue bench` in this browser, on what this Moue runs on: networks with random weights, each on a device of its own. Pictures are answered after it.
   *
   * Stopped by the signal it gives what was measured until then.
   *
   * @throws {MoueError} `bad-argument` where there is no such network; `stopped` after `dispose`.
   */
  bench(options: BenchOptions = {}): Promise<BenchReport> {
    return this.#next(async () => {
      const { nets = [], batches = [], precisions = [], signal, onProgress } = options;
      const { file: model } = await expressions(this.#options.model);
      const choice: Choice = { ...choiceOf(this.#options), device: this.adapter.backend === "cpu" ? "cpu" : "gpu" };
      // A worker of its own: networks of hundreds of megabytes come and go, and WebAssembly never gives memory back.
      const line = new Line();
      this.#bench = line;
      const stop = () => line.tell({ kind: "stop" });
      signal?.addEventListener("abort", stop, { once: true });
      try {
        return await line.ask<BenchReport>({ kind: "bench", model, choice, nets, batches, precisions, stopped: signal?.aborted ?? false }, [model], onProgress);
      } finally {
        signal?.removeEventListener("abort", stop);
        this.#bench = null;
        line.end(new MoueError("stopped", "The benchmark is over."));
      }
    });
  }

  /** What the worker holds. */
  memory(): Promise<Memory> {
    return this.#line.ask<Memory>({ kind: "memory" });
  }

  /** Destroys the device, as a driver reset would, to test that a page goes on. Without a GPU there is nothing to destroy. */
  destroyDevice(): Promise<void> {
    return this.#line.ask<void>({ kind: "destroy" });
  }

  /** Ends the worker and frees what it holds. What was asked for and not answered is rejected with `stopped`. */
  dispose(): void {
    this.#disposed ??= new MoueError("stopped", "This Moue was disposed of: load another one.");
    this.#line.end(this.#disposed);
    this.#bench?.end(this.#disposed);
  }

  async #fetchFaces(): Promise<void> {
    const finder = await faces();
    const own = await this.#line.ask<Omit<FaceModelInfo, keyof FileInfo>>({ kind: "faces", faces: finder.file }, [finder.file]);
    this.#faces = { ...own, ...info(finder) };
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const checked = () => (this.#disposed ? Promise.reject(this.#disposed) : work());
    const next = this.#last.then(checked, checked);
    this.#last = next.catch(() => {});
    return next;
  }
}

function choiceOf({ device, power = "high-performance", precision }: LoadOptions): Choice {
  return { device, power, f16: precision === "f16" };
}

function askedOf(options: AnalyzeOptions): Asked {
  const { faces = "all", find = "normal", minFace = null, minScore = null, landmarks = null, blendshapes = false, oversample = false } = options;
  return { faces, find, minFace, minScore, landmarks, blendshapes, oversample };
}

function info({ bytes, sha256, cached }: FileInfo): FileInfo {
  return { bytes, sha256, cached };
}

function typed(face: Face): void {
  face.probabilities = Float32Array.from(face.probabilities);
  face.members = face.members.map((member) => Float32Array.from(member));
  for (const part of face.pictures ? [face.pictures, ...face.pictures.mapped] : []) {
    const key = "crop" in part ? "crop" : "image";
    (part as unknown as Record<string, ImageData>)[key] = imageOf((part as unknown as Record<string, ImageData>)[key]!);
  }
  if (face.explanation) face.explanation.crop = imageOf(face.explanation.crop);
}

/** What came from the worker as a plain object. */
function imageOf({ width, height, data }: ImageData): ImageData {
  return new ImageData(data as ImageDataArray, width, height);
}

/** The worker, asked by number. */
class Line {
  onrecover: ((error: MoueError) => void) | null = null;

  readonly #worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "moue" });
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  #ended: MoueError | null = null;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#hear(data);
    // What the worker does not catch itself: its code did not load, or WebAssembly ran into a trap and is no more.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(new MoueError("defect", `The worker failed (${event.message || "its code did not load"}): load the page anew.`));
    };
  }

  ask<T>(request: Request, transfer: Transferable[] = [], progress?: (progress: never) => void): Promise<T> {
    if (this.#ended) {
      return Promise.reject(this.#ended);
    }
    const id = this.#count++;
    return new Promise<T>((resolve, reject) => {
      try {
        this.#worker.postMessage({ ...request, id }, transfer);
        this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject, progress });
      } catch (error) {
        reject(new MoueError("bad-argument", `It could not be handed to the worker: ${error instanceof Error ? error.message : String(error)}`));
      }
    });
  }

  tell(request: Request): void {
    this.#worker.postMessage({ ...request, id: -1 });
  }

  end(reason: MoueError): void {
    this.#ended ??= reason;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) {
      reject(this.#ended);
    }
    this.#waiting.clear();
  }

  #hear(reply: Reply): void {
    if (reply.kind === "recovered") {
      this.onrecover?.(new MoueError(reply.error.code, reply.error.message));
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    if (reply.kind === "progress") {
      waiting?.progress?.(reply.progress as never);
      return;
    }
    this.#waiting.delete(reply.id);
    if (reply.kind === "failed") {
      waiting?.reject(new MoueError(reply.error.code, reply.error.message));
    } else {
      waiting?.resolve(reply.value as never);
    }
  }
}
