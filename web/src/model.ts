/** The model's file: fetched once, checked by its SHA-256, kept by the browser. */

import { DEFAULT_SHA256 } from "./pkg/default.js";
import { MoueError } from "./types.js";
import type { LoadOptions, LoadProgress } from "./types.js";

const CACHE = "moue-models";

export interface FetchedModel {
  bytes: ArrayBuffer;
  size: number;
  sha256: string;
  cached: boolean;
}

export async function fetchModel(model: LoadOptions["model"], onProgress?: (progress: LoadProgress) => void): Promise<FetchedModel> {
  if (model instanceof ArrayBuffer) {
    // A copy: what is sent to the worker is gone here.
    const bytes = model.slice(0);
    return { bytes, size: bytes.byteLength, sha256: await sha256(bytes), cached: false };
  }
  const { url, sha256: wanted } = model ?? { url: new URL("./pkg/default.safetensors", import.meta.url), sha256: DEFAULT_SHA256 };
  const key = wanted?.toLowerCase();
  const cache = key ? await opened() : undefined;
  // Of its checksum, so that another file of the same address is another file.
  const name = `https://moue.invalid/${key}`;
  const kept = await remembered(cache, name);
  if (kept && (await sha256(kept)) === key) {
    return { bytes: kept, size: kept.byteLength, sha256: key as string, cached: true };
  }
  let bytes = await fetched(url, onProgress);
  let found = await sha256(bytes);
  if (key && found !== key) {
    // What the browser kept of the address may be of another release.
    bytes = await fetched(url, onProgress, "reload");
    found = await sha256(bytes);
  }
  if (key && found !== key) {
    throw new MoueError("bad-model", `The model at ${url} is another file than the one wanted (SHA-256 ${found} instead of ${key}): load the page anew, or put the right file there.`);
  }
  if (cache) {
    // A browser may refuse: then the file is fetched again next time.
    await cache.put(name, new Response(bytes.slice(0))).catch(() => {});
  }
  return { bytes, size: bytes.byteLength, sha256: found, cached: false };
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

async function fetched(url: string | URL, onProgress?: (progress: LoadProgress) => void, cache: RequestCache = "default"): Promise<ArrayBuffer> {
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
    onProgress?.(total === undefined ? { stage: "model", loaded } : { stage: "model", loaded, total });
  }
  return new Blob(parts).arrayBuffer();
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
