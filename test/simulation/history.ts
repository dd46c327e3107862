/** Steps that a failing run shows. */
const RECENT = 60;

/** What happened: the last steps in words, and a fingerprint of all of them. */
export class History {
  readonly #recent: string[] = [];
  #hash = 0xcbf29ce4;
  #other = 0x84222325;
  /** Steps so far. */
  length = 0;

  add(line: string): void {
    this.#recent[this.length % RECENT] = line;
    this.length += 1;
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      this.#hash = Math.imul(this.#hash ^ code, 0x01000193);
      this.#other = Math.imul(this.#other ^ code, 0x5bd1e995);
    }
  }

  /** The same in two runs if every step was the same. */
  get fingerprint(): string {
    return [this.#hash, this.#other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** The last steps, oldest first. */
  recent(): string[] {
    const first = this.length > RECENT ? this.length % RECENT : 0;
    return [...this.#recent.slice(first), ...this.#recent.slice(0, first)];
  }
}
