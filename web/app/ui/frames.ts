/** Waiting for a video's next frame, and counting frames a second. */

/** Resolves at the next frame, or at once where the signal ends it. */
export function nextFrame(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end);
    // Firefox has requestVideoFrameCallback from 132 on only.
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(end);
    else requestAnimationFrame(end);
  });
}

/** Frames a second, over the last two seconds. */
export class Rate {
  #times: number[] = [];

  next(now: number): number {
    this.#times.push(now);
    while (this.#times.length > 2 && now - (this.#times[0] ?? now) > 2000) this.#times.shift();
    const took = now - (this.#times[0] ?? now);
    return took > 0 ? ((this.#times.length - 1) * 1000) / took : 0;
  }
}
