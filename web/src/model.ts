/** Models' files: fetched once, checked by their SHA-256, kept by the browser. */

import { ACTIONS_SHA256, DEFAULT_SHA256, EMBEDDING_SHA256, FACES_SHA256 } from "./pkg/default.js";
import { MoueError } from "./types.js";
import type { FileInfo, LoadProgress, ModelFile } from "./types.js";

const CACHE = "moue-models";

export interface FetchedModel extends FileInfo {
  file: ArrayBuffer;
  /** Until the browser has it for the next time. */
  kept?: Promise<void> | undefined;
}

type OnBytes = (loaded: number, total: number | undefined) => void;

/** The model that comes with the package. */
const EXPRESSIONS: ModelFile = { url: new URL("./pkg/default.safetensors", import.meta.url), sha256: DEFAULT_SHA256 };
/** The model of it that finds faces. */
const FACES: ModelFile = { url: new URL("./pkg/face.safetensors", import.meta.url), sha256: FACES_SHA256 };
/** The model of action units. */
const ACTIONS: ModelFile = { url: new URL("./pkg/actions.safetensors", import.meta.url), sha256: ACTIONS_SHA256 };
/** The model that embeds faces. */
const EMBEDDING: ModelFile = { url: new URL("./pkg/embedding.safetensors", import.meta.url), sha256: EMBEDDING_SHA256 };

export const expressions = (model: ModelFile | ArrayBuffer = EXPRESSIONS, onBytes?: OnBytes): Promise<FetchedModel> => fetchModel(model, onBytes);
export const faces = (model: ModelFile | ArrayBuffer = FACES, onBytes?: OnBytes): Promise<FetchedModel> => fetchModel(model, onBytes);
export const actions = (model: ModelFile | ArrayBuffer = ACTIONS): Promise<FetchedModel> => fetchModel(model);
export const embedding = (model: ModelFile | ArrayBuffer = EMBEDDING): Promise<FetchedModel> => fetchModel(model);

/**
 * The files that a taught model stands on: the package's own, and such as lie beside it, where `from` is its address. Of another model there are none; what cannot be found
 * is told by who opens it.
 */
export async function bases(model: ArrayBuffer, from: ModelFile | ArrayBuffer | undefined): Promise<ArrayBuffer[]> {
  const url = from === undefined || from instanceof ArrayBuffer ? null : new URL(from.url, location.href);
  const found = taughtOn(model).map(async ({ sha256, file }) => {
    const own = [EXPRESSIONS, EMBEDDING].find((known) => known.sha256 === sha256);
    if (own !== undefined) return (await fetchModel(own)).file;
    // A name alone: what a file says must lead nowhere else.
    if (url === null || file === undefined || !/^[^/\\:?#]+$/.test(file)) return null;
    return (await fetchModel({ url: new URL(encodeURIComponent(file), url), sha256 })).file;
  });
  return (await Promise.all(found)).filter((file) => file !== null);
}

/** What the header of a taught file names. */
function taughtOn(model: ArrayBuffer): { sha256: string; file?: string }[] {
  try {
    const length = Number(new DataView(model).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(model, 8, length))) as { __metadata__: { moue: string } };
    const lesson = JSON.parse(header.__metadata__.moue) as { taught?: number; bases: { sha256: string; file?: string }[] };
    return lesson.taught === undefined ? [] : lesson.bases;
  } catch {
    // What is wrong with it is told by who opens it.
    return [];
  }
}

/** Listeners for some files that are fetched at once, which tell of their bytes together. */
export function together(count: number, onProgress: ((progress: LoadProgress) => void) | undefined): OnBytes[] {
  const files = Array.from({ length: count }, () => ({ loaded: 0, total: undefined as number | undefined, told: false }));
  const tell = (): void => {
    const told = files.filter((file) => file.told);
    const loaded = told.reduce((sum, file) => sum + file.loaded, 0);
    const total = told.reduce<number | undefined>((sum, file) => (sum === undefined || file.total === undefined ? undefined : sum + file.total), 0);
    onProgress?.(total === undefined ? { stage: "model", loaded } : { stage: "model", loaded, total });
  };
  return files.map((file) => (loaded, total) => {
    Object.assign(file, { loaded, total, told: true });
    tell();
  });
}

async function fetchModel(model: ModelFile | ArrayBuffer, onBytes?: OnBytes): Promise<FetchedModel> {
  if (model instanceof ArrayBuffer) {
    // A copy: what is sent to the worker is gone here.
    const file = model.slice(0);
    return { file, bytes: file.byteLength, sha256: await sha256(file), cached: false };
  }
  const { url, sha256: wanted } = model;
  const key = wanted?.toLowerCase();
  const cache = key ? await opened() : undefined;
  // Of its checksum, so that another file of the same address is another file.
  const name = `https://moue.invalid/${key}`;
  const kept = await remembered(cache, name);
  if (kept && (await sha256(kept)) === key) {
    return { file: kept, bytes: kept.byteLength, sha256: key as string, cached: true };
  }
  let file = await fetched(url, onBytes);
  let found = await sha256(file);
  if (key && found !== key) {
    // What the browser kept of the address may be of another release.
    file = await fetched(url, onBytes, "reload");
    found = await sha256(file);
  }
  if (key && found !== key) {
    throw new MoueError("bad-model", `The model at ${url} is another file than the one wanted (SHA-256 ${found} instead of ${key}): load the page anew, or put the right file there.`);
  }
  // A browser may refuse: then the file is fetched again next time.
  const keeping = cache?.put(name, new Response(file.slice(0))).catch(() => {});
  return { file, bytes: file.byteLength, sha256: found, cached: false, kept: keeping };
}

/** What the cache has; an entry that cannot be read is none. */
async function remembered(cache: Cache | undefined, name: string): Promise<ArrayBuffer | undefined> {
  try {
    return await (await cache?.match(name))?.arrayBuffer();
  } catch {
    await cache?.delete(name).catch(() => false);
    return undefined;
  }
}

async function opened(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch {
    // In private windows of some browsers there is none.
    return undefined;
  }
}

async function fetched(url: string | URL, onBytes?: OnBytes, cache: RequestCache = "default"): Promise<ArrayBuffer> {
  const failed = (reason: string) => new MoueError("network", `The model at ${url} could not be fetched (${reason}): look at the connection, and load the page anew.`);
  const response = await fetch(url, { cache }).catch((error: unknown) => {
    throw failed(error instanceof Error ? error.message : String(error));
  });
  if (!response.ok || !response.body) {
    throw failed(`${response.status} ${response.statusText}`.trim());
  }
  // Of a compressed transfer the length says less than what comes.
  const length = response.headers.has("content-encoding") ? null : response.headers.get("content-length");
  const total = length ? Number(length) : undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw failed(error instanceof Error ? error.message : String(error));
    });
    if (done) {
      break;
    }
    parts.push(value);
    loaded += value.byteLength;
    onBytes?.(loaded, total);
  }
  return new Blob(parts).arrayBuffer();
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
