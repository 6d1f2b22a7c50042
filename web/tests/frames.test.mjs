/** Frames that are the same bytes: what the page reads of them on SwiftShader and on the processor, beside the native program. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, watched } from "./browser.mjs";
import { folder, target, web } from "./paths.mjs";
import { serve } from "./server.mjs";
import { noFfmpeg } from "./videos.mjs";

const program = join(target, `release/moue${process.platform === "win32" ? ".exe" : ""}`);
const skip = noFfmpeg() || (!existsSync(program) && `SKIPPED: no ${program}: cargo build --release`);

/** Every fifteenth frame of the man who turns his head, as PNG. */
function frames() {
  const into = join(folder("clips"), "numbered");
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const clip = join(web, "app/public/examples/head-pose-face-detection-male.webm");
  const made = spawnSync(process.env.MOUE_FFMPEG ?? "ffmpeg", ["-v", "error", "-i", clip, "-vf", "select='not(mod(n,15))'", "-fps_mode", "passthrough", join(into, "%02d.png")], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  return into;
}

describe("frames of a video", () => {
  let browser, server, seen;

  before(async () => {
    server = await serve();
    browser = await launch();
    seen = await watched(await browser.newContext());
    await seen.page.goto(`${server.origin}/tests/plain.html`);
    await seen.page.waitForFunction(() => window.Moue);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("that are the same bytes have the names and, to 2e-3, the probabilities of the native program", { skip }, async () => {
    const into = frames();
    const run = spawnSync(program, ["analyze", into, "--fps", "2", "--json", "--device", "cpu"], { encoding: "utf8", maxBuffer: 1 << 24 });
    assert.equal(run.status, 0, run.stderr);
    const records = run.stdout.trim().split("\n").map((line) => JSON.parse(line)).filter(({ frame }) => frame !== undefined);
    const native = records.map(({ faces }) => faces.map(({ track, probabilities }) => ({ track, probabilities: Object.values(probabilities) })));
    const pictures = readdirSync(into).sort().map((name) => readFileSync(join(into, name)).toString("base64"));
    assert.deepEqual([native.length, native.flat().length, pictures.length], [5, 5, 5]);
    for (const device of ["gpu", "cpu"]) {
      const page = await seen.page.evaluate(async ([pictures, device]) => {
        const moue = await window.Moue.load({ device });
        const found = [];
        for (const [at, text] of pictures.entries()) {
          const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" });
          const { faces } = await moue.analyze(file, { find: "normal", stream: { name: "clip", time: 500 * at } });
          found.push(faces.map(({ track, probabilities }) => ({ track, probabilities: [...probabilities] })));
        }
        moue.dispose();
        return found;
      }, [pictures, device]);
      assert.deepEqual(page.map((faces) => faces.map(({ track }) => track)), native.map((faces) => faces.map(({ track }) => track)), device);
      const far = Math.max(...page.flat().flatMap(({ probabilities }, at) => probabilities.map((value, label) => Math.abs(value - native.flat()[at].probabilities[label]))));
      console.log(`${device}: ${far.toExponential(1)} from the native program on the processor`);
      assert.ok(far <= 2e-3, `${device}: ${far} apart`);
    }
  });
});
