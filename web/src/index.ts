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

import { fetchModel } from "./model.js";
import { pixelsOf } from "./pixels.js";
import type { Choice, Failure, Reply, Request } from "./protocol.js";
import { MoueError } from "./types.js";
import type {
  AdapterInfo,
  Analysis,
  AnalyzeOptions,
  BenchOptions,
  BenchReport,
  Face,
  LoadOptions,
  Memory,
  ModelInfo,
  Source,
} from "./types.js";

export { MoueError } from "./types.js";
export type * from "./types.js";

const INSECURE = "Browsers give pages that are not from https: or localhost neither WebGPU nor checksums: open this page so.";

interface About {
  version: string;
  adapter: AdapterInfo;
  model: Omit<ModelInfo, "bytes" | "sha256" | "cached">;
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
  /** What it runs on. */
  readonly adapter: AdapterInfo;
  /** Why the processor is used, where a GPU was looked for: `no-webgpu` or `no-adapter`, and a sentence. */
  readonly warning: MoueError | null;
  /** Version of moue. */
  readonly version: string;

  readonly #line: Line;
  readonly #options: LoadOptions;
  #bench: Line | null = null;
  #disposed: MoueError | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(line: Line, about: About & { model: ModelInfo }, options: LoadOptions) {
    this.#line = line;
    this.#options = options;
    this.model = about.model;
    this.adapter = about.adapter;
    this.version = about.version;
    this.warning = about.warning && new MoueError(about.warning.code, about.warning.message);
    line.onrecover = (error) => this.onrecover?.(error);
  }

  /**
   * Fetches the code and the model (which the browser keeps), opens the GPU, or the processor where the browser gives none, and makes it ready.
   *
   * @throws {MoueError} `insecure`, `network`, `bad-model` (also where its checksum is not the one given), `out-of-memory`; `no-webgpu` and `no-adapter` where
   * a GPU is needed: for `device: "gpu"` and `precision: "f16"`.
   */
  static async load(options: LoadOptions = {}): Promise<Moue> {
    if (!isSecureContext) {
      throw new MoueError("insecure", INSECURE);
    }
    const { model, onProgress } = options;
    onProgress?.({ stage: "model" });
    const file = await fetchModel(model, onProgress);
    onProgress?.({ stage: "code" });
    const line = new Line();
    try {
      const about = await line.ask<About>({ kind: "open", model: file.bytes, choice: choiceOf(options) }, [file.bytes], onProgress);
      const { bytes: _, ...known } = file;
      return new Moue(line, { ...about, model: { ...about.model, ...known, bytes: file.size } }, options);
    } catch (error) {
      line.end(new MoueError("stopped", "It was not loaded."));
      throw error;
    }
  }

  /**
   * The faces of a picture and what they show. Calls are answered in their order.
   *
   * @throws {MoueError} `bad-picture` where the source is none, `device-lost` where the GPU was lost and could not be opened again, `out-of-memory`.
   */
  analyze(source: Source, options: AnalyzeOptions = {}): Promise<Analysis> {
    const start = performance.now();
    // Taken now: a video goes on.
    const taken = pixelsOf(source);
    // It is awaited later, and is no unhandled rejection until then.
    taken.catch(() => {});
    return this.#next(async () => {
      const { width, height, data } = await taken;
      const pixels = performance.now() - start;
      const { faces = "all", oversample = false, pictures = false } = options;
      const answer = await this.#line.ask<Analysis>({ kind: "analyze", width, height, rgba: data.buffer, faces, oversample, pictures }, [data.buffer]);
      answer.times.pixels = pixels;
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
      const { bytes: model } = await fetchModel(this.#options.model);
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

function typed(face: Face): void {
  face.probabilities = Float32Array.from(face.probabilities);
  face.members = face.members.map((member) => Float32Array.from(member));
  for (const part of face.pictures ? [face.pictures, ...face.pictures.mapped] : []) {
    const key = "crop" in part ? "crop" : "image";
    const { width, height, data } = (part as unknown as Record<string, ImageData>)[key]!;
    (part as unknown as Record<string, ImageData>)[key] = new ImageData(data as ImageDataArray, width, height);
  }
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
