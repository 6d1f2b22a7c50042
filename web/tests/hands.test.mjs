/** The page by keyboard, on a phone, in the dark, and for who wants no motion. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { answers, launch, overflow, ready, screen, watched } from "./browser.mjs";
import { repository } from "./paths.mjs";
import { pictures } from "./pictures.mjs";
import { serve } from "./server.mjs";

describe("the page", () => {
  let browser, server, context;
  const tabs = ["photos", "videos", "webcam", "bench", "about"];

  /** `own`: a model file that is served beside the page, and named in its address. */
  async function opened({ width = 1280, height = 900, own = null, ...media } = {}) {
    const { page, errors } = await watched(context);
    await page.setViewportSize({ width, height });
    await page.emulateMedia(media);
    if (own !== null) await page.route("**/own.safetensors", (route) => route.fulfill({ path: own }));
    await page.goto(server.origin + (own === null ? "" : "/?model=own.safetensors"));
    await ready(page);
    return { page, errors };
  }

  /** All that a photograph's card can show. */
  async function answered(page) {
    await page.check('[data-testid="photo-explain"]');
    await page.click('[data-testid="example-astronaut"]');
    await answers(page, 1);
    const closed = page.locator("details:not([open]) > summary:visible");
    while ((await closed.count()) > 0) await closed.first().click();
  }

  before(async () => {
    server = await serve();
    browser = await launch();
    context = await browser.newContext();
  });
  afterEach(async () => {
    for (const page of context.pages()) await page.close();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("is used by keyboard alone", async () => {
    const { page } = await opened();
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

  for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["phone", { width: 360, height: 740 }]]) {
    it(`fits its window with everything open, ${name}`, async () => {
      const { page, errors } = await opened(options);
      await answered(page);
      await screen(page, `photos-${name}`);
      for (const tab of tabs) {
        await page.click(`[data-testid="tab-${tab}"]`);
        assert.ok((await overflow(page)) <= 0, `the tab ${tab} is ${await overflow(page)} pixels too wide`);
        if (tab !== "photos") await screen(page, `${tab}-${name}`);
      }
      assert.deepEqual(errors, []);
    });
  }

  it("shows what the networks looked at when asked, and no longer when not", async () => {
    const { page, errors } = await opened();
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
    assert.deepEqual(errors, []);
  });

  it("changes its colours with the system's", async () => {
    const { page } = await opened();
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.emulateMedia({ colorScheme: "dark" });
    assert.notEqual(await paper(), light);
  });

  it("moves nothing for who wants no motion", async () => {
    const moving = (page) =>
      page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
        const { transitionDuration, transitionProperty, animationName } = getComputedStyle(element);
        return animationName !== "none" || (transitionProperty !== "none" && transitionDuration.split(", ").some((text) => parseFloat(text) > 0));
      }).length);
    const { page: calm } = await opened({ reducedMotion: "reduce" });
    await answered(calm);
    assert.equal(await moving(calm), 0);
    await screen(calm, "photos-calm");
    const { page: usual } = await opened();
    assert.ok((await moving(usual)) > 0);
  });

  it("reads by a model file beside it that its address names", async () => {
    const { page, errors } = await opened({ own: join(repository, "models/fer2013/fer2013.safetensors") });
    assert.match(await page.textContent('[data-testid="status"]'), /Model: fer2013\./);
    await page.click('[data-testid="example-astronaut"]');
    const [{ faces }] = await answers(page, 1);
    assert.deepEqual([faces[0].label, faces[0].probabilities.length], ["happy", 7]);
    assert.deepEqual(errors, []);
  });

  it("says what to do about a picture without a face, and reads it whole when asked", async () => {
    const { page } = await opened();
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
    const { page } = await opened();
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
    const { page } = await opened();
    await page.setInputFiles('[data-testid="file-input"]', { name: "two-faces.png", mimeType: "image/png", buffer: pictures()["two-faces.png"] });
    await answers(page, 1);
    assert.equal(await page.locator('[data-testid="face"]').count(), 2);
    await screen(page, "two-faces");
    await page.click('[data-testid="clear"]');
    assert.equal(await page.locator("article").count(), 0);
  });
});
