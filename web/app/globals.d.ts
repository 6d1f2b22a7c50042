import type { Moue } from "../src/index.js";
import type { NamedAnswer } from "./ui/answers.js";

declare global {
  interface Window {
    moue?: Moue;
    moueAnswers?: NamedAnswer[];
    moueAnswered?: number;
  }
}
