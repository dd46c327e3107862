import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';

/** Bytes of a keyed hash that are kept: 128 bits, so that two calls never share one by chance. */
const KEPT_BYTES = 16;

/** HMAC-SHA256 over the parts, unambiguously joined. 32 bytes. */
export function keyedHash(key: string, ...parts: readonly (string | number)[]): Uint8Array {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest();
}

/** A keyed hash as 22 characters. */
export function keyedText(key: string, ...parts: readonly (string | number)[]): string {
  return Buffer.from(keyedHash(key, ...parts))
    .subarray(0, KEPT_BYTES)
    .toString('base64url');
}

/** SHA-256 of text or bytes, hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Characters of a hash in an event's id: enough to tell the movements of one invoice apart. */
const EVENT_HASH_CHARACTERS = 12;

/** What stands for a movement in the ids of its events. */
export const eventHash = (text: string): string => sha256(text).slice(0, EVENT_HASH_CHARACTERS);

/** What stays of a request body for telling repeats from misuse: 22 characters. */
export function bodyHash(key: string, body: unknown): string {
  return keyedText(key, 'body', canonicalJson(body));
}

const EXCEPTION_DIGITS = 24;
const namedException = (text: string): string => `exc_${sha256(text).slice(0, EXCEPTION_DIGITS)}`;

/** Names a work item by what caused it, so that finding it again opens nothing new. */
export const exceptionId = (...parts: readonly string[]): string => namedException(parts.join('\n'));

/** The same where a part may be a list. */
export const exceptionIdOf = (facts: readonly unknown[]): string => namedException(JSON.stringify(facts));
