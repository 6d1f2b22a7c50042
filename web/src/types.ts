/** All types of the package, and its error. */

export type * from "./types/actions.js";
export type * from "./types/answer.js";
export type * from "./types/bench.js";
export { MoueError } from "./types/error.js";
export type { MoueErrorCode } from "./types/error.js";
export type * from "./types/face.js";
export type * from "./types/likeness.js";
export type * from "./types/model.js";
export type * from "./types/options.js";
export type * from "./types/teach.js";
