/** Words in the two languages that callers may ask for. */
export type RefusalWords = { vi: string; en: string };

/** One place in a request that is wrong, by JSON pointer. */
export type WrongPlace = { pointer: string; message: string };

/**
 * A call that cannot be carried out, and changed nothing. The code is one of the published problems; the HTTP layer turns
 * it into a problem document. Holds no personal data and no internals.
 */
export class Refusal extends Error {
  readonly code: string;
  readonly detail: RefusalWords | undefined;
  readonly errors: readonly WrongPlace[];
  /** Further members of the problem document (RFC 9457, section 3.2), for programs to read. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    detail?: RefusalWords,
    errors: readonly WrongPlace[] = [],
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(`refused: ${code}`);
    this.name = 'Refusal';
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.members = members;
  }
}

/** It does not exist, or belongs to another agency: the caller cannot tell which. */
export const notFound = (): Refusal => new Refusal('not_found');

/** The key was used for other words. */
export const keyReused = (): Refusal => new Refusal('idempotency_key_reused');
