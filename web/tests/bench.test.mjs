/** The benchmark of the page ends, its file is the one that `moue bench --json` writes, and it goes to the tab "Compare". */

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, overflow, ready, screen, watched } from "./browser.mjs";
import { folder } from "./paths.mjs";
import { serve } from "./server.mjs";

/** The whole suite takes minutes on SwiftShader: asked for with MOUE_WEB_BENCH=whole. */
const whole = process.env.MOUE_WEB_BENCH === "whole";

describe("the benchmark", () => {
  let browser, server, seen;

  before(async () => {
    rmSync(join(folder(), "bench.json"), { force: true });
    server = await serve();
    browser = await launch();
    seen = await watched(await browser.newContext({ acceptDownloads: true, viewport: { width: 1280, height: 900 } }));
    await seen.page.goto(`${server.origin}/#bench`);
    await ready(seen.page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("ends, shows its results and saves them as target/web-tests/bench.json", { timeout: 280_000 }, async () => {
    const { page } = seen;
    if (!whole) await page.selectOption('[data-testid="bench-suite"]', "default,lbp");
    const start = performance.now();
    await page.click('[data-testid="bench-start"]');
    await page.locator("#bench-log li").first().waitFor();
    await screen(page, "bench-running");
    await page.waitForFunction(() => !document.querySelector('[data-testid="bench-start"]').hidden, null, { timeout: 270_000 });
    console.log(`The benchmark took ${((performance.now() - start) / 1000).toFixed(0)} s.`);
    assert.equal(await page.locator('[data-testid="bench-error"]').innerText(), "");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click('[data-testid="bench-save"]')]);
    const path = join(folder(), "bench.json");
    await download.saveAs(path);
    const report = JSON.parse(readFileSync(path, "utf8"));
    assert.equal(report.schema, "moue.bench/1");
    assert.equal(report.adapter.backend, "webgpu");
    // Of the suite what no time was left for is said, as are pictures, which the page gives the benchmark none of.
    const missing = report.not_measured.map(({ net }) => net);
    if (whole) assert.deepEqual([report.results.length + missing.length, ["photograph", "video"].every((net) => missing.includes(net))], [13, true]);
    else assert.deepEqual(missing, []);
    assert.equal(report.suite, whole ? "moue.suite/1" : null);
    const measured = new Set(report.results.map(({ net }) => net));
    for (const net of ["default", ...(whole ? [] : ["lbp"])]) assert.ok(measured.has(net), net);
    assert.ok(report.results.every(({ median_ms, net }) => median_ms > 0 && net !== ""));
    assert.equal(await page.locator('[data-testid="bench-table"] tbody tr').count(), report.results.length);
    await screen(page, "bench-done");
    await page.setViewportSize({ width: 360, height: 740 });
    assert.ok((await overflow(page)) <= 0);
    await screen(page, "bench-done-phone");
    await page.click('[data-testid="bench-compare"]');
    await page.locator('[data-testid="compare-report"]').waitFor();
    assert.equal(await page.locator('[data-testid="compare-table"] tbody tr').count(), report.results.length);
    await page.click('[data-testid="tab-bench"]');
    assert.deepEqual([seen.errors, seen.violations, server.reports], [[], [], []]);
  });

  it("runs the shaders of the papers' networks", { timeout: 120_000 }, async () => {
    const { results, not_measured } = await seen.page.evaluate(() => window.moue.bench({ nets: ["alexnet"], batches: [1], precisions: ["f32"] }));
    assert.deepEqual(not_measured, []);
    assert.deepEqual(results.map(({ net, batch }) => [net, batch]), [["alexnet", 1]]);
  });

  it("leaves the photographs their answers, and may be stopped", { timeout: 120_000 }, async () => {
    const { page } = seen;
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.click('[data-testid="bench-start"]');
    await page.click('[data-testid="bench-stop"]');
    await page.waitForFunction(() => !document.querySelector('[data-testid="bench-start"]').hidden, null, { timeout: 100_000 });
    await page.click('[data-testid="tab-photos"]');
    await page.click('[data-testid="example-astronaut"]');
    await page.locator('[data-testid="face-label"]').waitFor({ timeout: 60_000 });
    assert.equal(await page.locator('[data-testid="face-label"]').innerText(), "happy");
  });
});
