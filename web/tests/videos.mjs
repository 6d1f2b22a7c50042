/** Clips that the tests make by the system's ffmpeg, and what was put into them. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { astronaut, folder, web } from "./paths.mjs";

const program = process.env.MOUE_FFMPEG ?? "ffmpeg";
const into = folder("clips");
const vp9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "400k", "-pix_fmt", "yuv420p"];
const made = (size, ...values) => ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=10`, ...values];

/** Why no clips can be made; false where they can. */
export function noFfmpeg() {
  const { status, stdout } = spawnSync(program, ["-hide_banner", "-encoders"], { encoding: "utf8" });
  if (status !== 0) return `SKIPPED: ${program} does not run; install ffmpeg, or name it in MOUE_FFMPEG`;
  return stdout.includes("libvpx-vp9") ? false : `SKIPPED: ${program} has no libvpx-vp9`;
}

const there = new Set();

/** Made once. */
function clip(name, ...values) {
  const path = join(into, name);
  if (there.has(path)) return path;
  there.add(path);
  const { status, stderr } = spawnSync(program, ["-v", "error", "-y", ...values, path], { encoding: "utf8" });
  if (status !== 0) throw new Error(`ffmpeg, ${name}: ${stderr}`);
  return path;
}

/** `{ name: { path, times, size } }`: times in seconds as the file says them, the size as it is shown. */
export function good() {
  const even = (count, from = 0) => Array.from({ length: count }, (_, at) => from + at / 10);
  // Frames 0, 1, 4, 9, 16 of ten a second.
  const some = ["-vf", "select='eq(mod(sqrt(n),1),0)'", "-fps_mode", "passthrough"];
  const turned = clip("straight.mp4", ...made("96x64"), "-frames:v", "2", "-c:v", "libx264", "-pix_fmt", "yuv420p");
  return {
    "constant.webm": { path: clip("constant.webm", ...made("96x64"), "-frames:v", "8", ...vp9), times: even(8), size: [96, 64] },
    "variable.webm": { path: clip("variable.webm", ...made("96x64"), ...some, "-t", "2", ...vp9), times: [0, 0.1, 0.4, 0.9, 1.6], size: [96, 64] },
    "offset.webm": { path: clip("offset.webm", ...made("96x64"), "-frames:v", "3", ...vp9, "-output_ts_offset", "5"), times: even(3, 5), size: [96, 64] },
    "odd.webm": { path: clip("odd.webm", "-f", "lavfi", "-i", "testsrc=size=101x67:rate=10", "-frames:v", "2", ...vp9), times: even(2), size: [101, 67] },
    "wide-pixels.webm": { path: clip("wide-pixels.webm", ...made("88x64", "-vf", "setsar=16/11"), "-frames:v", "2", ...vp9), times: even(2), size: [128, 64] },
    "one.webm": { path: clip("one.webm", ...made("96x64"), "-frames:v", "1", ...vp9), times: [0], size: [96, 64] },
    // Where the browser decodes H.264, with frames that are stored in another order than they are shown.
    "h264.mp4": { path: clip("h264.mp4", ...made("96x64"), "-frames:v", "8", "-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p"), times: even(8), size: [96, 64], codec: "H.264" },
    "turned.mp4": { path: clip("turned.mp4", "-i", turned, "-c", "copy", "-metadata:s:v:0", "rotate=90"), times: even(2), size: [64, 96], codec: "H.264" },
  };
}

/** `{ name: path }`: files that are none, or not whole. */
export function bad() {
  const whole = readFileSync(clip("long.webm", ...made("160x90"), "-frames:v", "40", ...vp9, "-g", "10"));
  const put = (name, bytes) => (writeFileSync(join(into, name), bytes), join(into, name));
  return {
    "half.webm": put("half.webm", whole.subarray(0, whole.length >> 1)),
    "half.mp4": put("half.mp4", halved()),
    "half-after-index.mp4": put("half-after-index.mp4", halved("-movflags", "+faststart")),
    "sound.webm": clip("sound.webm", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "libopus"),
    "empty.webm": put("empty.webm", Buffer.alloc(0)),
    "text.webm": put("text.webm", "This is a text, and no video.\n"),
    "list.m3u8": put("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/other.ts\n#EXT-X-ENDLIST\n"),
    "hevc.mp4": clip("hevc.mp4", ...made("96x64"), "-frames:v", "3", "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1", "-pix_fmt", "yuv420p"),
  };
}

/** Its index is at the end, and so cut off, if it is not asked to be elsewhere. */
function halved(...where) {
  const bytes = readFileSync(clip(`whole${where.length}.mp4`, ...made("160x90"), "-frames:v", "40", "-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", ...where));
  return bytes.subarray(0, bytes.length >> 1);
}

/** A face that stays, so many frames of 256 x 256. */
export function face(count) {
  return clip(`face-${count}.webm`, "-loop", "1", "-framerate", "10", "-i", astronaut, "-vf", "scale=256:256", "-frames:v", String(count), ...vp9);
}

/** Frames of the man who turns his head and smiles, about his face, so that every decoder gives the same bytes: RGB without loss. */
export function lossless(from, count) {
  const source = join(web, "app/public/examples/head-pose-face-detection-male.webm");
  const chosen = `select='between(n,${from},${from + count - 1})',crop=270:270:105:0,setpts=N/TB/25`;
  return clip(`lossless-${from}-${count}.webm`, "-i", source, "-vf", chosen, "-r", "25", "-c:v", "libvpx-vp9", "-lossless", "1", "-pix_fmt", "gbrp");
}
