/** `window.moueAnswers`: the last analyses, and `window.moueAnswered`: how many there were, for tests and for the browser's console. */

import type { Analysis } from "../../src/index.js";

export interface NamedAnswer {
  name: string;
  analysis: Analysis | null;
  /** Code and message where there is no analysis. */
  error: { code: string; message: string } | null;
}

const most = 100;
const answers: NamedAnswer[] = [];
window.moueAnswers = answers;
window.moueAnswered = 0;

export function remember(answer: NamedAnswer): void {
  answers.push(answer);
  window.moueAnswered = (window.moueAnswered ?? 0) + 1;
  if (answers.length > most) answers.shift();
}
