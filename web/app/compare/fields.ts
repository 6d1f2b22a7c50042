/** Fields of JSON that somebody else wrote, each of the type that it has to be, or told by its name. */

/** Letters of a text at most. */
const longest = 300;

/** What is wrong with a report. */
export class Wrong extends Error {}

/** An object, and what it is called. */
export class Fields {
  readonly #values: Record<string, unknown>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Wrong(`${where} is ${kind(value)}, no object`);
    this.#values = value as Record<string, unknown>;
    this.#where = where;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  /** One that must be there. */
  object(name: string): Fields {
    return new Fields(this.#values[name], this.#name(name));
  }

  list(name: string): unknown[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw this.#wrong(name, "list");
    return value;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value !== "string") throw this.#wrong(name, "text");
    if (value.length > longest) throw new Wrong(`${this.#name(name)} has ${value.length.toLocaleString("en")} letters, more than ${longest}`);
    return clean(value);
  }

  /** A text, or whatever it is, as JSON. */
  said(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? this.text(name) : clean(JSON.stringify(value)).slice(0, longest);
  }

  /** From zero on. */
  share(name: string): number {
    return this.#values[name] === 0 ? 0 : this.positive(name);
  }

  /** Above zero. */
  positive(name: string): number {
    const value = this.#values[name];
    if (typeof value !== "number") throw this.#wrong(name, "number");
    if (!Number.isFinite(value) || value <= 0) throw new Wrong(`${this.#name(name)} is ${value}, which cannot be`);
    return value;
  }

  /** From zero on. */
  count(name: string): number {
    return this.#values[name] === 0 ? 0 : this.whole(name);
  }

  whole(name: string): number {
    const value = this.positive(name);
    if (!Number.isSafeInteger(value)) throw new Wrong(`${this.#name(name)} is ${value}, no whole number`);
    return value;
  }

  truth(name: string): boolean {
    const value = this.#values[name];
    if (typeof value !== "boolean") throw this.#wrong(name, "true or false");
    return value;
  }

  /** What `read` gives where it is there; older reports have fewer fields. */
  maybe<T>(name: string, read: (this: Fields, name: string) => T): T | null {
    return this.has(name) ? read.call(this, name) : null;
  }

  #name(name: string): string {
    return this.#where === "" ? name : `${this.#where}.${name}`;
  }

  #wrong(name: string, wanted: string): Wrong {
    const value = this.#values[name];
    return new Wrong(value === undefined ? `${this.#name(name)} is missing` : `${this.#name(name)} is ${kind(value)}, no ${wanted}`);
  }
}

function kind(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "a list";
  return { string: "a text", number: "a number", boolean: "true or false", object: "an object" }[typeof value as string] ?? typeof value;
}

/** Without what XML cannot hold, and without what turns the direction of the letters round it. */
export function clean(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
}
