/** `window.moueAnswers`: the last analyses, for tests and for the browser's console. */

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

export function remember(answer: NamedAnswer): void {
  answers.push(answer);
  if (answers.length > most) answers.shift();
}
