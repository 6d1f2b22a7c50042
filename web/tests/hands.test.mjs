/** The page by keyboard, on a phone, in the dark, and for who wants no motion. 40 s on two cores that were shared, half of them for what is looked at with WebGPU. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { answers, launch, overflow, ready, screen, unchecked, watched } from "./browser.mjs";
import { repository } from "./paths.mjs";
import { pictures } from "./pictures.mjs";
import { serve } from "./server.mjs";

/** Where a page opens: a window of a desktop, ready. */
async function opened(context, address) {
  const seen = await watched(context);
  await seen.page.setViewportSize({ width: 1280, height: 900 });
  await seen.page.goto(address);
  await ready(seen.page);
  return seen;
}

/** Opens all that a photograph's card can show. */
async function unfolded(page) {
  await page.locator('[data-testid="looked"]:visible').waitFor({ timeout: 60_000 });
  const closed = page.locator("details:not([open]) > summary:visible");
  while ((await closed.count()) > 0) await closed.first().click();
}

describe("the page, with WebGPU", () => {
  let browser, server, page, errors;
  const tabs = ["photos", "videos", "webcam", "bench", "about"];

  before(async () => {
    server = await serve();
    browser = await launch(unchecked);
    ({ page, errors } = await opened(await browser.newContext(), server.origin));
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("is used by keyboard alone", async () => {
    const focused = () => page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.tagName);
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "tab-photos");
    for (const [key, tab] of [["ArrowRight", "videos"], ["ArrowRight", "webcam"], ["ArrowRight", "folder"], ["ArrowRight", "teach"], ["ArrowRight", "bench"], ["End", "about"], ["ArrowRight", "photos"], ["ArrowLeft", "about"], ["Home", "photos"]]) {
      await page.keyboard.press(key);
      assert.equal(await focused(), `tab-${tab}`);
      assert.equal(await page.locator(`[data-testid="tab-${tab}"]`).getAttribute("aria-selected"), "true");
      assert.deepEqual(await page.locator("[role=tabpanel]:visible").evaluateAll((panels) => panels.map(({ id }) => id)), [tab]);
    }
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "file-input");
    for (const next of ["photo-find", "photo-mesh", "photo-explain", "photo-units", "example-astronaut"]) {
      await page.keyboard.press("Tab");
      assert.equal(await focused(), next);
    }
    await page.keyboard.press("Enter");
    await answers(page, 1);
    for (let presses = 0; (await focused()) !== "SUMMARY" && presses < 12; presses++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const figures = page.locator('[data-testid="saw"] figure');
    await figures.nth(5).waitFor();
    assert.equal(await figures.count(), 6);
    await screen(page, "keyboard");
  });

  it("fits its window with everything open, in light, in the dark and on a phone", async () => {
    assert.equal(await page.locator('[data-testid="notice"]').isVisible(), false);
    await page.check('[data-testid="photo-explain"]');
    await unfolded(page);
    for (const [name, width, height, colorScheme] of [["light", 1280, 900, "light"], ["dark", 1280, 900, "dark"], ["phone", 360, 740, "light"]]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      for (const tab of tabs) {
        await page.click(`[data-testid="tab-${tab}"]`);
        assert.ok((await overflow(page)) <= 0, `the tab ${tab} is ${await overflow(page)} pixels too wide, ${name}`);
        await screen(page, `${tab}-${name}`);
      }
    }
    assert.deepEqual(errors, []);
  });

  it("changes its colours with the system's, and moves nothing for who wants no motion", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.click('[data-testid="tab-photos"]');
    const look = () =>
      page.evaluate(() => {
        const moves = (element) => {
          const { transitionDuration, transitionProperty, animationName } = getComputedStyle(element);
          return animationName !== "none" || (transitionProperty !== "none" && transitionDuration.split(", ").some((text) => parseFloat(text) > 0));
        };
        return { paper: getComputedStyle(document.body).backgroundColor, moving: [...document.querySelectorAll("*")].filter(moves).length };
      });
    const usual = await look();
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    const calm = await look();
    assert.ok(calm.paper !== usual.paper && usual.moving > 0, JSON.stringify({ usual, calm }));
    assert.equal(calm.moving, 0);
    await screen(page, "photos-calm");
  });
});

describe("the page", () => {
  let browser, server, context, page, errors;

  before(async () => {
    server = await serve();
    // Without WebGPU: the page is the same, and a GPU in software takes ten times as long.
    browser = await launch([]);
    context = await browser.newContext();
    ({ page, errors } = await opened(context, server.origin));
  });
  afterEach(async () => {
    if (await page.locator('[data-testid="clear"]').isVisible()) await page.click('[data-testid="clear"]');
    await page.evaluate(() => (window.moueAnswers.length = 0));
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("shows what the networks looked at when asked, and no longer when not", async () => {
    await page.click('[data-testid="example-astronaut"]');
    await answers(page, 1);
    assert.equal(await page.locator('[data-testid="looked"]:visible').count(), 0);
    await page.check('[data-testid="photo-explain"]');
    await page.locator('[data-testid="looked"]:visible').waitFor({ timeout: 60_000 });
    const figures = page.locator('[data-testid="looked"] figure');
    const members = await page.evaluate(() => window.moue.model.members.map(({ name }) => name));
    assert.deepEqual(await figures.locator("figcaption").allInnerTexts(), ["fused", ...members]);
    // Warm and cold places: the picture is neither the crop alone nor one colour.
    const warm = await figures.locator("canvas").evaluateAll((all) => all.map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) count += data[at] > data[at + 2] + 40 ? 1 : 0;
      return (4 * count) / data.length;
    }));
    assert.ok(warm.every((share) => share > 0.02 && share < 0.98), warm.join(" "));
    await screen(page, "looked");
    await page.uncheck('[data-testid="photo-explain"]');
    await page.locator('[data-testid="looked"]:visible').waitFor({ state: "detached", timeout: 60_000 });
  });

  it("reads by a model file beside it that its address names", async () => {
    const own = join(repository, "models/fer2013/fer2013.safetensors");
    await context.route("**/own.safetensors", (route) => route.fulfill({ path: own }));
    const { page: other, errors } = await opened(context, `${server.origin}/?model=own.safetensors`);
    assert.match(await other.textContent('[data-testid="status"]'), /Model: fer2013\./);
    await other.click('[data-testid="example-astronaut"]');
    const [{ faces }] = await answers(other, 1);
    assert.deepEqual([faces[0].label, faces[0].probabilities.length], ["happy", 7]);
    assert.deepEqual(errors, []);
    await other.close();
  });

  it("says what to do about a picture without a face, and reads it whole when asked", async () => {
    await page.setInputFiles('[data-testid="file-input"]', { name: "no-face.png", mimeType: "image/png", buffer: pictures()["no-face.png"] });
    const [first] = await answers(page, 1);
    assert.deepEqual(first.faces, []);
    await screen(page, "no-face");
    await page.click('[data-testid="thorough"]');
    await answers(page, 2);
    await page.locator('[data-testid="thorough"]').waitFor({ state: "detached" });
    await page.click('[data-testid="whole"]');
    const [, , last] = await answers(page, 3);
    assert.equal(last.faces.length, 1);
    await page.locator('[data-testid="face-label"]').waitFor();
  });

  it("draws the mesh when asked, reads again by another search, and says how the head is turned", async () => {
    await page.click('[data-testid="example-astronaut"]');
    await answers(page, 1);
    assert.match(await page.locator('[data-testid="head"]').innerText(), /^Head turned \d+° (left|right), \d+° down, tilted \d+° right\. Eyes open 0\.\d\d and 0\.\d\d, mouth 0\.\d\d\.$/);
    /** The part of the picture's samples that are other than at the last call. */
    const changed = () =>
      page.locator(".picture").evaluate((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const last = window.lastPixels ?? data;
        window.lastPixels = data;
        return data.filter((value, at) => value !== last[at]).length / data.length;
      });
    await changed();
    await page.check('[data-testid="photo-mesh"]');
    const drawn = await changed();
    assert.ok(drawn > 0.005 && drawn < 0.1, `${drawn} of the picture`);
    await screen(page, "mesh");
    await page.selectOption('[data-testid="photo-find"]', "fast");
    const [first, second] = await answers(page, 2);
    assert.ok(second.times.detect < first.times.detect, `${second.times.detect} ms`);
    assert.equal(second.faces.length, 1);
  });

  it("shows two faces with their numbers, and clears them away", async () => {
    await page.setInputFiles('[data-testid="file-input"]', { name: "two-faces.png", mimeType: "image/png", buffer: pictures()["two-faces.png"] });
    await answers(page, 1);
    assert.equal(await page.locator('[data-testid="face"]').count(), 2);
    await screen(page, "two-faces");
    await page.click('[data-testid="clear"]');
    assert.equal(await page.locator("article").count(), 0);
  });

  it("writes no error to the console", () => {
    assert.deepEqual(errors, []);
  });
});
