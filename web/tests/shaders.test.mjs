/**
 * Every shader by the browser's own compiler, which refuses what the native one lets pass, with what a device has when nothing is asked for but arithmetic in f16: all of
 * them are parsed and checked; the pipelines are made of those of tensors in f32, and of every third in f16, with MOUE_THOROUGH=1 of all. 55 s on two cores that were shared.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { launch, unchecked, watched } from "./browser.mjs";
import { serve } from "./server.mjs";

describe("the shaders", () => {
  let browser, server, seen;

  before(async () => {
    server = await serve();
    browser = await launch(unchecked);
    seen = await watched(await browser.newContext());
    await seen.page.goto(`${server.origin}/tests/plain.html`);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** `each`: a pipeline is made of every so many. */
  const refused = (all, form, each) =>
    seen.page.evaluate(async ([given, form, each]) => {
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
      let made = 0;
      const compiled = shaders.map(async ([name, code], at) => {
        const module = device.createShaderModule({ code });
        const { messages } = await module.getCompilationInfo();
        const wrong = messages.filter(({ type }) => type === "error").map(({ message }) => message);
        if (at % each === 0 && wrong.length === 0) {
          made++;
          await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main" } }).catch(({ message }) => wrong.push(message));
        }
        if (wrong.length > 0) found.push(`${name}: ${wrong.join(" ")}`);
      });
      await Promise.all(compiled);
      return { count: shaders.length, made, found };
    }, [all, form, each]);

  for (const form of ["f32", "f16"]) {
    it(`compile, all of tensors in ${form}`, { timeout: 120_000 }, async (test) => {
      const { count, made, found } = await refused(undefined, form, form === "f32" || process.env.MOUE_THOROUGH === "1" ? 1 : 3);
      test.diagnostic(`${count} of them, ${made} pipelines`);
      assert.deepEqual(found, []);
      assert.ok(count > 40, `${count} of them`);
    });
  }

  it("are refused where they are no WGSL, and where a pipeline needs more than a device has", async () => {
    const mixed = ["mixed", "@compute @workgroup_size(1) fn main() { let x = 1 <= 2 & 3 >= 2; }"];
    const large = ["large", "var<workgroup> all: array<vec4f, 1025>; @compute @workgroup_size(1) fn main() { all[0] = vec4f(); }"];
    const { found } = await refused([mixed, large], "f32", 1);
    assert.deepEqual(found.map((text) => text.split(":")[0]).sort(), ["large", "mixed"]);
  });
});
