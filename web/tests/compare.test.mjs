/**
 * The tab "Compare": four real reports side by side (lavapipe, SwiftShader, an H200, Chromium), the base changed, one taken away, broken, old, newer and foreign files named with
 * the reason while the rest is shown, and the picture saved as SVG and PNG. No other test reads reports in a page, or looks into what it saves as pictures. No model is waited
 * for: 15 s on two cores that were shared.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, overflow, screen, watched } from "./browser.mjs";
import { folder, page as built, repository } from "./paths.mjs";
import { decode } from "./png.mjs";
import { serve } from "./server.mjs";

const results = join(repository, "benches/results");
const four = ["llvmpipe-mesa-22.3.6-epyc-2-cores.json", "swiftshader-epyc-2-cores.json", "nvidia-h200.json", "chromium-156-swiftshader-xeon-2-cores.json"];
const report = (name) => JSON.parse(readFileSync(join(results, name), "utf8"));
const file = (name, value) => ({ name, mimeType: "application/json", buffer: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)) });
const small = (change = {}) => ({
  schema: "moue.bench/1",
  adapter: { name: "Made-up GPU", backend: "vulkan", driver: "one 1.2" },
  peak: { gflops_f32: 100, gbytes_per_s: 10 },
  results: [{ net: "default", batch: 1, precision: "f32", median_ms: 50, images_per_s: 20, share_of_roof: 0.5 }],
  not_measured: [],
  moue: "0.1.0",
  date: "2026-01-02",
  ...change,
});
const span = (value) => ({ value, low: 0.95 * value, high: 1.06 * value });
/** As a later moue writes it. */
const scored = (name, value, more = {}) =>
  small({
    adapter: { name, backend: "metal", driver: "two" },
    results: [{ net: "default", batch: 1, precision: "f32", median_ms: 2, low_ms: 1.9, high_ms: 2.2, steady: false, images_per_s: 500, share_of_roof: null }],
    moue: "0.2.0",
    suite: "moue.suite/1",
    system: { os: "macos", arch: "aarch64", os_version: "15.1", browser: null },
    remarks: ["slower in the last third than in the first, by 19 %: heat"],
    score: { ...span(value), reference: "nvidia-h200", parts: { latency: span(2 * value), throughput: span(value), memory: null, end_to_end: span(value / 2) }, figures: [] },
    ...more,
  });

describe("the tab that compares reports", () => {
  let browser, server, seen, page;
  const one = (id) => page.locator(`[data-testid="${id}"]`);
  const status = (wanted) => page.waitForFunction((wanted) => new RegExp(wanted).test(document.querySelector('[data-testid="compare-status"]').textContent), wanted, { timeout: 10_000 });
  const names = async () => (await one("compare-report").locator("h3").allTextContents()).map((text) => text.trim());
  const troubles = () => one("compare-troubles").locator("li").allTextContents();
  const cells = async (row) => (await one("compare-table").locator(`tbody tr >> nth=${row}`).locator("td").allInnerTexts()).map((text) => text.replaceAll("\n", " "));
  const give = (...files) => page.setInputFiles('[data-testid="compare-input"]', files);
  const saved = async (id, name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), one(id).click()]);
    const path = join(folder("compare"), name);
    await download.saveAs(path);
    return readFileSync(path);
  };

  before(async () => {
    server = await serve();
    browser = await launch();
    seen = await watched(await browser.newContext({ acceptDownloads: true, viewport: { width: 1280, height: 900 } }));
    ({ page } = seen);
    await page.goto(`${server.origin}/#compare`);
    await one("compare-kept").first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("fetches a report of the repository when it is chosen, and shows four side by side", async () => {
    assert.ok(!server.paths.some((path) => path.startsWith("/reports/")));
    for (const name of four) await page.locator(`[data-file="${name}"]`).click();
    await status("^4 reports");
    assert.deepEqual(server.paths.filter((path) => path.startsWith("/reports/")), four.map((name) => `/reports/${name}`));
    const wanted = four.map(report);
    assert.deepEqual(await names(), wanted.map(({ adapter }, at) => `${"ABCD"[at]} ${adapter.name}`));
    const shown = await one("compare-report").allTextContents();
    for (const [at, { adapter, date, moue, system }] of wanted.entries()) {
      for (const word of [adapter.driver, date, `moue ${moue}`, system?.browser ?? "", four[at]]) assert.ok(shown[at].includes(word), `${word}: ${shown[at]}`);
    }
    assert.match(await one("compare-notes").innerText(), /D ran in a browser/);
    const [lavapipe, , h200] = wanted;
    const ratio = h200.results[0].images_per_s / lavapipe.results[0].images_per_s;
    const row = await cells(0);
    assert.deepEqual(row.slice(0, 3), ["default", "1", "f32"]);
    assert.ok(row[3].startsWith("9.30 images/s 108 ms the base 21 % of roof"), row[3]);
    assert.equal(row[4], "not measured");
    assert.ok(row[5].startsWith(`919 images/s 1.09 ms ${ratio.toFixed(1)} × 2 % of roof`), row[5]);
    await screen(page, "compare-wide");
  });

  it("counts what one report alone has, and shows it where it is asked for", async () => {
    const found = await one("compare-status").textContent();
    const [, rows, alone] = /^4 reports, (\d+) rows\. (\d+) measurements that one report alone has are left out\.$/.exec(found);
    await page.selectOption('[data-testid="compare-least"]', "1");
    await status(`^4 reports, ${Number(rows) + Number(alone)} rows\\.$`);
    assert.equal(await one("compare-table").locator("tbody tr").count(), Number(rows) + Number(alone));
    await page.selectOption('[data-testid="compare-batch"]', "64");
    await page.selectOption('[data-testid="compare-precision"]', "f16");
    assert.deepEqual(await one("compare-table").locator("tbody tr").first().locator("td").nth(5).locator("small").nth(1).innerText(), "no ratio: not in A");
    for (const name of ["batch", "precision"]) await page.selectOption(`[data-testid="compare-${name}"]`, "");
    await page.selectOption('[data-testid="compare-least"]', "26");
    const every = await one("compare-table").locator("tbody tr").allInnerTexts();
    assert.ok(every.length > 0 && every.every((text) => !text.includes("not measured")), `${every}`);
    await page.selectOption('[data-testid="compare-least"]', "2");
  });

  it("goes by another base where one is chosen, by keyboard too", async () => {
    await one("compare-base").first().focus();
    for (const key of ["ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
    assert.ok(await one("compare-base").nth(2).evaluate((radio) => radio.checked && radio === document.activeElement));
    const row = await cells(0);
    assert.ok(row[5].includes("the base") && row[3].includes("0.010 ×"), `${row}`);
    // Slower than the base is to the left of it, by length and by number.
    assert.ok((await one("compare-svg").innerHTML()).includes("C is 1: times as fast"));
  });

  it("saves what it shows as SVG and as PNG", async () => {
    const text = (await saved("compare-svg-save", "compare.svg")).toString();
    const said = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
      return { error: parsed.querySelector("parsererror")?.textContent ?? "", root: parsed.documentElement.tagName, bars: parsed.querySelectorAll('[data-testid="compare-bar"]').length, words: parsed.documentElement.textContent };
    }, text);
    assert.deepEqual([said.error, said.root], ["", "svg"]);
    assert.ok(!text.includes("var("), "colours of the page alone");
    assert.equal(said.bars, await one("compare-bar").count());
    for (const word of ["A  llvmpipe", "C  NVIDIA H200", "NVIDIA 580.159.04", "vgg_s, batch 1, f32", "919 images/s, 1.09 ms", "not measured: B", "ran in a browser"]) assert.ok(said.words.includes(word), word);
    const image = decode(await saved("compare-png-save", "compare.png"));
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(text).map(Number);
    assert.deepEqual([image.width, image.height], [2 * width, 2 * height]);
    const colours = new Set();
    for (let at = 0; at < image.data.length; at += image.channels) colours.add(image.data.readUIntBE(at, 3));
    // The marks of the four, and the ground.
    for (const colour of [0x3b82d6, 0xd9652b, 0x2a9d78, 0xa35fc9, 0xfbfaf8]) assert.ok(colours.has(colour), colour.toString(16));
  });

  it("is looked at in the dark and on a telephone", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await screen(page, "compare-dark");
    await page.setViewportSize({ width: 375, height: 800 });
    await page.waitForFunction(() => document.querySelector('[data-testid="compare-svg"]').viewBox.baseVal.width <= 375);
    assert.equal(await overflow(page), 0);
    await screen(page, "compare-phone-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await screen(page, "compare-phone");
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it("takes one away, and gives its place and the focus on", async () => {
    await one("compare-remove").nth(2).click();
    assert.deepEqual((await names()).map((name) => name[0]), ["A", "B", "C"]);
    assert.ok(await one("compare-base").first().evaluate((radio) => radio.checked));
    assert.ok(await one("compare-remove").nth(2).evaluate((button) => button === document.activeElement));
    await one("compare-clear").click();
    assert.deepEqual([await one("compare-view").isVisible(), await one("compare-status").textContent()], [false, ""]);
  });

  it("names what is broken, old, newer, foreign or there already, and shows the rest", async () => {
    const old = small();
    delete old.peak;
    delete old.not_measured;
    delete old.date;
    const own = { schema: "moue.analyze/1", input: "a.jpg", faces: [] };
    await give(
      file("old.json", old),
      file("broken.json", '{"schema":"moue.bench/1","adapter"'),
      file("empty.json", ""),
      file("list.json", [1, 2]),
      file("own.json", own),
      file("own.jsonl", `${JSON.stringify(own)}\n${JSON.stringify(own)}\n`),
      file("newer.json", small({ schema: "moue.bench/2" })),
      file("half.json", small({ results: undefined })),
      file("none.json", small({ results: [] })),
      file("text.json", small({ results: [{ ...small().results[0], median_ms: "50" }] })),
      file("null.json", small({ results: [null] })),
      file("minus.json", small({ results: [{ ...small().results[0], images_per_s: -1 }] })),
      file("long.json", small({ adapter: { name: "x".repeat(5_000), backend: "vulkan", driver: "" } })),
      file("large.json", " ".repeat(8_000_001)),
      file("again.json", old),
      file("h200.json", report("nvidia-h200.json")),
    );
    await status("^2 reports");
    await page.locator('[data-file="nvidia-h200.json"]').waitFor();
    assert.deepEqual(await names(), ["A Made-up GPU", "B NVIDIA H200"]);
    assert.match(await one("compare-report").first().innerText(), /without a date/);
    const wanted = {
      "broken.json": /it is no JSON \(/,
      "empty.json": /it is empty/,
      "list.json": /it has no schema; `moue bench --json FILE`/,
      "own.json": /its schema is `moue\.analyze\/1`; `moue bench --json FILE`/,
      "own.jsonl": /its schema is `moue\.analyze\/1`/,
      "newer.json": /`moue\.bench\/2`, which is newer than this page/,
      "half.json": /results is missing/,
      "none.json": /results are empty/,
      "text.json": /results\[0\]\.median_ms is a text, no number/,
      "null.json": /results\[0\] is null, no object/,
      "minus.json": /results\[0\]\.images_per_s is -1, which cannot be/,
      "long.json": /adapter\.name has 5,000 letters/,
      "large.json": /it has 8\.0 MB/,
      "again.json": /the same report is there already, as A \(from old\.json\)/,
    };
    const found = await troubles();
    assert.equal(found.length, Object.keys(wanted).length, `${found}`);
    for (const [at, [name, reason]] of Object.entries(wanted).entries()) assert.ok(found[at].startsWith(`${name}: `) && reason.test(found[at]), found[at]);
    await screen(page, "compare-troubles");
    // The repository's copy lacks only what is not shown.
    await page.locator('[data-file="nvidia-h200.json"]').click();
    await page.waitForFunction(() => /as B \(from h200\.json\)/.test(document.querySelector('[data-testid="compare-troubles"]').textContent));
    assert.equal((await troubles()).length, 1);
  });

  it("shows scores with their intervals, remarks, and what suites and versions differ in", async () => {
    await one("compare-clear").click();
    const odd = 'A "GPU" <b>&\u0001\u202e';
    await give(file("a.json", scored("M9", 3.2)), file("b.json", scored(odd, 1.1, { system: { os: "linux", arch: "x86_64", os_version: null, browser: "Firefox 150" } })), file("c.json", small()));
    await status("^3 reports, 1 row\\.");
    const rows = await one("compare-scores").locator("tbody tr").allInnerTexts();
    assert.match(rows[0], /M9\s+3\.20 \(3\.04 to 3\.39\)\s+6\.40 \(6\.08 to 6\.78\)\s+3\.20 .*not measured\s+1\.60 .*nvidia-h200/s);
    assert.match(rows[2], /no score/);
    assert.match((await cells(0))[3], /^500 images\/s 2\.00 ms \(1\.90 to 2\.20\), not steady the base share of roof not known/);
    assert.deepEqual(await one("compare-remarks").first().locator("li").allTextContents(), ["slower in the last third than in the first, by 19 %: heat"]);
    const notes = await one("compare-notes").innerText();
    for (const words of ["The suites differ. A and B: moue.suite/1; C names none.", "A and B are of moue 0.2.0; C is of moue 0.1.0", "B ran in a browser"]) assert.ok(notes.includes(words), notes);
    const text = (await saved("compare-svg-save", "scores.svg")).toString();
    const error = await page.evaluate((text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent ?? "", text);
    assert.equal(error, "");
    for (const word of ["3.20 (3.04 to 3.39)", "no score: C", "end to end", "by 19 %: heat", "A \"GPU\" &lt;b&gt;&amp;"]) assert.ok(text.includes(word), word);
    await screen(page, "compare-scores");
  });

  it("takes what is dropped, and asks nobody else", async () => {
    await one("compare-clear").click();
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "dropped.json"));
      document.querySelector('[data-testid="compare-drop"]').dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
    }, JSON.stringify(small()));
    await status("^1 report, 1 row");
    assert.deepEqual(seen.requests.filter((url) => !url.startsWith(`${server.origin}/`) && !url.startsWith(`blob:${server.origin}/`)), []);
    assert.deepEqual([seen.errors, seen.violations, server.reports], [[], [], []]);
  });

  it("says so where a report of the repository cannot be had", async () => {
    await page.route("**/reports/swiftshader*", (route) => route.abort());
    await page.locator('[data-file="swiftshader-epyc-2-cores.json"]').click();
    await page.waitForFunction(() => /^.*could not be fetched: whoever serves/s.test(document.querySelector('[data-testid="compare-troubles"]').textContent));
    assert.equal((await names()).length, 1);
  });

  it("has all reports of the repository beside it, without the operators' times", () => {
    for (const name of four) {
      const lying = JSON.parse(readFileSync(join(built, "reports", name), "utf8"));
      assert.deepEqual(lying.results.map(({ kernels, median_ms }) => [kernels, median_ms]), report(name).results.map(({ median_ms }) => [undefined, median_ms]));
    }
    assert.ok(readFileSync(join(built, "reports/nvidia-h200.json")).length < 50_000);
  });
});
