/** Pixels of whatever shows a picture: RGBA, not multiplied with alpha, upright, without colour conversion where that can be asked for. */

import { transparentPixels } from "./transparent.js";
import { MoueError } from "./types.js";
import type { Source } from "./types.js";

/** A side of a picture at most, and all its pixels. */
const MOST_SIDE = 65_535;
const MOST_PIXELS = 1 << 27;

export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

export async function pixelsOf(source: Source): Promise<Pixels> {
  if (source instanceof ImageData) {
    // A copy: what is sent to the worker is gone here.
    return { width: source.width, height: source.height, data: new Uint8ClampedArray(source.data) };
  }
  if (source instanceof Blob) {
    const bitmap = await decode(source);
    try {
      return await bitmapPixels(bitmap);
    } finally {
      bitmap.close();
    }
  }
  if (typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement) {
    await source.decode().catch(() => {
      throw new MoueError("bad-picture", "The image element shows no picture: look at its address.");
    });
    return drawn(source, source.naturalWidth, source.naturalHeight);
  }
  if (typeof HTMLVideoElement !== "undefined" && source instanceof HTMLVideoElement) {
    if (source.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      throw new MoueError("bad-picture", "The video shows no frame yet: wait for its `loadeddata` event.");
    }
    return framePixels(() => new VideoFrame(source), () => drawn(source, source.videoWidth, source.videoHeight));
  }
  if (typeof VideoFrame !== "undefined" && source instanceof VideoFrame) {
    return framePixels(() => source.clone(), () => drawn(source, source.displayWidth, source.displayHeight));
  }
  if (source instanceof ImageBitmap) {
    return bitmapPixels(source);
  }
  if (source instanceof OffscreenCanvas || (typeof HTMLCanvasElement !== "undefined" && source instanceof HTMLCanvasElement)) {
    return drawn(source, source.width, source.height);
  }
  throw new MoueError("bad-argument", "This is no picture: give an ImageBitmap, VideoFrame, image, video, canvas, ImageData or Blob.");
}

async function decode(file: Blob): Promise<ImageBitmap> {
  const named = file instanceof File ? `“${file.name}”` : "The file";
  if (file.size === 0) {
    throw new MoueError("bad-picture", `${named} is empty: choose another one.`);
  }
  try {
    return await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none", imageOrientation: "from-image" });
  } catch {
    throw new MoueError("bad-picture", `${named} is no picture that this browser reads, or it is damaged: choose a PNG or JPEG.`);
  }
}

/**
 * Pixels of the frame that `take` gives now, as they lie in it; `otherwise` where the browser gives no frame, or shows it turned or scaled. What is drawn to a
 * canvas Chromium keeps for a while, frame after frame, up to a gigabyte.
 */
async function framePixels(take: () => VideoFrame, otherwise: () => Pixels): Promise<Pixels> {
  let frame: VideoFrame;
  try {
    frame = take();
  } catch {
    return otherwise();
  }
  const { displayWidth: width, displayHeight: height } = frame;
  try {
    if (!isPlain(frame)) {
      return otherwise();
    }
    const data = new Uint8ClampedArray(4 * width * height);
    // Refused by browsers that convert no frames.
    return await frame.copyTo(data, rgba).then(() => ({ width, height, data }), () => drawn(frame, width, height));
  } finally {
    frame.close();
  }
}

const rgba = { format: "RGBA", colorSpace: "srgb" } as VideoFrameCopyToOptions;

/** Whether its pixels are those that are shown, and come as RGBA. */
function isPlain(frame: VideoFrame): boolean {
  const { displayWidth: width, displayHeight: height, visibleRect } = frame;
  const { rotation = 0, flip = false } = frame as { rotation?: number; flip?: boolean };
  if (rotation !== 0 || flip || visibleRect?.width !== width || visibleRect.height !== height || width * height > MOST_PIXELS) {
    return false;
  }
  try {
    // One that ignores the format says the size of the frame's own.
    return frame.allocationSize(rgba) === 4 * width * height;
  } catch {
    return false;
  }
}

async function bitmapPixels(bitmap: ImageBitmap): Promise<Pixels> {
  const pixels = drawn(bitmap, bitmap.width, bitmap.height);
  return isOpaque(pixels.data) ? pixels : { ...pixels, data: await transparentPixels(bitmap) };
}

function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let at = 3; at < rgba.length; at += 4) {
    if (rgba[at] !== 255) {
      return false;
    }
  }
  return true;
}

function drawn(source: CanvasImageSource, width: number, height: number): Pixels {
  if (width === 0 || height === 0) {
    throw new MoueError("bad-picture", "The picture is empty, or it was closed.");
  }
  if (Math.max(width, height) > MOST_SIDE || width * height > MOST_PIXELS) {
    throw new MoueError("bad-picture", `The picture has ${width} × ${height} pixels, ${MOST_PIXELS} are the most: shrink it first.`);
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) {
    throw new MoueError("out-of-memory", `The browser gives no canvas of ${width} × ${height}: shrink the picture first.`);
  }
  context.drawImage(source, 0, 0, width, height);
  try {
    return { width, height, data: context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer> };
  } catch (error) {
    if (error instanceof DOMException && error.name === "SecurityError") {
      throw new MoueError("bad-picture", "The picture is of another site, which does not let it be read: set its `crossorigin`, or save it first.");
    }
    throw new MoueError("out-of-memory", `The browser gives no memory for ${width} × ${height} pixels: shrink the picture first.`);
  }
}
