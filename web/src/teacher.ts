/** Labels of one's own, as the page sees them: the worker holds their faces. */

import { askedOf } from "./asked.js";
import { pixelsOf } from "./pixels.js";
import type { Teach } from "./protocol.js";
import { imageOf } from "./typed.js";
import type { Source, Taught, TeacherFace, TeacherFaceOptions, TeacherLabel, TeachOptions, TeachProgress } from "./types.js";

/** Bytes of a file among which the camera says when it was taken. */
const head = 1 << 17;

/** Asks the worker; `asked` is made when it is this one's turn. */
export type AskTeacher = <T>(asked: () => Promise<Teach>, transfer?: (asked: Teach) => Transferable[], progress?: (progress: TeachProgress) => void) => Promise<T>;

/** Collects faces of labels, and teaches them: a linear layer on what the networks see. `Moue.teacher` makes it. */
export class Teacher {
  readonly #ask: AskTeacher;

  /** @internal */
  constructor(ask: AskTeacher) {
    this.#ask = ask;
  }

  /** The labels in their order, and how many faces each has. */
  labels(): Promise<TeacherLabel[]> {
    return this.#say({ of: "labels" });
  }

  /** One label more. @throws {MoueError} `bad-argument` where it has no name, or differs from another one in case at most. */
  addLabel(label: string): Promise<TeacherLabel[]> {
    return this.#say({ of: "add-label", label });
  }

  /** Another name for a label. Throws as `addLabel`. */
  renameLabel(label: string, name: string): Promise<TeacherLabel[]> {
    return this.#say({ of: "rename-label", label, name });
  }

  /** Forgets a label and its faces. */
  removeLabel(label: string): Promise<TeacherLabel[]> {
    return this.#say({ of: "remove-label", label });
  }

  /**
   * Adds the face of a picture, of which only what the networks read is kept.
   *
   * @throws {MoueError} `bad-picture` where the source is none, has no face, or several about as large; `bad-argument` where there is no such label, it has 1,000 faces, or
   * there are 5,000 in all; else as `analyze`.
   */
  async add(label: string, source: Source, options: TeacherFaceOptions = {}): Promise<TeacherFace> {
    const { faces = "largest", name = source instanceof File ? source.name : "a picture", together = null, taken = null, ...search } = options;
    // Taken now: a video goes on.
    const [pixels, start] = [pixelsOf(source), source instanceof Blob ? source.slice(0, head).arrayBuffer() : null];
    pixels.catch(() => {});
    const asked = async (): Promise<Teach> => {
      const { width, height, data } = await pixels;
      // The largest is chosen where it is known how large the others are.
      const all = askedOf({ ...search, faces: faces === "none" ? "none" : "all" });
      return { of: "add", label, name, together, taken, asked: all, width, height, rgba: data.buffer, head: await start };
    };
    const { crop, ...rest } = await this.#ask<TeacherFace>(asked, (asked) => (asked.of === "add" ? [asked.rgba] : []));
    return { ...rest, crop: imageOf(crop) };
  }

  /** Forgets a face. */
  remove(face: number): Promise<TeacherLabel[]> {
    return this.#say({ of: "remove", face });
  }

  /**
   * Learns of the faces, and tests what it learned by parts. It can be done again, with more faces.
   *
   * @throws {MoueError} `bad-argument` where there are fewer than two labels, one has fewer than 5 faces, or two have the same pictures.
   */
  teach({ name = "mine", same = {}, onProgress }: TeachOptions = {}): Promise<Taught> {
    const asked: Teach = { of: "teach", name, same: Object.entries(same).map((pair) => pair.join("=")) };
    return this.#ask(() => Promise.resolve(asked), undefined, onProgress);
  }

  /** Forgets all labels and faces, and frees what they took. */
  dispose(): Promise<void> {
    return this.#say({ of: "end" });
  }

  #say<T>(asked: Teach): Promise<T> {
    return this.#ask<T>(() => Promise.resolve(asked));
  }
}
