import { Moue, MoueError } from "/dist/index.js";

Object.assign(window, { Moue, MoueError });
