/** A program that uses the package's types, as they are published. */

import { Moue, MoueError, type Analysis, type BenchReport, type FrameAnalysis, type LoadProgress, type MoueErrorCode, type Point, type Taught, type Teacher, type TeacherLabel, type VideoInfo } from "../../dist/index.js";

export async function read(video: HTMLVideoElement, file: File, picture: ImageData): Promise<string[]> {
  const seen: LoadProgress[] = [];
  const moue = await Moue.load({ precision: "f16", power: "low-power", onProgress: (progress) => seen.push(progress) });
  const slow: Moue = await Moue.load({ device: "cpu" });
  const reason: MoueErrorCode | undefined = slow.warning?.code;
  console.log(reason, slow.adapter.binding);
  moue.onrecover = (error) => console.warn(error.code, error.message);
  const answers: Analysis[] = [await moue.analyze(video), await moue.analyze(file, { faces: "largest", pictures: true }), await moue.analyze(picture, { find: "thorough", minFace: 16, landmarks: 68, blendshapes: true })];
  const later = await Moue.load({ faces: "later" });
  const followed = await later.analyze(video, { find: "fast", stream: { name: "webcam", time: performance.now() } });
  const [who, nose]: [number | null | undefined, Point | undefined] = [followed.faces[0]?.track, answers[2]?.faces[0]?.landmarks?.[30]];
  console.log(who, nose?.[2], later.faces?.licence, later.lines.mesh.length, answers[2]?.faces[0]?.pose?.yaw);
  const pixels: Uint8ClampedArray | undefined = answers[1]?.faces[0]?.pictures?.crop.data;
  const codes: Uint8Array | undefined = answers[1]?.faces[0]?.pictures?.mapped[0]?.codes;
  console.log(pixels?.length, codes?.length, seen.length, (await moue.memory()).wasm);
  moue.dispose();
  return answers.flatMap(({ faces }) => faces.map(({ label, probabilities }) => `${label} ${probabilities[0] ?? 0}`));
}

export async function watch(moue: Moue, file: File): Promise<FrameAnalysis[]> {
  const [known, frames]: [VideoInfo[], FrameAnalysis[]] = [[], []];
  for await (const frame of moue.analyzeVideo(file, { find: "fast", every: 2, from: 1, to: 2.5, signal: AbortSignal.timeout(1000), onInfo: (info) => known.push(info) })) {
    frames.push(frame);
    console.log(frame.frame, frame.pts, frame.timestamp, frame.faces[0]?.track, known[0]?.codec, known[0]?.frames ?? "?");
  }
  return frames;
}

export async function units(file: File): Promise<string[]> {
  const moue = await Moue.load({ actions: { url: "/actions.safetensors" } });
  const { faces } = await moue.analyze(file, { actions: true });
  const smile: number | undefined = faces[0]?.actions?.units["AU12"]?.intensity;
  console.log(smile, moue.actions?.units[0]?.words);
  return faces[0]?.actions?.strongest ?? [];
}

export async function alike(file: File): Promise<number[]> {
  const moue = await Moue.load({ embedding: { url: "/embedding.safetensors" } });
  const { faces } = await moue.analyze(file, { embed: true });
  const vectors: Float32Array[] = faces.flatMap(({ embedding }) => embedding ?? []);
  const groups = await moue.groups(vectors, { method: "em", k: 2, seed: 1 });
  const [place] = await moue.map(vectors);
  console.log(place?.[0], groups[0]?.members[0]?.distance, moue.embedding?.licence);
  return (await moue.neighbours([...(vectors[0] ?? [])], vectors, 3)).map(({ index }) => index);
}

export async function taught(moue: Moue, video: HTMLVideoElement, files: File[]): Promise<Moue> {
  const teacher: Teacher = await moue.teacher(["wink"]);
  const known: TeacherLabel[] = await teacher.addLabel("rest");
  for (const file of files) await teacher.add("rest", file, { faces: "none", taken: 0 });
  const { face, crop, box } = await teacher.add("wink", video, { find: "fast", together: "Anna", name: "webcam" });
  console.log(known[0]?.faces, crop.width, box.x, (await teacher.remove(face)).length);
  const { report, sentence, remarks, file }: Taught = await teacher.teach({ same: { rest: "neutral" }, onProgress: ({ done, all }) => console.log(done / all) });
  const gain: number | undefined = report.tested?.better.interval?.[0];
  console.log(sentence ?? remarks.join(" "), gain, report.tested?.confusion[0]?.[1]);
  await teacher.dispose();
  return Moue.load({ model: file.buffer });
}

export async function measure(moue: Moue): Promise<BenchReport> {
  return moue.bench({ nets: ["lbp"], batches: [1], precisions: ["f32"], signal: AbortSignal.timeout(1000) });
}

export function code(error: unknown): MoueErrorCode | null {
  return error instanceof MoueError ? error.code : null;
}

// @ts-expect-error: there is no such choice.
export const wrong: Parameters<Moue["analyze"]>[1] = { faces: "some" };

// @ts-expect-error: which of two GPUs is `power`.
export const place: Parameters<typeof Moue.load>[0] = { device: "low-power" };

// @ts-expect-error: the frames of a video follow each other as they are.
export const streamed: Parameters<Moue["analyzeVideo"]>[1] = { stream: { name: "a", time: 0 } };
