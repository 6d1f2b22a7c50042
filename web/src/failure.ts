/** What was thrown, as the page is told of it. */

import type { Failure } from "./protocol.js";

export function failureOf(error: unknown): Failure {
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    const { code, message } = error as Failure;
    if (typeof code === "string") {
      return { code, message };
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "defect", message: `Something failed that should not (${message}): load the page anew, and please report it.` };
}
