/** Firefox without WebGPU, another compiler of the same WebAssembly, with SIMD of its own: the same answers. Skipped where there is no Firefox; costs half a minute. */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { firefox, launchFirefox } from "./firefox.mjs";
import { native } from "./native.mjs";
import { folder } from "./paths.mjs";
import { pictures } from "./pictures.mjs";
import { asked, complaints } from "./same.mjs";
import { serve } from "./server.mjs";
import { keepTimes, line, medians } from "./times.mjs";

const repeats = 7;

/** Until `test` holds in the page; fails after a minute. */
async function until(page, test, ...args) {
  for (const end = performance.now() + 60_000; performance.now() < end; ) {
    if (await page.run(test, ...args)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`it did not come to ${test}`);
}

describe("Firefox without WebGPU", { skip: firefox ? false : "there is no Firefox: install one, or name it in MOUE_FIREFOX" }, () => {
  let page, server;

  before(async () => {
    server = await serve();
    page = await launchFirefox();
    await page.go(server.origin);
    await until(page, () => window.moue || !document.querySelector('[data-testid="error"]').hidden);
  });
  after(async () => {
    await page?.close();
    await server?.close();
  });

  it("the page says that no GPU is used, and which processor's instructions are", async () => {
    const [hasGpu, error, notice, adapter] = await page.run(() =>
      ["error", "notice", "adapter"].reduce((all, id) => [...all, document.querySelector(`[data-testid="${id}"]`).innerText], ["gpu" in navigator]));
    assert.deepEqual([hasGpu, error], [false, ""]);
    assert.match(notice, /No GPU is used\. The processor reads faces instead, more slowly/);
    assert.equal(adapter, "the processor (WebAssembly SIMD, one thread)");
  });

  it("a portrait gives the crop, codes, pictures and probabilities of the native program on the processor", async () => {
    const photo = join(folder("firefox"), "photograph.png");
    writeFileSync(photo, pictures()["photograph.png"]);
    const into = `${photo}-cpu`;
    rmSync(into, { recursive: true, force: true });
    const faces = await page.run(asked, { text: pictures()["photograph.png"].toString("base64") });
    const reference = native(photo, into, "cpu", { faces });
    assert.equal(reference.found.length, 1);
    assert.deepEqual(complaints(faces, reference), []);
    await page.run(() => document.querySelector('[data-testid="example-astronaut"]').click());
    await until(page, () => document.querySelector('[data-testid="face-label"]'));
    await page.screen("firefox");
  });

  it("its stages are known, and WebAssembly takes no more memory with time", async () => {
    const read = (count) =>
      page.run(async (count) => {
        const file = await (await fetch("examples/astronaut.png")).blob();
        const all = [];
        for (let at = 0; at < count; at++) all.push((await window.moue.analyze(file)).times);
        return { all, memory: await window.moue.memory() };
      }, count);
    // What it needs it has after some of them.
    const early = await read(repeats);
    const late = await read(repeats);
    const times = medians(late.all);
    console.log(`Milliseconds a frame in Firefox without WebGPU, astronaut.png, median of ${repeats}: ${line(times)}.`);
    keepTimes({ firefox_without_webgpu: { repeats, ...times } });
    assert.ok(times.compute > 0);
    assert.deepEqual(late.memory, early.memory);
  });

  it("a webcam is read, and its frames a second are known", async () => {
    await page.run(async () => {
      // Firefox takes no clip for a webcam: portraits on a canvas are one.
      const images = await Promise.all(["neutral", "smiling"].map(async (name) => createImageBitmap(await (await fetch(`examples/${name}.jpg`)).blob())));
      const canvas = Object.assign(document.createElement("canvas"), { width: images[0].width, height: images[0].height });
      const context = canvas.getContext("2d");
      let shown = 0;
      const show = () => context.drawImage(images[Math.floor(shown++ / 45) % 2], 0, 0, canvas.width, canvas.height);
      show();
      setInterval(show, 1000 / 30);
      navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(30);
      window.moueAnswers.length = 0;
      document.querySelector('[data-testid="tab-webcam"]').click();
      document.querySelector('[data-testid="webcam-start"]').click();
    });
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    await until(page, () => window.moueAnswers.length >= 4);
    await page.screen("firefox-webcam");
    const { shown, labels, times, error } = await page.run(() => ({
      shown: Number(document.querySelector('[data-testid="fps"]').textContent),
      labels: window.moueAnswers.flatMap(({ analysis }) => analysis.faces.map(({ label }) => label)),
      times: window.moueAnswers.map(({ analysis }) => analysis.times),
      error: document.querySelector('[data-testid="webcam-error"]').innerText,
    }));
    assert.equal(error, "");
    console.log(`The webcam in Firefox without WebGPU: ${shown} frames a second; milliseconds of a frame: ${line(medians(times))}`);
    keepTimes({ firefox_webcam_without_webgpu: { frames_a_second: shown, ...medians(times) } });
    assert.ok(shown > 0 && labels.includes("happy") && labels.includes("neutral"), labels.join(" "));
  });

  it("no rule of the page's policy is broken", () => {
    assert.deepEqual(server.reports, []);
  });
});
