/** Port: secrets by name, the name without the stage's prefix. Whoever reads one never logs it. */
export interface SecretReader {
  /** The current value, or `undefined` if no such secret exists. Throws when the store can't be reached: fail closed. */
  read(name: string): Promise<string | undefined>;
}

/** Port: secrets that are replaced while the one before still counts. */
export interface RotatedSecretReader extends SecretReader {
  /** The value before the current one, or `undefined` if there was none. Throws as `read` does. */
  previous(name: string): Promise<string | undefined>;
}
