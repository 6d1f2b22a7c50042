/** What the fake webcam shows: portraits as an .mjpeg file, neutral and smiling by turns. */

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, repository, web } from "./paths.mjs";

const london = join(repository, "../shared/data/london-450");
/** A fake camera shows 30 a second. */
const framesEach = 45;

/** `{ file, portraits, from }`; without the Face Research Lab London Set, its two portraits that come with the page. */
export function clip() {
  const there = existsSync(london);
  const portraits = there ? pairs() : ["neutral.jpg", "smiling.jpg"].map((name) => join(web, "app/public/examples", name));
  const frames = portraits.flatMap((path) => Array(framesEach).fill(readFileSync(path)));
  const file = join(folder(), "faces.mjpeg");
  writeFileSync(file, Buffer.concat(frames));
  return { file, portraits: portraits.length, from: there ? "the London Set" : "the page's examples, for ../shared/data/london-450 is missing" };
}

/** Chromium's flags for a webcam that shows a clip, and may be used unasked. */
export function camera({ file }) {
  return ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${file}`];
}

function pairs() {
  const of = (name) => readdirSync(join(london, name)).sort().slice(0, 6).map((file) => join(london, name, file));
  const smiling = of("smiling_front");
  return of("neutral_front").flatMap((path, at) => [path, smiling[at]]);
}
