/** The worker, asked by number. */

import type { Reply, Request } from "./protocol.js";
import { MoueError } from "./types.js";

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: MoueError) => void;
  progress?: ((progress: never) => void) | undefined;
}

/** One worker, and what was asked of it. */
export class Line {
  onrecover: ((error: MoueError) => void) | null = null;

  readonly #worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "moue" });
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  #ended: MoueError | null = null;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#hear(data);
    // What the worker does not catch itself: its code did not load, or WebAssembly ran into a trap and is no more.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(new MoueError("defect", `The worker failed (${event.message || "its code did not load"}): load the page anew.`));
    };
  }

  ask<T>(request: Request, transfer: Transferable[] = [], progress?: (progress: never) => void): Promise<T> {
    if (this.#ended) {
      return Promise.reject(this.#ended);
    }
    const id = this.#count++;
    return new Promise<T>((resolve, reject) => {
      try {
        this.#worker.postMessage({ ...request, id }, transfer);
        this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject, progress });
      } catch (error) {
        reject(new MoueError("bad-argument", `It could not be handed to the worker: ${error instanceof Error ? error.message : String(error)}`));
      }
    });
  }

  tell(request: Request): void {
    this.#worker.postMessage({ ...request, id: -1 });
  }

  end(reason: MoueError): void {
    this.#ended ??= reason;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) {
      reject(this.#ended);
    }
    this.#waiting.clear();
  }

  #hear(reply: Reply): void {
    if (reply.kind === "recovered") {
      this.onrecover?.(new MoueError(reply.error.code, reply.error.message));
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    if (reply.kind === "progress") {
      waiting?.progress?.(reply.progress as never);
      return;
    }
    this.#waiting.delete(reply.id);
    if (reply.kind === "failed") {
      waiting?.reject(new MoueError(reply.error.code, reply.error.message));
    } else {
      waiting?.resolve(reply.value as never);
    }
  }
}
