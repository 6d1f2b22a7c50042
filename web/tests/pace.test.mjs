/**
 * Frames of a video a second on SwiftShader and on the processor, faces followed: expressions alone, and with action units, by turns. The two devices agree, too: no other test reads
 * the same video by both. 57 s on two cores that were shared.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, watched } from "./browser.mjs";
import { web } from "./paths.mjs";
import { serve } from "./server.mjs";
import { keepTimes } from "./times.mjs";

const clip = join(web, "app/public/examples/head-pose-face-detection-male.webm");
/** Frames of a turn, at twelve a second, and turns, of which the best counts: a busy machine disturbs one. */
const measured = { gpu: [4, 2], cpu: [15, 2] };

describe("the pace of a video", () => {
  let browser, server, page;
  const answered = {};

  before(async () => {
    server = await serve();
    browser = await launch();
    ({ page } = await watched(await browser.newContext()));
    await page.goto(`${server.origin}/tests/plain.html`);
    await page.waitForFunction(() => window.Moue);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  for (const [device, [frames, turns]] of Object.entries(measured)) {
    it(`with action units is at least half of that without, ${device === "gpu" ? "on SwiftShader" : "on the processor"}`, async () => {
      const { adapter, backend, warning, probabilities, ...found } = await page.evaluate(async ([text, device, frames, turns]) => {
        const file = new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], "man.webm");
        const moue = await window.Moue.load({ device });
        const read = async (actions, frames) => {
          const start = performance.now();
          const acted = [];
          const probabilities = [];
          for await (const { faces, times } of moue.analyzeVideo(file, { actions, find: "fast", to: (frames - 0.5) / 12 })) {
            if (faces.length !== 1 || (faces[0].actions !== undefined) !== actions) throw new Error(`${faces.length} faces`);
            acted.push(times.actions);
            probabilities.push([...faces[0].probabilities]);
          }
          if (acted.length !== frames) throw new Error(`${acted.length} frames`);
          return { rate: (1000 * frames) / (performance.now() - start), acted: acted.sort((a, b) => a - b)[frames >> 1], probabilities };
        };
        // Shaders are compiled, and pictures of this size prepared.
        const { probabilities } = await read(false, 2);
        await read(true, 3);
        const best = { without: { rate: 0 }, with: { rate: 0 } };
        for (let turn = 0; turn < turns; turn++) {
          for (const [name, actions] of [["without", false], ["with", true]]) {
            const one = await read(actions, frames);
            if (one.rate > best[name].rate) best[name] = { rate: one.rate, acted: one.acted };
          }
        }
        moue.dispose();
        return { adapter: moue.adapter.name, backend: moue.adapter.backend, warning: moue.warning, probabilities, ...best };
      }, [readFileSync(clip).toString("base64"), device, frames, turns]);
      console.log(`${adapter}, 480 x 270, one face followed: ${found.without.rate.toFixed(2)} frames a second; with action units ${found.with.rate.toFixed(2)}, which take ${found.with.acted.toFixed(0)} ms of a frame.`);
      keepTimes({ [`video on ${device}`]: { adapter, frames, turns, ...found } });
      assert.deepEqual([backend, warning ?? null], [device === "gpu" ? "webgpu" : "cpu", null]);
      answered[device] = probabilities.flat();
      assert.ok(found.with.rate >= found.without.rate / 2, `${found.with.rate} of ${found.without.rate}`);
    });
  }

  it("is that of the same answers, to 2e-3", () => {
    const { gpu, cpu } = answered;
    assert.equal(gpu.length, cpu.length);
    const far = Math.max(...gpu.map((value, at) => Math.abs(value - cpu[at])));
    assert.ok(far <= 2e-3 && Math.max(...gpu) > 0.5, `${far} apart`);
  });
});
