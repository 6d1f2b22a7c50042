/** Without WebGPU the processor reads faces: the page says so, answers as the native program does, and takes no more memory with time. Costs a minute. */

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { answers, launch, overflow, ready, screen, watched } from "./browser.mjs";
import { camera, clip } from "./clip.mjs";
import { memoryOf } from "./memory.mjs";
import { native } from "./native.mjs";
import { astronaut, folder } from "./paths.mjs";
import { pictures } from "./pictures.mjs";
import { ask, complaints } from "./same.mjs";
import { serve } from "./server.mjs";
import { keepTimes, line, medians } from "./times.mjs";

/** Chromium without its flags for WebGPU has it and gives no adapter; no flag takes it away. */
const bare = [];
const repeats = 5;
/** Takes it away from the worker. */
const change = (path, bytes) => (/\/worker-[^/]+\.js$/.test(path) ? `delete WorkerNavigator.prototype.gpu;${bytes}` : undefined);

describe("without WebGPU", () => {
  let browser, server, seen, page, memory;

  before(async () => {
    server = await serve({ change });
    browser = await launch(bare);
    seen = await watched(await browser.newContext({ acceptDownloads: true, viewport: { width: 1280, height: 900 } }));
    ({ page } = seen);
    memory = await memoryOf(page);
    await page.addInitScript(() => delete Navigator.prototype.gpu);
    await page.goto(server.origin);
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("the page says that no GPU is used, why, and which browsers have WebGPU", async () => {
    assert.equal(await page.evaluate(() => "gpu" in navigator), false);
    const notice = page.locator('[data-testid="notice"]');
    assert.match(await notice.innerText(), /No GPU is used\. The processor reads faces instead, more slowly/);
    assert.equal(await notice.getAttribute("data-code"), "no-webgpu");
    assert.match(await page.textContent('[data-testid="status"]'), /^Ready, without a GPU\./);
    assert.equal(await page.textContent('[data-testid="adapter"]'), "the processor (WebAssembly SIMD, one thread)");
    await page.click('[data-testid="example-astronaut"]');
    const [{ faces, error }] = await answers(page, 1);
    assert.deepEqual([error, faces[0].label], [null, "happy"]);
    await screen(page, "no-gpu");
    await notice.locator("summary").click();
    for (const name of ["Chrome", "Edge", "Safari", "Firefox"]) assert.match(await notice.innerText(), new RegExp(name));
    assert.equal(await page.locator('[data-testid="browsers"] li').count(), 4);
    await screen(page, "no-gpu-why");
    await page.setViewportSize({ width: 360, height: 740 });
    assert.ok((await overflow(page)) <= 0);
    await screen(page, "no-gpu-phone");
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  for (const name of ["photograph.png", "two-faces.png", "transparent.png"]) {
    it(`${name} gives the crops, codes, pictures and probabilities of the native program on the processor`, async () => {
      const photo = join(folder("no-gpu"), name);
      writeFileSync(photo, pictures()[name]);
      const into = `${photo}-cpu`;
      rmSync(into, { recursive: true, force: true });
      const faces = await ask(page, pictures()[name]);
      const reference = native(photo, into, "cpu", { faces });
      assert.equal(reference.device, "cpu");
      assert.equal(reference.found.length, name === "two-faces.png" ? 2 : 1);
      assert.deepEqual(complaints(faces, reference), []);
    });
  }

  /** Reads the example so many times; the times. */
  const read = (repeats, options = {}) =>
    page.evaluate(async ([repeats, options]) => {
      const file = await (await fetch("examples/astronaut.png")).blob();
      const all = [];
      for (let at = 0; at < repeats; at++) all.push((await window.moue.analyze(file, options)).times);
      return all;
    }, [repeats, options]);

  it("its stages are known, beside those of the native program on all cores", async () => {
    const own = native(astronaut, folder("times"), "cpu", { repeats });
    const times = medians(await read(repeats));
    const fast = medians(await read(repeats, { find: "fast" }));
    assert.deepEqual([times.prepare, times.upload, times.readback], [0, 0, 0]);
    assert.ok(times.compute > 0 && times.detect > 0);
    console.log(`Milliseconds a frame without WebGPU, astronaut.png, median of ${repeats}: ${line(times)}; looking for faces fast: ${line(fast)}; natively: ${line(own.times)}.`);
    keepTimes({ without_webgpu: { repeats, browser: times, fast, native: own.times } });
    assert.ok(fast.detect < times.detect, `${fast.detect} ms to look fast`);
  });

  it("thirty more pictures take no more memory", { timeout: 120_000 }, async () => {
    // What it needs it has after some of them.
    await read(7);
    const early = await memory();
    await read(30);
    const late = await memory();
    assert.equal(late.wasm, early.wasm);
    assert.ok(late.heap - early.heap < 3, `the heap grew from ${early.heap} to ${late.heap} MB`);
    assert.ok(late.page - early.page < 48, `the page's process grew from ${early.page} to ${late.page} MB`);
  });

  it("the benchmark runs on the processor, and may be stopped between two networks", { timeout: 120_000 }, async () => {
    await page.click('[data-testid="tab-bench"]');
    assert.equal(await page.locator('[data-testid="lose-device"]').isDisabled(), true);
    await page.selectOption('[data-testid="bench-suite"]', "default,lbp");
    await page.click('[data-testid="bench-start"]');
    await page.locator('[data-testid="bench-table"]').waitFor({ timeout: 100_000 });
    assert.match(await page.locator("#bench-result").innerText(), /cpu · cpu · WebAssembly SIMD, one thread/);
    assert.equal(await page.locator('[data-testid="bench-error"]').innerText(), "");
    await screen(page, "no-gpu-bench");
    const { adapter, results, not_measured } = await page.evaluate(() => {
      const stop = new AbortController();
      const onProgress = ({ message }) => message.startsWith("default") && stop.abort();
      return window.moue.bench({ nets: ["default", "alexnet"], batches: [1], signal: stop.signal, onProgress });
    });
    assert.equal(adapter.backend, "cpu");
    assert.deepEqual(results.map(({ net }) => net), ["default"]);
    assert.deepEqual(not_measured.map(({ net, error }) => [net, error]), [["alexnet", "it was stopped before"]]);
  });

  it("who needs a GPU is refused with the reason", async () => {
    const codes = await page.evaluate(async () => {
      const Moue = window.moue.constructor;
      const found = [];
      for (const options of [{ device: "gpu" }, { precision: "f16" }, { device: "cpu", precision: "f16" }]) {
        found.push(await Moue.load(options).then(() => "loaded", ({ code }) => code));
      }
      return [...found, window.moue.warning.code];
    });
    assert.deepEqual(codes, ["no-webgpu", "no-webgpu", "bad-argument", "no-webgpu"]);
  });

  it("no rule of the page's policy is broken, and no error written to the console", () => {
    assert.deepEqual([seen.violations, server.reports, seen.errors], [[], [], []]);
  });
});

describe("a browser that gives no adapter", () => {
  let browser, server, page, memory;

  before(async () => {
    server = await serve();
    browser = await launch([...bare, ...camera(clip())]);
    ({ page } = await watched(await browser.newContext({ permissions: ["camera"] })));
    memory = await memoryOf(page);
    await page.goto(server.origin);
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("is told what helps", async () => {
    const notice = page.locator('[data-testid="notice"]');
    await notice.locator("summary").click();
    assert.equal(await notice.getAttribute("data-code"), "no-adapter");
    assert.match(await notice.innerText(), /hardware acceleration/);
    await screen(page, "no-adapter");
    await notice.locator("summary").click();
  });

  it("reads the webcam for 20 seconds without growth of memory, and its frames a second are known", { timeout: 120_000 }, async () => {
    await page.click('[data-testid="tab-webcam"]');
    await page.click('[data-testid="webcam-start"]');
    await page.waitForFunction(() => window.moueAnswers.length >= 3, null, { timeout: 30_000 });
    await page.waitForTimeout(8_000);
    const early = await memory();
    await page.waitForTimeout(12_000);
    await screen(page, "no-gpu-webcam", {});
    const late = await memory();
    const shown = Number(await page.textContent('[data-testid="fps"]'));
    const read = await page.evaluate(() => window.moueAnswers.map(({ analysis: { faces, times } }) => ({ labels: faces.map(({ label }) => label), times })));
    const [labels, times] = [read.flatMap(({ labels }) => labels), medians(read.map(({ times }) => times))];
    console.log(`The webcam without WebGPU: ${shown} frames a second; milliseconds of a frame: ${line(times)}; ${JSON.stringify({ early, late })}`);
    keepTimes({ webcam_without_webgpu: { frames_a_second: shown, ...times } });
    assert.ok(shown > 0 && late.frames > early.frames);
    assert.ok(labels.includes("happy") && labels.includes("neutral"), [...new Set(labels)].join(" "));
    assert.equal(late.wasm, early.wasm);
    assert.ok(late.heap - early.heap < 3, `the heap grew from ${early.heap} to ${late.heap} MB`);
    // Chromium would keep every frame of a video that is drawn to a canvas.
    assert.ok(late.page - early.page < 48, `the page's process grew from ${early.page} to ${late.page} MB`);
  });
});
