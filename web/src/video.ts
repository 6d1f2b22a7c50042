/** The frames of a video file: taken out of it by mediabunny, decoded by the browser's WebCodecs, upright and of square pixels. */

import type { Input, InputVideoTrack, VideoSample } from "./mediabunny/mediabunny.js";
import { decodes, nameOf } from "./codecs.js";
import { pixelsOf, type Pixels } from "./pixels.js";
import { MoueError } from "./types.js";
import type { VideoEnd, VideoInfo, VideoOptions } from "./types.js";

/** Which frames are wanted. */
export type Part = Pick<VideoOptions, "every" | "from" | "to" | "signal" | "onInfo">;

export interface Frame {
  /** From 0. */
  frame: number;
  /** Seconds, as the file says them. */
  pts: number;
  /** Seconds since the first frame. */
  timestamp: number;
  pixels: Pixels;
  /** Milliseconds that taking the pixels took. */
  took: number;
}

type Demuxer = typeof import("./demuxer.js");

/** Loaded when a video is read first, and once. */
let demuxer: Promise<Demuxer> | undefined;

/**
 * Frames in the order in which they are shown. Those that are not wanted are decoded all the same, so that each has its number and its time.
 *
 * @throws {MoueError} `bad-video`, `bad-argument`, `defect` where the demuxer cannot be loaded.
 */
export async function* framesOf(file: Blob, { every = 1, from = 0, to = Infinity, signal, onInfo }: Part): AsyncGenerator<Frame, VideoEnd, undefined> {
  if (!(file instanceof Blob)) {
    throw new MoueError("bad-argument", "This is no video file: give a File or another Blob.");
  }
  if (!Number.isInteger(every) || every < 1) {
    throw new MoueError("bad-argument", `every: ${every} is no number of frames: take 1 for all of them.`);
  }
  if (!(from >= 0 && to > from)) {
    throw new MoueError("bad-argument", `from: ${from} and to: ${to} enclose no part of a video: take seconds since its first frame.`);
  }
  const named = file instanceof File ? `“${file.name}”` : "The file";
  const { input, track, VideoSampleSink } = await opened(file, named);
  const end: VideoEnd = { frames: 0, packets: null, missing: 0 };
  const canvas = new OffscreenCanvas(1, 1);
  let first: number | null = null;
  try {
    const info = await infoOf(track);
    end.packets = info.frames;
    end.missing = await missingOf(input);
    onInfo?.(info);
    const samples = new VideoSampleSink(track).samples();
    try {
      for (;;) {
        if (signal?.aborted) return end;
        const { done, value: sample } = await samples.next().catch((error: unknown) => {
          throw damaged(named, end.frames, error);
        });
        if (done) break;
        try {
          const frame = end.frames++;
          const pts = sample.timestamp;
          // Nanoseconds: a difference of floats is no round number.
          const timestamp = Math.round((pts - (first ??= pts)) * 1e9) / 1e9;
          if (timestamp >= to) return end;
          if (frame % every !== 0 || timestamp < from) continue;
          const start = performance.now();
          const pixels = await shown(sample, canvas, named);
          yield { frame, pts, timestamp, pixels, took: performance.now() - start };
        } finally {
          sample.close();
        }
      }
    } finally {
      await samples.return();
    }
    if (end.frames === 0) throw new MoueError("bad-video", `${named} has no frame that can be decoded: choose another video.`);
    return end;
  } finally {
    input.dispose();
  }
}

async function opened(file: Blob, named: string): Promise<{ input: Input; track: InputVideoTrack; VideoSampleSink: Demuxer["VideoSampleSink"] }> {
  if (file.size === 0) throw new MoueError("bad-video", `${named} is empty: choose another one.`);
  if (typeof VideoDecoder === "undefined") {
    throw new MoueError("bad-video", `${named} cannot be read, for this browser has no WebCodecs: use a current Chrome, Edge, Safari or Firefox, or the program moue.`);
  }
  demuxer ??= import("./demuxer.js");
  const { ADTS, BlobSource, FLAC, Input, MATROSKA, MP3, MP4, MPEG_TS, OGG, QTFF, VideoSampleSink, WAVE, WEBM } = await demuxer.catch((error: unknown) => {
    demuxer = undefined;
    throw new MoueError("defect", `The code that opens videos did not load (${said(error)}): load the page anew.`);
  });
  // Those of sound too, so that such a file is told apart.
  const formats = [MP4, QTFF, WEBM, MATROSKA, MPEG_TS, MP3, WAVE, OGG, ADTS, FLAC];
  const input = new Input({ source: new BlobSource(file), formats });
  try {
    return { input, track: await trackOf(input, named), VideoSampleSink };
  } catch (error) {
    input.dispose();
    if (error instanceof MoueError) throw error;
    throw new MoueError("bad-video", `${named} is damaged, or no video (${said(error)}): choose an MP4, MOV, WebM or MKV.`);
  }
}

async function trackOf(input: Input, named: string): Promise<InputVideoTrack> {
  if (!(await input.canRead())) {
    throw new MoueError("bad-video", `${named} is no video that can be read here, or it is damaged: choose an MP4, MOV, WebM or MKV.`);
  }
  const track = await input.getPrimaryVideoTrack();
  if (track === null) {
    const sound = (await input.getAudioTracks()).length > 0;
    const what = sound ? "has sound only, no pictures: choose a video." : "is damaged: no pictures can be found in it. Choose another copy of it.";
    throw new MoueError("bad-video", `${named} ${what}`);
  }
  const config = await track.getDecoderConfig();
  const { supported = false } = config === null ? {} : await VideoDecoder.isConfigSupported(config).catch(() => ({}) as VideoDecoderSupport);
  if (!supported) {
    const codec = (await track.getCodec()) ?? (await track.getInternalCodecId());
    const others = await decodes();
    const remedy = others.length > 0 ? `it decodes ${others.join(", ")}. Convert the file, or use the program moue.` : "nor any other. Use another one, or the program moue.";
    throw new MoueError("bad-video", `${named} is ${nameOf(String(codec ?? "in an unknown codec"))}, which this browser does not decode; ${remedy}`);
  }
  return track;
}

async function infoOf(track: InputVideoTrack): Promise<VideoInfo> {
  const [width, height, ticks, codec, first] = await Promise.all([
    track.getDisplayWidth(),
    track.getDisplayHeight(),
    track.getTimeResolution(),
    track.getCodec(),
    track.getFirstTimestamp().catch(() => 0),
  ]);
  // What is damaged further on is told when it is met.
  const stats = await track.computePacketStats().catch(() => null);
  const end = await track.computeDuration().catch(() => null);
  return { frames: stats?.packetCount ?? null, duration: end === null ? null : end - first, width, height, codec: nameOf(codec ?? ""), ticks };
}

/** Seconds that the file says it has and that are not there; less than one is how containers round. */
async function missingOf(input: Input): Promise<number> {
  const [told, there] = await Promise.all([input.getDurationFromMetadata(), input.computeDuration()]).catch(() => [null, 0] as const);
  return told !== null && told - there >= 1 ? told - there : 0;
}

/** Its pixels as they are shown. */
async function shown(sample: VideoSample, canvas: OffscreenCanvas, named: string): Promise<Pixels> {
  const { displayWidth: width, displayHeight: height, squarePixelWidth, rotation, flip, visibleRect } = sample;
  try {
    if (rotation === 0 && !flip && visibleRect.width === width && visibleRect.height === height && squarePixelWidth === width) {
      const frame = sample.toVideoFrame();
      try {
        return await pixelsOf(frame);
      } finally {
        frame.close();
      }
    }
    // One canvas for all: Chromium keeps what belongs to many.
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("the browser gives no canvas");
    sample.draw(context, 0, 0, width, height);
    return { width, height, data: context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer> };
  } catch (error) {
    throw new MoueError("out-of-memory", `A frame of ${named}, ${width} × ${height}, could not be taken (${said(error)}): close other pages, or shrink the video.`);
  }
}

function damaged(named: string, frames: number, error: unknown): MoueError {
  const far = frames === 0 ? "no frame of it can be decoded" : `it can be decoded up to its frame ${frames - 1}`;
  return new MoueError("bad-video", `${named} is damaged: ${far} (${said(error)}). Choose another copy of it.`);
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
