/** The worker: WebAssembly, face detection and the GPU, away from the page. */

import init, { Engine, bench } from "./pkg/moue.js";
import type { Failure, Reply, Request } from "./protocol.js";
import type { Analysis, Face, FacePictures } from "./types.js";

type Asked = Request & { id: number };

interface Opened {
  model: Uint8Array;
  power: GPUPowerPreference;
  precision: string;
}

/** What the browser says of an adapter, and wgpu does not. */
interface Said {
  name: string;
  vendor: string;
  architecture: string;
  cpu: boolean;
}

let wasm: { memory: WebAssembly.Memory } | undefined;
let engine: Engine | undefined;
let opened: Opened | undefined;
/** Why the device was lost, until another one has answered. */
let lost: Failure | undefined;
let stopped = false;
let last: Promise<unknown> = Promise.resolve();

const say = (reply: Reply, transfer: Transferable[] = []) => postMessage(reply, { transfer });

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  if (data.kind === "stop") {
    stopped = true;
    return;
  }
  // The engine is borrowed while it works: one after another.
  last = last.then(() => answer(data));
});

async function answer(asked: Asked): Promise<void> {
  try {
    const value = await work(asked);
    say({ kind: "done", id: asked.id, value }, asked.kind === "analyze" ? buffers(value as Analysis) : []);
  } catch (error) {
    say({ kind: "failed", id: asked.id, error: failure(error) });
  }
}

async function work(asked: Asked): Promise<unknown> {
  switch (asked.kind) {
    case "open": {
      await code();
      say({ kind: "progress", id: asked.id, progress: { stage: "device" } });
      opened = { model: new Uint8Array(asked.model), power: asked.power, precision: asked.precision };
      engine = await open(opened);
      return JSON.parse(engine.about()) as unknown;
    }
    case "analyze":
      return recovering((engine) => analyze(engine, asked));
    case "bench": {
      stopped ||= asked.stopped;
      await code();
      const { model, power, nets, batches, precisions } = asked;
      const { name, vendor, architecture, cpu } = await described(power);
      const progress = (message: string, done: number, all: number) => say({ kind: "progress", id: asked.id, progress: { message, done, all } });
      const numbers = new Uint32Array(batches);
      const suite = bench(new Uint8Array(model), power, name, vendor, architecture, cpu, nets, numbers, precisions, progress, () => stopped);
      return JSON.parse(await suite) as unknown;
    }
    case "memory":
      return { wasm: wasm?.memory.buffer.byteLength ?? 0 };
    case "destroy":
      return engine?.destroy();
    case "stop":
      return undefined;
  }
}

async function code(): Promise<void> {
  wasm ??= await init({ module_or_path: new URL("./pkg/moue_bg.wasm", import.meta.url) });
}

async function analyze(engine: Engine, asked: Asked & { kind: "analyze" }): Promise<Analysis> {
  const { width, height, rgba, faces, oversample, pictures } = asked;
  const answer = JSON.parse(await engine.analyze(width, height, new Uint8Array(rgba), faces, oversample)) as Analysis;
  for (const [index, face] of pictures ? answer.faces.entries() : []) {
    face.pictures = (await engine.seen(index)) as FacePictures;
  }
  return answer;
}

/** Opens another device once where the one there is was lost, and tries again. */
async function recovering<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  if (engine) {
    try {
      return await work(engine);
    } catch (error) {
      const reason = failure(error);
      if (reason.code === "out-of-memory" || reason.code === "defect") {
        // What it holds may be broken: a browser says late of what it refused. The next picture gets another one.
        drop();
      }
      if (reason.code !== "device-lost") {
        throw error;
      }
      lost = reason;
      drop();
    }
  }
  engine = await reopened();
  if (lost) {
    say({ kind: "recovered", error: lost });
    lost = undefined;
  }
  return work(engine);
}

function drop(): void {
  const last = engine;
  engine = undefined;
  try {
    last?.free();
  } catch {
    // It is in the hands of what failed.
  }
}

async function reopened(): Promise<Engine> {
  try {
    if (opened) {
      return await open(opened);
    }
  } catch (error) {
    const { message } = failure(error);
    throw { code: "device-lost", message: `The GPU was lost and could not be opened again: try again in a moment, or load the page anew. ${message}` } satisfies Failure;
  }
  throw new Error("asked before it was opened");
}

async function open({ model, power, precision }: Opened): Promise<Engine> {
  const { name, vendor, architecture, cpu } = await described(power);
  return Engine.open(model, power, name, vendor, architecture, cpu, precision);
}

/** Of the adapter that it gives for this. */
async function described(powerPreference?: GPUPowerPreference): Promise<Said> {
  const adapter = await navigator.gpu.requestAdapter(powerPreference ? { powerPreference } : {});
  if (!adapter) {
    throw {
      code: "no-adapter",
      message: "This browser has WebGPU but gives no GPU: turn on hardware acceleration in its settings, update the graphics driver, or use another browser.",
    } satisfies Failure;
  }
  const { vendor = "", architecture = "", device, description, isFallbackAdapter }: Partial<GPUAdapterInfo> = adapter.info ?? {};
  const parts = [vendor, architecture, device].filter(Boolean);
  const cpu = isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${description}`);
  return { name: description || parts.join(" ") || "a GPU without a name", vendor, architecture, cpu };
}

function buffers(answer: Analysis): Transferable[] {
  const pictures = answer.faces.flatMap((face: Face) => face.pictures ?? []);
  return pictures.flatMap(({ crop, mapped }) => [
    crop.data.buffer,
    ...mapped.flatMap(({ image, codes }) => [image.data.buffer, ...(codes ? [codes.buffer] : [])]),
  ]) as Transferable[];
}

function failure(error: unknown): Failure {
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    const { code, message } = error as Failure;
    if (typeof code === "string") {
      return { code, message };
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "defect", message: `Something failed that should not (${message}): load the page anew, and please report it.` };
}
