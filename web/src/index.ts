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

import { type About, askedOf, choiceOf, info, INSECURE, timed } from "./asked.js";
import { Line } from "./line.js";
import { actions, bases, embedding, expressions, faces, together } from "./model.js";
import { pixelsOf, type Pixels } from "./pixels.js";
import type { Choice, Likeness, Teach } from "./protocol.js";
import { type AskTeacher, Teacher } from "./teacher.js";
import { typed } from "./typed.js";
import { MoueError } from "./types.js";
import { Vectors } from "./vectors.js";
import { framesOf } from "./video.js";
import type {
  ActionModelInfo,
  AdapterInfo,
  Analysis,
  AnalyzeOptions,
  BenchOptions,
  BenchReport,
  EmbeddingModelInfo,
  FaceLines,
  FaceModelInfo,
  FileInfo,
  FrameAnalysis,
  LoadOptions,
  Memory,
  ModelInfo,
  Source,
  Stream,
  VideoEnd,
  VideoOptions,
} from "./types.js";

export { Teacher } from "./teacher.js";
export { MoueError } from "./types.js";
export type * from "./types.js";

/** Pixels on their way: when taking them began, and how many milliseconds it took. */
type Taken = Promise<{ pixels: Pixels; took: number }>;

/** A model on a GPU or on the processor, in a worker of its own. */
export class Moue extends Vectors {
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
  /** How many teachers there were: each has a number. */
  static #teachers = 0;

  readonly #line: Line;
  readonly #options: LoadOptions;
  #bench: Line | null = null;
  #faces: FaceModelInfo | null;
  #actions: ActionModelInfo | null = null;
  #embedding: EmbeddingModelInfo | null = null;
  #disposed: MoueError | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(line: Line, about: Omit<About, "faces"> & { model: ModelInfo; faces: FaceModelInfo | null }, options: LoadOptions) {
    super();
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

  /** What the model of action units is; null while none was needed. */
  get actions(): ActionModelInfo | null {
    return this.#actions;
  }

  /** What the model is that embeds faces; null while none was needed. */
  get embedding(): EmbeddingModelInfo | null {
    return this.#embedding;
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
    const line = new Line();
    try {
      // The code comes while the models do; what is wrong with it is told by "open".
      line.ask({ kind: "code" }).catch(() => {});
      const [model, finder] = await Promise.all([
        expressions(options.model, ofModel),
        options.faces === "later" ? null : faces(options.faces, ofFaces),
      ]);
      const under = await bases(model.file, options.model);
      onProgress?.({ stage: "code" });
      const files = [model.file, ...under, ...(finder ? [finder.file] : [])];
      const about = await line.ask<About>({ kind: "open", model: model.file, bases: under, faces: finder?.file ?? null, choice: choiceOf(options) }, files, onProgress);
      const own = about.faces && finder ? { ...about.faces, ...info(finder) } : null;
      await Promise.all([model.kept, finder?.kept]);
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
  async analyze(source: Source, options: AnalyzeOptions = {}): Promise<Analysis> {
    // Taken now: a video goes on.
    const start = performance.now();
    const taken = pixelsOf(source).then((pixels) => ({ pixels, took: performance.now() - start }));
    const [answer] = await this.#read(taken, options, options.stream ?? null, false);
    if (answer === undefined) throw new MoueError("defect", "The worker gave no answer: load the page anew.");
    return timed(answer, start, (await taken).took);
  }

  /**
   * The faces of every frame of a video file, in order and followed from one to the next. The browser decodes it by WebCodecs; each frame is told as soon as it is
   * read; with `actions` some frames later, for what comes then tells too. Leaving the loop ends it and frees what it holds. What `return` gives says how many frames
   * there were.
   *
   * @throws {MoueError} from the iterator: `bad-video` where the file is none, is damaged, or is in a codec that this browser does not decode, after the frames that
   * could be read; else as `analyze`.
   */
  async *analyzeVideo(file: Blob, options: VideoOptions = {}): AsyncGenerator<FrameAnalysis, VideoEnd, undefined> {
    const { every, from, to, signal, onInfo, ...wanted } = options;
    const part = { every, from, to, signal, onInfo };
    const frames = framesOf(file, Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)));
    const name = `video ${Moue.#videos++}`;
    const later = wanted.actions ?? false;
    const next = async () => {
      const { done, value } = await frames.next();
      if (done) return value;
      const { pixels, took, ...at } = value;
      const answers = this.#read(Promise.resolve({ pixels, took }), wanted, { name, time: at.timestamp * 1000 }, later);
      // It is awaited after the frame before it was told.
      answers.catch(() => {});
      return { frame: { at, start: performance.now() - took, took }, answers };
    };
    const waiting: { at: Pick<FrameAnalysis, "frame" | "pts" | "timestamp">; start: number; took: number }[] = [];
    const told = (answers: Analysis[]): FrameAnalysis[] =>
      waiting.splice(0, answers.length).flatMap(({ at, start, took }, index) => {
        const answer = answers[index];
        return answer === undefined ? [] : [{ ...timed(answer, start, took), ...at }];
      });
    try {
      // One frame is decoded while the one before it is read.
      let coming = next();
      for (;;) {
        const now = await coming.catch((error: unknown) => ({ error }));
        if (!("answers" in now)) {
          if (later && !signal?.aborted) yield* told(await this.#finish(name));
          if ("error" in now) throw now.error;
          return now;
        }
        coming = next();
        coming.catch(() => {});
        waiting.push(now.frame);
        const answers = told(await now.answers);
        for (const answer of answers) if (!signal?.aborted) yield answer;
      }
    } finally {
      if (later) this.#line.tell({ kind: "leave", stream: name });
      await frames.return({ frames: 0, packets: null, missing: 0 });
    }
  }

  /** `later`: the answers are those of the frames of the stream that are whole now. */
  #read(taken: Taken, options: AnalyzeOptions, stream: Stream | null, later: boolean): Promise<Analysis[]> {
    // It is awaited later, and is no unhandled rejection until then.
    taken.catch(() => {});
    return this.#next(async () => {
      const { pixels: { width, height, data } } = await taken;
      const asked = askedOf(options);
      if (asked.faces !== "none" && this.#faces === null) await this.#fetchFaces();
      if (asked.actions && this.#actions === null) await this.#fetchActions();
      if (asked.embed && this.#embedding === null) await this.#fetchEmbedding();
      const { pictures = false, explain = false } = options;
      const answers = await this.#line.ask<Analysis[]>({ kind: "analyze", width, height, rgba: data.buffer, asked, stream, later, pictures, explain }, [data.buffer]);
      return answers.map(typed);
    });
  }

  /** The frames of a stream that are not told yet: there come no more. */
  #finish(stream: string): Promise<Analysis[]> {
    return this.#next(async () => (await this.#line.ask<Analysis[]>({ kind: "finish", stream })).map(typed));
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
      const { file } = await expressions(this.#options.model);
      // A taught one is as fast as what it stands on.
      const [model = file] = await bases(file, this.#options.model);
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

  /**
   * Who teaches labels of your own by a few faces each, on this model and the embedding, whose model is fetched the first time. `labels`: those that are known already.
   *
   * @throws {MoueError} `bad-argument` where labels have no names or differ in case at most, `bad-model` where nothing can be taught on the model.
   */
  async teacher(labels: string[] = []): Promise<Teacher> {
    const number = Moue.#teachers++;
    const ask: AskTeacher = <T>(asked: () => Promise<Teach>, transfer: (asked: Teach) => Transferable[] = () => [], progress?: (progress: never) => void) =>
      this.#next(async () => {
        const wanted = await asked();
        if (wanted.of === "begin" && this.#embedding === null) await this.#fetchEmbedding();
        if (wanted.of === "add" && wanted.asked.faces !== "none" && this.#faces === null) await this.#fetchFaces();
        return this.#line.ask<T>({ kind: "teach", teacher: number, asked: wanted }, transfer(wanted), progress);
      });
    const { model } = this.#options;
    const file = model === undefined || model instanceof ArrayBuffer ? undefined : new URL(model.url, location.href).pathname.split("/").at(-1);
    await ask(() => Promise.resolve({ of: "begin", file }));
    const teacher = new Teacher(ask);
    for (const label of labels) await teacher.addLabel(label);
    return teacher;
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

  async #fetchActions(): Promise<void> {
    const model = await actions(this.#options.actions);
    const own = await this.#line.ask<Omit<ActionModelInfo, keyof FileInfo>>({ kind: "actions", actions: model.file }, [model.file]);
    this.#actions = { ...own, ...info(model) };
  }

  async #fetchEmbedding(): Promise<void> {
    const model = await embedding(this.#options.embedding);
    const own = await this.#line.ask<Omit<EmbeddingModelInfo, keyof FileInfo>>({ kind: "embedding", embedding: model.file }, [model.file]);
    this.#embedding = { ...own, ...info(model) };
  }

  protected likeness<T>(asked: () => Likeness): Promise<T> {
    return this.#next(async () => this.#line.ask<T>({ kind: "likeness", asked: asked() }));
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const checked = () => (this.#disposed ? Promise.reject(this.#disposed) : work());
    const next = this.#last.then(checked, checked);
    this.#last = next.catch(() => {});
    return next;
  }
}
