/** Pixels of a bitmap with alpha. A 2D canvas multiplies them with it and rounds; what the GPU copies are the decoder's own. */

import { MoueError } from "./types.js";
import { throughWebGl } from "./webgl.js";

/** A side of what is copied at once: below every adapter's limits. */
const TILE = 2048;

export async function transparentPixels(bitmap: ImageBitmap): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const adapter = "gpu" in navigator ? await navigator.gpu.requestAdapter().catch(() => null) : null;
  if (!adapter) {
    const data = throughWebGl(bitmap);
    if (!data) {
      throw new MoueError("no-adapter", "The browser has neither WebGPU nor WebGL to read a picture with transparency: save it without.");
    }
    return data;
  }
  const device = await adapter.requestDevice().catch((error: unknown) => {
    throw new MoueError("no-adapter", `The GPU could not be opened to read a picture with transparency (${error instanceof Error ? error.message : String(error)}): save it without.`);
  });
  try {
    const data = new Uint8ClampedArray(bitmap.width * bitmap.height * 4);
    for (let y = 0; y < bitmap.height; y += TILE) {
      for (let x = 0; x < bitmap.width; x += TILE) {
        await copyTile(device, bitmap, x, y, data);
      }
    }
    return data;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MoueError("device-lost", `The GPU did not copy the picture (${reason}): try again, or save it without transparency.`);
  } finally {
    device.destroy();
  }
}

async function copyTile(device: GPUDevice, source: ImageBitmap, x: number, y: number, into: Uint8ClampedArray): Promise<void> {
  const [width, height] = [Math.min(TILE, source.width - x), Math.min(TILE, source.height - y)];
  // Rows in a buffer start at multiples of 256 bytes.
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const texture = device.createTexture({
    size: [width, height],
    format: "rgba8unorm",
    usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
  });
  const buffer = device.createBuffer({ size: bytesPerRow * height, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  device.queue.copyExternalImageToTexture({ source, origin: [x, y] }, { texture, premultipliedAlpha: false }, [width, height]);
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
  device.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const rows = new Uint8Array(buffer.getMappedRange());
  for (let row = 0; row < height; row++) {
    into.set(rows.subarray(row * bytesPerRow, row * bytesPerRow + width * 4), ((y + row) * source.width + x) * 4);
  }
  buffer.destroy();
  texture.destroy();
}
