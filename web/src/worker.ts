/** The worker: WebAssembly and the device, away from the page. */

import { failureOf } from "./failure.js";
import init, { Engine, Following, bench } from "./pkg/moue.js";
import { placed, type Placed } from "./place.js";
import type { Choice, Failure, Reply, Request } from "./protocol.js";
import type { Analysis, Face, FaceExplanation, FacePictures } from "./types.js";

type Asked = Request & { id: number };

interface Opened {
  model: Uint8Array;
  faces: Uint8Array | undefined;
  choice: Choice;
}

let wasm: { memory: WebAssembly.Memory } | undefined;
let engine: Engine | undefined;
let opened: Opened | undefined;
/** Why the device was lost, until another one has answered. */
let lost: Failure | undefined;
let stopped = false;
/** Who is who in the streams that were read last, the last one at the end. */
const followed = new Map<string, Following>();
/** Streams that are kept: a webcam and videos may be read by turns. */
const mostFollowed = 4;
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
    say({ kind: "failed", id: asked.id, error: failureOf(error) });
  }
}

async function work(asked: Asked): Promise<unknown> {
  switch (asked.kind) {
    case "open": {
      await code();
      say({ kind: "progress", id: asked.id, progress: { stage: "device" } });
      opened = { model: new Uint8Array(asked.model), faces: asked.faces ? new Uint8Array(asked.faces) : undefined, choice: asked.choice };
      const { value, warning } = await open(opened);
      engine = value;
      // It keeps to what it has: a GPU that is lost is opened again, and not replaced by the slower processor unasked.
      opened.choice = { ...asked.choice, device: warning ? "cpu" : (asked.choice.device ?? "gpu") };
      return { ...(JSON.parse(engine.about()) as object), faces: finder(engine), warning };
    }
    case "faces": {
      const faces = new Uint8Array(asked.faces);
      return recovering((engine) => {
        engine.find_by(faces);
        if (opened) opened.faces = faces;
        return Promise.resolve(finder(engine));
      });
    }
    case "analyze":
      return recovering((engine) => analyze(engine, asked));
    case "bench": {
      stopped ||= asked.stopped;
      await code();
      const { model, choice, nets, batches, precisions } = asked;
      const progress = (message: string, done: number, all: number) => say({ kind: "progress", id: asked.id, progress: { message, done, all } });
      // Later, so that the word to stop is heard before.
      const whether = () => new Promise((resolve) => setTimeout(() => resolve(stopped)));
      const suite = await placed(choice, (place) => bench(new Uint8Array(model), place, nets, new Uint32Array(batches), precisions, progress, whether));
      return JSON.parse(suite.value) as unknown;
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

const finder = (engine: Engine): unknown => JSON.parse(engine.finder());

async function analyze(engine: Engine, asked: Asked & { kind: "analyze" }): Promise<Analysis> {
  const { width, height, rgba, asked: wanted, stream, pictures, explain } = asked;
  const [pixels, words] = [new Uint8Array(rgba), JSON.stringify(wanted)];
  const answered = stream ? engine.follow(width, height, pixels, words, following(stream.name), stream.time) : engine.analyze(width, height, pixels, words);
  const answer = JSON.parse(await answered) as Analysis;
  for (const [index, face] of pictures ? answer.faces.entries() : []) {
    face.pictures = (await engine.seen(index)) as FacePictures;
  }
  for (const [index, face] of explain ? answer.faces.entries() : []) {
    face.explanation = (await engine.explained(index)) as FaceExplanation;
  }
  return answer;
}

function following(name: string): Following {
  const known = followed.get(name) ?? Following.begin();
  followed.delete(name);
  followed.set(name, known);
  const [oldest] = followed.keys();
  if (followed.size > mostFollowed && oldest !== undefined) {
    followed.get(oldest)?.free();
    followed.delete(oldest);
  }
  return known;
}

/** Opens another device once where the one there is was lost, and tries again. */
async function recovering<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  if (engine) {
    try {
      return await work(engine);
    } catch (error) {
      const reason = failureOf(error);
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
      return (await open(opened)).value;
    }
  } catch (error) {
    const { message } = failureOf(error);
    throw { code: "device-lost", message: `The GPU was lost and could not be opened again: try again in a moment, or load the page anew. ${message}` } satisfies Failure;
  }
  throw new Error("asked before it was opened");
}

function open({ model, faces, choice }: Opened): Promise<Placed<Engine>> {
  return placed(choice, (place) => Engine.open(model, faces, place, choice.f16 ? "f16" : "f32"));
}

function buffers(answer: Analysis): Transferable[] {
  const pictures = answer.faces.flatMap((face: Face) => face.pictures ?? []);
  const explanations = answer.faces.flatMap((face: Face) => face.explanation ?? []);
  return [
    ...pictures.flatMap(({ crop, mapped }) => [crop.data, ...mapped.flatMap(({ image, codes }) => [image.data, ...(codes ? [codes] : [])])]),
    ...explanations.flatMap(({ crop, fused, members }) => [crop.data, fused, ...members.flatMap((map) => map ?? [])]),
  ].map(({ buffer }) => buffer) as Transferable[];
}
