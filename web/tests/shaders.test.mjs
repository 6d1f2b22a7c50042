/** Every shader by the browser's own compiler, which refuses what the native one lets pass, with what a device has when nothing is asked for but arithmetic in f16. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, watched } from "./browser.mjs";
import { serve } from "./server.mjs";

describe("the shaders", () => {
  let browser, server, seen;

  before(async () => {
    server = await serve();
    browser = await launch();
    seen = await watched(await browser.newContext());
    await seen.page.goto(`${server.origin}/tests/plain.html`);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const refused = (all, form) =>
    seen.page.evaluate(async ([given, form]) => {
      const glue = await import("/dist/pkg/moue.js");
      await glue.default({ module_or_path: "/dist/pkg/moue_bg.wasm" });
      const adapter = await navigator.gpu.requestAdapter();
      // Nothing else is asked for.
      const half = adapter.features.has("shader-f16");
      const device = await adapter.requestDevice({ requiredFeatures: half ? ["shader-f16"] : [] });
      const found = [];
      const own = glue.shaders().filter(([name, , needsHalf]) => (half || !needsHalf) && name.endsWith("_f16") === (form === "f16"));
      const shaders = given ?? own;
      // The browser compiles some at a time.
      const compiled = shaders.map(([name, code]) => {
        device.pushErrorScope("validation");
        const module = device.createShaderModule({ code });
        const pipeline = device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main" } });
        return Promise.all([pipeline.catch((error) => found.push(`${name}: ${error.message}`)), device.popErrorScope()]);
      });
      await Promise.all(compiled);
      return { count: shaders.length, found };
    }, [all, form]);

  for (const form of ["f32", "f16"]) {
    it(`compile, all of tensors in ${form}`, { timeout: 120_000 }, async (test) => {
      const { count, found } = await refused(undefined, form);
      test.diagnostic(`${count} of them`);
      assert.deepEqual(found, []);
      assert.ok(count > 40, `${count} of them`);
    });
  }

  it("are refused where they are no WGSL", async () => {
    const { found } = await refused([["mixed", "@compute @workgroup_size(1) fn main() { let x = 1 <= 2 & 3 >= 2; }"]]);
    assert.equal(found.length, 1);
  });
});
