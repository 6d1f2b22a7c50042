/** A reporter of one line, the last: what passed, failed and was skipped. */

export default async function* closing(source) {
  const start = performance.now();
  let [passed, failed, skipped] = [0, 0, 0];
  for await (const { type, data } of source) {
    // A suite repeats what its tests say, but where it was skipped whole.
    if (type === "test:pass" && data.skip !== undefined && data.skip !== false) skipped++;
    else if (data?.details?.type === "suite") continue;
    else if (type === "test:fail") failed++;
    else if (type === "test:pass") passed++;
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  yield `\nBrowser tests: ${passed} passed, ${failed} failed, ${skipped} skipped, in ${seconds} s.\n`;
}
