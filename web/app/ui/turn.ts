/** Who may use the GPU: the benchmark has it alone, everybody else waits. */
export class Turn {
  #end: Promise<void> | null = null;
  readonly #listeners: ((taken: boolean) => void)[] = [];

  get taken(): boolean {
    return this.#end !== null;
  }

  /** Takes it; what comes back gives it up again. */
  take(): () => void {
    let release = (): void => undefined;
    this.#end = new Promise((resolve) => {
      release = resolve;
    });
    this.#tell();
    return () => {
      this.#end = null;
      release();
      this.#tell();
    };
  }

  async free(): Promise<void> {
    while (this.#end !== null) await this.#end;
  }

  onChange(listener: (taken: boolean) => void): void {
    this.#listeners.push(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.taken);
  }
}
