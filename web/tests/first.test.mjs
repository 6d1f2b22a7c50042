/** How soon the first answer comes, and what each frame takes after that. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, watched } from "./browser.mjs";
import { native } from "./native.mjs";
import { astronaut, folder } from "./paths.mjs";
import { serve } from "./server.mjs";
import { keepTimes, line, median, medians } from "./times.mjs";

const stages = ["detect", "upload", "compute", "readback", "total"];
const repeats = 3;
/** Milliseconds to the first answer, and on a machine so slow that this is more, the native program's frames in which it is to come. */
const limit = 5000;
const frames = 7;
/** Visits of which the best counts: a busy machine disturbs one. */
const visits = 3;

/** From the navigation to the first answer to the example photograph, in milliseconds. */
async function visit(context, origin) {
  const { page } = await watched(context);
  await page.goto(origin, { waitUntil: "commit" });
  await page.click('[data-testid="example-astronaut"]');
  const took = await page.waitForFunction(() => window.moueAnswers?.length > 0 && performance.now(), null, { timeout: 60_000 });
  const cached = await page.evaluate(() => window.moue.model.cached);
  const failed = await page.evaluate(() => window.moueAnswers[0].error);
  assert.equal(failed, null);
  return { page, took: await took.jsonValue(), cached };
}

describe("the first answer", () => {
  let browser, server, context;
  const times = {};
  let own, page;

  before(async () => {
    own = native(astronaut, folder("times"), "swiftshader", { repeats });
    server = await serve();
    browser = await launch();
    context = await browser.newContext();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("comes within 5 seconds of the visit where the model is in the cache", async () => {
    const most = Math.max(limit, frames * own.times.total);
    if (most > limit) console.log(`A slow machine: its native frame takes ${own.times.total.toFixed(0)} ms, so that ${most.toFixed(0)} ms are allowed instead of ${limit}.`);
    const first = await visit(context, server.origin);
    assert.equal(first.cached, false);
    await first.page.close();
    const asked = server.paths.length;
    const later = [];
    while (later.length < visits && !(Math.min(...later) <= most)) {
      await page?.close();
      const visited = await visit(context, server.origin);
      assert.equal(visited.cached, true);
      later.push(visited.took);
      ({ page } = visited);
    }
    assert.deepEqual(server.paths.slice(asked).filter((path) => path.endsWith(".safetensors")), []);
    const seconds = later.map((took) => took / 1000);
    console.log(`First answer: ${(first.took / 1000).toFixed(2)} s at the first visit, ${seconds.map((took) => took.toFixed(2)).join(", ")} s with the model cached.`);
    times.first_answer_s = { first_visit: first.took / 1000, cached: seconds };
    assert.ok(Math.min(...later) <= most, `${later.join(", ")} ms`);
  });

  it("is followed by answers whose stages are known, beside those of the native program on the same adapter", async () => {
    const measured = await page.evaluate(async (repeats) => {
      const file = await (await fetch("examples/astronaut.png")).blob();
      const read = async (options) => {
        await window.moue.analyze(file, options);
        const all = [];
        for (let at = 0; at < repeats; at++) all.push((await window.moue.analyze(file, options)).times);
        return all;
      };
      return { all: await read({}), fast: await read({ find: "fast" }), adapter: window.moue.adapter.name };
    }, repeats);
    const browserTimes = Object.fromEntries(["pixels", ...stages, "prepare"].map((stage) => [stage, median(measured.all.map((times) => times[stage]))]));
    assert.equal(browserTimes.prepare, 0);
    assert.ok(stages.every((stage) => Number.isFinite(browserTimes[stage]) && browserTimes[stage] >= 0));
    for (const times of measured.all) {
      const sum = ["pixels", "detect", "upload", "compute", "readback"].reduce((sum, stage) => sum + times[stage], 0);
      assert.ok(sum <= times.total * 1.1, `stages of ${sum} ms in a whole of ${times.total} ms`);
    }

    console.log(`Milliseconds a frame, astronaut.png, median of ${repeats}:`);
    console.log(`${"stage".padEnd(10)}${"browser".padStart(10)}${"native".padStart(10)}`);
    for (const stage of ["pixels", ...stages]) {
      console.log(`${stage.padEnd(10)}${browserTimes[stage].toFixed(1).padStart(10)}${(own.times[stage]?.toFixed(1) ?? "").padStart(10)}`);
    }
    const fast = medians(measured.fast);
    console.log(`Looking for faces fast: ${line(fast)}.`);
    assert.ok(fast.detect < browserTimes.detect, `${fast.detect} ms to look fast`);
    Object.assign(times, { repeats, browser: { adapter: measured.adapter, ...browserTimes }, fast, native: { adapter: own.device, ...own.times } });
    keepTimes(times);
  });
});
