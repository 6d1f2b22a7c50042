/** Makes the example clips of the page, and their thumbnails, out of Intel's previews: `node scripts/clips.mjs FOLDER`, by ffmpeg with libvpx-vp9. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The second of the thumbnail, and the left edge of its square. */
const clips = { "head-pose-face-detection-male": [2, 105], "head-pose-face-detection-female-and-male": [0, 200], "face-demographics-walking-and-pause": [2, 60] };
const [from] = process.argv.slice(2);
if (from === undefined) throw new Error("name the folder that holds the previews of intel-iot-devkit/sample-videos");
const into = fileURLToPath(new URL("../app/public/examples/", import.meta.url));

function ffmpeg(...values) {
  const { status, error } = spawnSync(process.env.MOUE_FFMPEG ?? "ffmpeg", ["-v", "error", "-y", ...values], { stdio: "inherit" });
  if (status !== 0) throw error ?? new Error(`ffmpeg ended with ${status}`);
}

for (const [name, [second, left]] of Object.entries(clips)) {
  const preview = join(from, `${name}.gif`);
  // A key frame a second, so that any moment is near one.
  ffmpeg("-i", preview, "-c:v", "libvpx-vp9", "-crf", "26", "-b:v", "0", "-g", "12", "-pix_fmt", "yuv420p", "-fflags", "+bitexact", join(into, `${name}.webm`));
  ffmpeg("-ss", String(second), "-i", preview, "-frames:v", "1", "-vf", `crop=270:270:${left}:0,scale=160:160`, "-q:v", "4", join(into, "thumbs", `${name}.jpg`));
}
