/** Action units on the page: nothing of them without being asked, a face that lights up, the chart of a video, what is exported. 13 s on two cores that were shared. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { launch, overflow, ready, screen, watched } from "./browser.mjs";
import { pictures } from "./pictures.mjs";
import { serve } from "./server.mjs";

describe("action units on the page", () => {
  let browser, server, seen, page;
  const one = (id) => page.locator(`[data-testid="${id}"]`);
  const fetched = () => server.paths.filter((path) => /\/actions-[\w-]+\.safetensors$/.test(path)).length;
  const save = async (id) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-testid="${id}"]`)]);
    return readFileSync(await download.path(), "utf8");
  };
  /** How bright the part of a unit is, by side. */
  const light = (unit, side) => page.locator(`[data-testid="diagram"] [data-units~="${unit}"][data-side="${side}"]`).first().evaluate((part) => [part.dataset.unit, Number(part.getAttribute("fill-opacity"))]);
  const answered = (count) => page.waitForFunction((count) => window.moueAnswered >= count, count, { timeout: 60_000 });

  before(async () => {
    server = await serve();
    // Without WebGPU: the page is the same, and a GPU in software takes three times as long.
    browser = await launch([]);
    seen = await watched(await browser.newContext({ acceptDownloads: true }));
    ({ page } = seen);
    await page.goto(server.origin);
    await ready(page);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("are neither fetched nor shown, nor exported, until they are asked for", async () => {
    await one("example-astronaut").click();
    await answered(1);
    await one("face").waitFor();
    assert.deepEqual([await one("diagram").count(), fetched()], [0, 0]);
    assert.doesNotMatch(await save("export-csv"), /AU12/);
    assert.equal(JSON.parse(await save("export-json")).faces[0].actions, undefined);
    await one("photo-units").check();
    await answered(2);
    await one("diagram").waitFor();
    assert.equal(fetched(), 1);
  });

  it("of a photograph are named by what one sees, and light up the face where they are", async () => {
    const rows = await one("unit").allInnerTexts();
    assert.equal(rows.length, 5);
    // Both are as good as certain.
    assert.deepEqual(rows.slice(0, 2).map((text) => text.split("\n")[0]).sort(), ["lip corners up AU12", "lips apart AU25"]);
    const { units } = await page.evaluate(() => window.moueAnswers.at(-1).analysis.faces[0].actions);
    for (const side of ["left", "right"]) {
      const [[smile, bright], [, dull]] = [await light("AU12", side), await light("AU15", side)];
      assert.ok(smile === "AU12" && bright > 0.8 && Math.abs(bright - units.AU12.intensity / 5) < 0.001, `${smile} ${bright}`);
      assert.equal(dull, 0);
    }
    assert.match(await one("diagram").getAttribute("aria-label"), /^Face diagram: .*lip corners up 9\d %/);
    assert.match(await one("emfacs").innerText(), /^The units speak for happiness \(AU12( \+ AU\d+)*\)\.$/);
    await screen(page, "units-photo-light");
    await page.emulateMedia({ colorScheme: "dark" });
    await screen(page, "units-photo-dark");
    await page.emulateMedia({ colorScheme: "light" });
  });

  it("of one eye have that of the person, which is on the other side of the picture", async () => {
    const places = await one("diagram").evaluate((view) => {
      const all = view.getBoundingClientRect();
      return ["AU46L", "AU46R"].map((unit) => {
        const own = view.querySelector(`[data-units~="${unit}"]`).getBoundingClientRect();
        return (own.x + own.width / 2 - all.x) / all.width;
      });
    });
    assert.ok(places[0] > 0.55 && places[1] < 0.45, `${places}`);
    assert.deepEqual(await one("diagram").locator("text").allTextContents(), ["right", "left"]);
  });

  it("go with the export", async () => {
    const { actions } = JSON.parse(await save("export-json")).faces[0];
    assert.deepEqual([actions.strongest.length, actions.units.AU12.present, actions.units.AU45], [5, true, undefined]);
    const [head, row] = (await save("export-csv")).trim().split("\n").map((line) => line.split(","));
    assert.equal(head.length, row.length);
    const cell = (name) => row[head.indexOf(name)];
    assert.deepEqual([Number(cell("AU12")), Number(cell("AU12_intensity"))], [actions.units.AU12.probability, actions.units.AU12.intensity]);
    assert.deepEqual([cell("AU45"), cell("AU45_intensity"), head.at(-1)], ["", "", "error"]);
  });

  it("of a whole picture are not read, and the picture is", async () => {
    await one("clear").click();
    await page.setInputFiles('[data-testid="file-input"]', { name: "no-face.png", mimeType: "image/png", buffer: pictures()["no-face.png"] });
    await one("whole").click();
    await one("face").waitFor();
    assert.deepEqual([await one("card-error").count(), await page.locator('[data-testid="acted"]:visible').count()], [0, 0]);
  });

  it("of a video have a chart of their own, by keyboard too, and the face follows it", async () => {
    await one("tab-videos").click();
    await one("video-units").check();
    await page.selectOption('[data-testid="video-every"]', "5");
    await one("example-head-pose-face-detection-male").click();
    await page.waitForFunction(() => /: read/.test(document.querySelector('[data-testid="video-note"]').textContent), null, { timeout: 60_000 });
    assert.equal(fetched(), 1);
    await one("chart-labels").focus();
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await one("chart-units").evaluate((tab) => [tab.getAttribute("aria-selected"), document.activeElement === tab, document.getElementById("video-chart").getAttribute("aria-labelledby")]), ["true", true, "chart-units"]);
    const rows = await one("video-rows").locator("li").allInnerTexts();
    assert.ok(rows.includes("lip corners up") && rows.includes("lips apart") && rows.length <= 10, rows.join(", "));
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "video-timeline");
    const shown = async (key) => {
      await page.keyboard.press(key);
      const text = await one("video-timeline").getAttribute("aria-valuetext");
      const frame = /frame (\d+)/.exec(text)[1];
      await page.waitForFunction((frame) => document.querySelector('[data-testid="video-shown"]').textContent.startsWith(`Frame ${frame},`), frame, { timeout: 10_000 });
      return [text, (await light("AU12", "left"))[1]];
    };
    const lights = [];
    for (const key of ["Home", "PageUp", "PageUp", "PageUp", "PageUp", "PageUp", "End"]) {
      const [text, bright] = await shown(key);
      assert.match(text, /^\d+\.\d\d seconds, frame \d+: [a-z ]+ \d+ %(, [a-z ]+ <?\d+ %){4}$/);
      lights.push(bright);
    }
    assert.ok(Math.max(...lights) - Math.min(...lights) > 0.1, `the face does not follow: ${lights}`);
    // The rows are drawn: where lips are apart throughout, the row is lit, and it is not where nothing is.
    const lit = await one("video-timeline").evaluate((canvas, rows) => {
      const on = canvas.getContext("2d");
      const share = (row) => on.getImageData(canvas.width * 0.3, ((row + 0.5) * canvas.height) / rows.length, 1, 1).data[3] / 255;
      return rows.map((words, row) => [words, share(row)]);
    }, rows);
    assert.ok(Object.fromEntries(lit)["lips apart"] > 0.5 && Math.min(...lit.map(([, value]) => value)) < 0.3, JSON.stringify(lit));
    await screen(page, "units-video-light");
  });

  it("of a video are exported, frame by frame and in the summary", async () => {
    const lines = (await save("video-export-json")).trim().split("\n").map((line) => JSON.parse(line));
    const [frames, last] = [lines.slice(0, -1), lines.at(-1)];
    const acted = frames.flatMap(({ faces }) => faces.map(({ actions }) => actions));
    assert.ok(acted.length >= 12 && acted.every(({ units }) => typeof units.AU45.probability === "number"), `${acted.length} faces`);
    const mean = acted.reduce((sum, { units }) => sum + units.AU25.probability, 0) / acted.length;
    assert.deepEqual([last.schema, last.actions.length, last.actions[0].unit], ["moue.video/1", 5, "AU25"]);
    assert.ok(Math.abs(last.actions[0].probability - mean) < 1e-9, JSON.stringify(last.actions));
    assert.match((await save("video-export-csv")).split("\n")[0], /,AU12,AU12_intensity,.*,error$/);
  });

  it("fit a phone, in the dark too, and are gone from the chart of a video that was read without", async () => {
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await screen(page, "units-video-dark");
    await page.setViewportSize({ width: 360, height: 740 });
    assert.ok((await overflow(page)) <= 0, `${await overflow(page)} pixels too wide`);
    await screen(page, "units-video-phone");
    await page.setViewportSize({ width: 1280, height: 900 });
    await one("video-units").uncheck();
    await page.selectOption('[data-testid="video-every"]', "25");
    await one("example-head-pose-face-detection-male").click();
    await page.waitForFunction(() => /: read, 3 frames/.test(document.querySelector('[data-testid="video-note"]').textContent), null, { timeout: 60_000 });
    assert.deepEqual([await one("chart-units").isVisible(), await one("video-rows").isVisible(), await page.locator('[data-testid="acted"]:visible').count()], [false, false, 0]);
    assert.equal(JSON.parse((await save("video-export-json")).trim().split("\n").at(-1)).actions, undefined);
  });

  it("have a model that the page names once it is there", async () => {
    await one("tab-about").click();
    assert.match(await one("about-model").innerText(), /reads action units\s+actions, 2\.1 MB/);
  });

  it("ask nobody else, and break no rule of the policy", () => {
    const elsewhere = seen.requests.filter((url) => !url.startsWith(`${server.origin}/`) && !url.startsWith(`blob:${server.origin}/`));
    assert.deepEqual([elsewhere, seen.errors, seen.violations, server.reports], [[], [], [], []]);
  });
});
