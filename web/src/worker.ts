/** The worker: WebAssembly and the device, away from the page. */

import { failureOf } from "./failure.js";
import { likeness } from "./likeness.js";
import init, { Engine, Following, bench } from "./pkg/moue.js";
import { placed, type Placed } from "./place.js";
import type { Choice, Failure, Reply, Request } from "./protocol.js";
import { teach } from "./teach.js";
import type { Analysis, Face, FaceExplanation, FacePictures, TeachProgress } from "./types.js";

type Asked = Request & { id: number };

interface Opened {
  model: Uint8Array;
  bases: Uint8Array[];
  faces: Uint8Array | undefined;
  actions: Uint8Array | undefined;
  embedding: Uint8Array | undefined;
  choice: Choice;
}

/** What was asked for of a face beside its answer. */
type Extra = Pick<Face, "pictures" | "explanation">;

let wasm: { memory: WebAssembly.Memory } | undefined;
let engine: Engine | undefined;
let opened: Opened | undefined;
/** Why the device was lost, until another one has answered. */
let lost: Failure | undefined;
let stopped = false;
/** The streams that were read last, the last one at the end: who is who, and of the frames that are not told yet what was asked for beside. */
const followed = new Map<string, { who: Following; extras: Extra[][] }>();
/** Streams that are kept: a webcam and videos may be read by turns. */
const mostFollowed = 4;
let last: Promise<unknown> = Promise.resolve();

const say = (reply: Reply, transfer: Transferable[] = []) => postMessage(reply, { transfer });

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  if (data.kind === "stop") {
    stopped = true;
    return;
  }
  if (data.kind === "leave") {
    last = last.then(() => forget(data.stream));
    return;
  }
  // The engine is borrowed while it works: one after another.
  last = last.then(() => answer(data));
});

async function answer(asked: Asked): Promise<void> {
  try {
    const value = await work(asked);
    say({ kind: "done", id: asked.id, value }, asked.kind === "analyze" || asked.kind === "finish" ? buffers(value as Analysis[]) : []);
  } catch (error) {
    say({ kind: "failed", id: asked.id, error: failureOf(error) });
  }
}

async function work(asked: Asked): Promise<unknown> {
  switch (asked.kind) {
    case "code":
      return void (await code());
    case "open": {
      await code();
      say({ kind: "progress", id: asked.id, progress: { stage: "device" } });
      opened = { model: new Uint8Array(asked.model), bases: asked.bases.map((base) => new Uint8Array(base)), faces: asked.faces ? new Uint8Array(asked.faces) : undefined, actions: undefined, embedding: undefined, choice: asked.choice };
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
    case "actions": {
      const actions = new Uint8Array(asked.actions);
      return recovering((engine) => {
        engine.act_by(actions);
        if (opened) opened.actions = actions;
        return Promise.resolve(JSON.parse(engine.actor()) as unknown);
      });
    }
    case "embedding": {
      const embedding = new Uint8Array(asked.embedding);
      return recovering((engine) => {
        const about = JSON.parse(engine.embed_by(embedding)) as unknown;
        if (opened) opened.embedding = embedding;
        return Promise.resolve(about);
      });
    }
    case "likeness":
      return recovering((engine) => Promise.resolve(likeness(engine, asked.asked)));
    case "teach": {
      const ground = opened;
      if (ground === undefined) throw new Error("asked before it was opened");
      const progress = (progress: TeachProgress) => say({ kind: "progress", id: asked.id, progress });
      return recovering((engine) => teach(engine, asked.teacher, asked.asked, ground, progress));
    }
    case "finish":
      return recovering((engine) => finish(engine, asked.stream));
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
    case "leave":
      return undefined;
  }
}

async function code(): Promise<void> {
  wasm ??= await init({ module_or_path: new URL("./pkg/moue_bg.wasm", import.meta.url) });
}

const finder = (engine: Engine): unknown => JSON.parse(engine.finder());

async function analyze(engine: Engine, asked: Asked & { kind: "analyze" }): Promise<Analysis[]> {
  const { width, height, rgba, asked: wanted, stream, later, pictures, explain } = asked;
  const [pixels, words] = [new Uint8Array(rgba), JSON.stringify(wanted)];
  const own = stream && following(stream.name);
  const answered =
    stream && own
      ? later
        ? engine.follow_later(width, height, pixels, words, own.who, stream.time)
        : engine.follow(width, height, pixels, words, own.who, stream.time)
      : engine.analyze(width, height, pixels, words);
  const answers = JSON.parse(await answered) as Analysis[];
  const extras = own && later ? own.extras : [];
  extras.push([]);
  try {
    for (let index = 0; index < (pictures || explain ? engine.count() : 0); index++) {
      const extra: Extra = {};
      if (pictures) extra.pictures = (await engine.seen(index)) as FacePictures;
      if (explain) extra.explanation = (await engine.explained(index)) as FaceExplanation;
      extras.at(-1)?.push(extra);
    }
  } catch (error) {
    // The frame was taken, and must not be given again: the next one opens another device.
    if (!later || failureOf(error).code !== "device-lost") throw error;
  }
  return withExtras(answers, extras);
}

async function finish(engine: Engine, stream: string): Promise<Analysis[]> {
  const { who, extras } = following(stream);
  return withExtras(JSON.parse(await engine.finish(who)) as Analysis[], extras);
}

/** Each answer's faces with what was asked for beside, which is taken. */
function withExtras(answers: Analysis[], extras: Extra[][]): Analysis[] {
  for (const { faces } of answers) {
    const own = extras.shift() ?? [];
    for (const [index, face] of faces.entries()) Object.assign(face, own[index]);
  }
  return answers;
}

function following(name: string): { who: Following; extras: Extra[][] } {
  const known = followed.get(name) ?? { who: Following.begin(), extras: [] };
  followed.delete(name);
  followed.set(name, known);
  const [oldest] = followed.keys();
  if (followed.size > mostFollowed && oldest !== undefined) forget(oldest);
  return known;
}

function forget(name: string): void {
  followed.get(name)?.who.free();
  followed.delete(name);
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

function open({ model, bases, faces, actions, embedding, choice }: Opened): Promise<Placed<Engine>> {
  return placed(choice, async (place) => {
    const engine = await Engine.open(model, bases, faces, place, choice.f16 ? "f16" : "f32");
    if (actions) engine.act_by(actions);
    if (embedding) engine.embed_by(embedding);
    return engine;
  });
}

function buffers(answers: Analysis[]): Transferable[] {
  const faces = answers.flatMap(({ faces }) => faces);
  const pictures = faces.flatMap(({ pictures }) => pictures ?? []);
  const explanations = faces.flatMap(({ explanation }) => explanation ?? []);
  return [
    ...pictures.flatMap(({ crop, mapped }) => [crop.data, ...mapped.flatMap(({ image, codes }) => [image.data, ...(codes ? [codes] : [])])]),
    ...explanations.flatMap(({ crop, fused, members }) => [crop.data, fused, ...members.flatMap((map) => map ?? [])]),
  ].map(({ buffer }) => buffer) as Transferable[];
}
