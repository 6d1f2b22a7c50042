/** Why something failed. */
export type MoueErrorCode =
  | "insecure"
  | "no-webgpu"
  | "no-adapter"
  | "device-lost"
  | "out-of-memory"
  | "bad-model"
  | "bad-picture"
  | "bad-video"
  | "bad-argument"
  | "network"
  | "stopped"
  | "defect";

/** A failure, with a sentence that a person can act on. */
export class MoueError extends Error {
  readonly code: MoueErrorCode;

  constructor(code: MoueErrorCode, message: string) {
    super(message);
    this.name = "MoueError";
    this.code = code;
  }
}
