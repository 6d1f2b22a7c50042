/** A lost GPU device costs nothing but time; one that cannot be had again is said. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { answers, launch, ready, screen, unchecked, watched } from "./browser.mjs";
import { serve } from "./server.mjs";

describe("a lost device", () => {
  let browser, server, page;

  before(async () => {
    server = await serve();
    browser = await launch(unchecked);
    ({ page } = await watched(await browser.newContext()));
    await page.goto(server.origin);
    await ready(page);
    // Three times as soon on a GPU in software.
    await page.selectOption('[data-testid="photo-find"]', "fast");
    await page.click('[data-testid="example-astronaut"]');
    await answers(page, 1);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("by the page's own button is opened again by the next picture, which is answered as before, and the page says so", async () => {
    await page.click('[data-testid="tab-bench"]');
    await page.click('[data-testid="lose-device"]');
    await page.getByText("The GPU device was destroyed").waitFor();
    await page.click('[data-testid="tab-photos"]');
    await page.click('[data-testid="example-astronaut"]');
    const [first, second] = await answers(page, 2);
    assert.equal(second.error, null);
    assert.deepEqual(second.faces, first.faces);
    assert.match(await page.textContent('[data-testid="status"]'), /was lost and is open again/);
    await screen(page, "device-recovered");
  });

  it("that the browser does not give again is the failure device-lost, until it does", async () => {
    const [worker] = page.workers();
    await worker.evaluate(() => {
      self.given = GPU.prototype.requestAdapter;
      GPU.prototype.requestAdapter = async () => null;
    });
    await page.evaluate(() => window.moue.destroyDevice());
    for (const count of [3, 4]) {
      await page.click('[data-testid="example-astronaut"]');
      const failed = (await answers(page, count)).at(-1);
      assert.equal(failed.error?.code, "device-lost");
      assert.match(failed.error.message, /could not be opened again: .+ load the page anew/);
    }
    assert.equal(await page.locator('[data-testid="card-error"][data-code="device-lost"]').count(), 2);
    await screen(page, "device-not-recovered");
    await worker.evaluate(() => {
      GPU.prototype.requestAdapter = self.given;
    });
    await page.click('[data-testid="example-astronaut"]');
    const last = (await answers(page, 5)).at(-1);
    assert.equal(last.error, null);
    assert.equal(last.faces[0].label, "happy");
  });
});
