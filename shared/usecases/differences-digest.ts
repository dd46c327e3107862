import { canonicalJson } from '../domain/canonical-json.ts';
import type { Exception } from '../domain/reconciliation/exception.ts';
import { openedWith } from '../domain/reconciliation/plausible-work.ts';
import type { FileDifferences } from '../domain/reconciliation/statement.ts';
import { sha256 } from './hashing.ts';

/** Hashes are added up, so that the order in which differences are found and read does not matter. */
const MODULUS = 1n << 256n;
const DIGITS = 64;

/** What stands for the work items that a file led to, by what each was opened with; in no more memory than one hash. */
export class DifferencesDigest {
  #count = 0;
  #sum = 0n;

  add(exception: Exception): void {
    this.#count += 1;
    this.#sum = (this.#sum + BigInt(`0x${sha256(canonicalJson(openedWith(exception)))}`)) % MODULUS;
  }

  value(): FileDifferences {
    return { count: this.#count, sum: this.#sum.toString(16).padStart(DIGITS, '0') };
  }
}
