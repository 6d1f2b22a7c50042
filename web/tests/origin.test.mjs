/** Nothing leaves the page's own origin, and no text becomes code. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { answers, launch, ready, unchecked, watched } from "./browser.mjs";
import { astronaut, web } from "./paths.mjs";
import { policy, serve } from "./server.mjs";

describe("a whole session", () => {
  let browser, server, page, seen;

  before(async () => {
    server = await serve();
    browser = await launch([...unchecked, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
    const context = await browser.newContext({ permissions: ["camera"], acceptDownloads: true });
    seen = await watched(context);
    ({ page } = seen);
    await page.goto(server.origin);
    await ready(page);

    // Three times as soon on a GPU in software.
    await page.selectOption('[data-testid="photo-find"]', "fast");
    await page.setInputFiles('[data-testid="file-input"]', astronaut);
    for (const name of ["astronaut", "grace_hopper", "smiling", "neutral"]) await page.click(`[data-testid="example-${name}"]`);
    await answers(page, 5);
    for (const id of ["export-json", "export-csv"]) await Promise.all([page.waitForEvent("download"), page.click(`[data-testid="${id}"]`)]);
    await page.click('[data-testid="tab-webcam"]');
    await page.check('[data-testid="webcam-pictures"]');
    await page.click('[data-testid="webcam-start"]');
    await answers(page, 8);
    await page.click('[data-testid="webcam-stop"]');
    await page.click('[data-testid="tab-bench"]');
    await page.click('[data-testid="lose-device"]');
    await page.click('[data-testid="tab-about"]');
    await page.click('[data-testid="tab-photos"]');
    await page.click('[data-testid="example-astronaut"]');
    const before = await page.evaluate(() => window.moueAnswers.length);
    await answers(page, before + 1);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("asks nobody but the page's own server", () => {
    const elsewhere = seen.requests.filter((url) => !url.startsWith(`${server.origin}/`) && !url.startsWith(`blob:${server.origin}/`));
    assert.deepEqual(elsewhere, []);
    // What the worker asks for is among them.
    assert.ok(seen.requests.some((url) => url.endsWith(".wasm")), seen.requests.join("\n"));
    assert.ok(seen.requests.some((url) => url.endsWith(".safetensors")));
  });

  it("breaks no rule of its policy, and writes no error to the console", () => {
    assert.deepEqual([seen.violations, server.reports, seen.errors], [[], [], []]);
  });

  it("has a policy that lets in its own origin only, and no code from text", () => {
    const directives = Object.fromEntries(policy().split("; ").map((directive) => [directive.split(" ")[0], directive.split(" ").slice(1)]));
    assert.deepEqual(directives["default-src"], ["'none'"]);
    const allowed = ["'none'", "'self'", "'wasm-unsafe-eval'", "blob:", "data:"];
    assert.deepEqual(Object.values(directives).flat().filter((source) => !allowed.includes(source)), []);
    assert.deepEqual(directives["script-src"], ["'self'", "'wasm-unsafe-eval'"]);
    assert.deepEqual(directives["connect-src"], ["'self'"]);
    const preview = readFileSync(join(web, "vite.config.ts"), "utf8");
    const stated = [...preview.matchAll(/^ {2}"([a-z-]+ [^"]+)",$/gm)].map(([, directive]) => directive);
    assert.equal(stated.join("; "), policy());
  });

  it("would be refused and reported, did the page or its worker evaluate a text or ask elsewhere", async () => {
    for (const where of [page, page.workers()[0]]) {
      const before = server.reports.length;
      const refused = await where.evaluate(async (elsewhere) => {
        // Later, for what the debugger itself runs is let through.
        const evaluated = await new Promise((resolve) => {
          setTimeout(() => {
            try {
              resolve(new Function("return 'done'")());
            } catch ({ name }) {
              resolve(name);
            }
          });
        });
        const fetched = await fetch(elsewhere, { mode: "no-cors" }).then(() => "done", ({ name }) => name);
        return [evaluated, fetched];
      }, "http://127.0.0.1:9/");
      assert.deepEqual(refused, ["EvalError", "TypeError"]);
      for (let wait = 0; server.reports.length < before + 2 && wait < 50; wait++) await page.waitForTimeout(100);
      const directives = server.reports.slice(before).map((report) => report["effective-directive"]);
      assert.ok(directives.includes("script-src") && directives.includes("connect-src"), directives.join(" "));
    }
  });
});
