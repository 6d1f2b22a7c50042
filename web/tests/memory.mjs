/** What a page takes of the machine. */

import { readFileSync } from "node:fs";

/**
 * A function that gives megabytes of the page's heap after a collection and of the browser's processes that hold the page and the GPU, bytes of WebAssembly,
 * and the answers so far.
 */
export async function memoryOf(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  const processes = await page.context().browser().newBrowserCDPSession();
  return async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    const { processInfo } = await processes.send("SystemInfo.getProcessInfo");
    const resident = (id) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? NaN) / 1024;
    const of = (type) => processInfo.filter((info) => info.type === type).reduce((sum, { id }) => sum + resident(id), 0);
    return {
      heap: metrics.find(({ name }) => name === "JSHeapUsedSize").value / 1e6,
      wasm: (await page.evaluate(() => window.moue.memory())).wasm,
      gpu: of("GPU"),
      page: of("renderer"),
      frames: await page.evaluate(() => window.moueAnswered),
    };
  };
}
