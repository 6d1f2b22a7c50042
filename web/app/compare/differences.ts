/** What makes reports unlike each other apart from the machines, in words. */

import type { Report } from "./report.js";
import { letter, listed } from "./words.js";

export function differences(reports: Report[]): string[] {
  const said: string[] = [];
  const suites = groups(reports, ({ suite }) => suite ?? "");
  if (suites.size > 1) {
    const each = [...suites].map(([suite, of]) => (suite === "" ? `${listed(of)} ${of.length > 1 ? "name" : "names"} none` : `${listed(of)}: ${suite}`));
    said.push(`The suites differ. ${each.join("; ")}. What several of them measured can be compared row by row, scores cannot.`);
  }
  const versions = groups(reports, ({ version }) => version ?? "");
  if (versions.size > 1) {
    const each = [...versions].map(([version, of]) => (version === "" ? `${listed(of)} ${of.length > 1 ? "name" : "names"} none` : `${listed(of)} ${of.length > 1 ? "are" : "is"} of moue ${version}`));
    said.push(`The versions differ: ${each.join("; ")}. A difference may be moue's and not the machine's.`);
  }
  const browsers = groups(reports, ({ backend, browser }) => String(backend === "webgpu" || browser !== null));
  if (browsers.size > 1) said.push(`${listed(browsers.get("true") ?? [])} ran in a browser, whose compiler checks every index; ${listed(browsers.get("false") ?? [])} natively.`);
  const tuned = groups(reports, (report) => String(report.tuned > 0));
  if (tuned.size > 1) said.push(`Kernels of ${listed(tuned.get("true") ?? [])} were chosen by measuring them (--tune), the others' by rules.`);
  const references = groups(reports.filter(({ score }) => score !== null), ({ score }) => score?.reference ?? "");
  if (references.size > 1) said.push("Scores are relative to different reference reports and cannot be compared.");
  return said;
}

/** Letters of the reports by what they say. */
function groups(reports: Report[], of: (report: Report) => string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [at, report] of reports.entries()) {
    const key = of(report);
    found.set(key, [...(found.get(key) ?? []), letter(at)]);
  }
  return found;
}
