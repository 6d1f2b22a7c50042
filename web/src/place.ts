/** Where the work runs: on the GPU that the browser gives, or on the processor. */

import { Place } from "./pkg/moue.js";
import { failureOf } from "./failure.js";
import type { Choice, Failure } from "./protocol.js";

export interface Placed<T> {
  value: T;
  /** Why there is no GPU, where one was looked for and the processor is used. */
  warning: Failure | null;
}

/** Does `work` where it was asked for. Where nothing was: on the GPU that the browser gives, else on the processor. */
export async function placed<T>(choice: Choice, work: (place: Place) => Promise<T>): Promise<Placed<T>> {
  if (choice.device === "cpu") {
    return { value: await work(Place.processor()), warning: null };
  }
  try {
    return { value: await work(await gpu(choice.power)), warning: null };
  } catch (error) {
    const reason = failureOf(error);
    // The processor has no f16: who asked for it gets no other precision unasked.
    if (choice.device === "gpu" || choice.f16 || !isMissing(reason)) {
      throw error;
    }
    return { value: await work(Place.processor()), warning: reason };
  }
}

function isMissing({ code }: Failure): boolean {
  return code === "no-webgpu" || code === "no-adapter";
}

/** The one that the browser gives for this, with what it says of it. */
async function gpu(powerPreference: GPUPowerPreference | undefined): Promise<Place> {
  // Some browsers have it on pages and not in workers.
  if (!("gpu" in navigator)) {
    throw { code: "no-webgpu", message: "This browser has no WebGPU: use a current Chrome, Edge, Safari or Firefox." } satisfies Failure;
  }
  const adapter = await navigator.gpu.requestAdapter(powerPreference ? { powerPreference } : {}).catch(() => null);
  if (!adapter) {
    throw {
      code: "no-adapter",
      message: "This browser has WebGPU but gives no GPU: turn on hardware acceleration in its settings, update the graphics driver, or use another browser.",
    } satisfies Failure;
  }
  const { vendor = "", architecture = "", device, description, isFallbackAdapter }: Partial<GPUAdapterInfo> = adapter.info ?? {};
  const parts = [vendor, architecture, device].filter(Boolean);
  const software = isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${description}`);
  return Place.gpu(powerPreference, description || parts.join(" ") || "a GPU without a name", vendor, architecture, Boolean(software));
}
