/** How far the reading of a video is: frames done of all, frames a second, time left. */

import { byId } from "./dom.js";
import { plural } from "./format.js";
import { Rate } from "./frames.js";

export class Progress {
  readonly #bar = byId("video-progress", HTMLProgressElement);
  readonly #text = byId("video-progress-text", HTMLElement);
  #rate = new Rate();
  #start = 0;
  #told = 0;
  /** Frames in all, where the file says. */
  all: number | null = null;

  begin(): void {
    this.#rate = new Rate();
    this.#start = performance.now();
    this.#told = 0;
    this.all = null;
    this.#bar.hidden = false;
    this.#bar.removeAttribute("value");
    this.#text.textContent = "";
  }

  done(frames: number): void {
    const now = performance.now();
    const rate = this.#rate.next(now);
    if (this.all !== null) this.#bar.value = frames / Math.max(1, this.all);
    // Numbers that change with every frame cannot be read.
    if (now - this.#told < 250 && frames !== this.all) return;
    this.#told = now;
    const left = this.all === null ? null : ((now - this.#start) / frames) * (this.all - frames);
    const of = this.all === null ? plural(frames, "frame") : `${frames.toLocaleString("en")} of ${plural(this.all, "frame")}`;
    const speed = frames > 1 ? `, ${rate.toFixed(1)} a second` : "";
    this.#text.textContent = of + speed + (left === null || frames === this.all ? "" : `, ${time(left)} left`);
  }

  end(): void {
    this.#bar.hidden = true;
  }
}

function time(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
