import { createHmac, timingSafeEqual } from 'node:crypto';
import { type CursorCodec, InvalidCursor } from '../domain/paging.ts';

/** Bytes of the signature that are kept: 128 bits. */
const SIGNATURE_BYTES = 16;
const MIN_KEY_BYTES = 32;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** Cursors signed with HMAC-SHA256. `key`: at least 32 bytes; its text is taken as UTF-8. */
export function cursorCodec(key: string): CursorCodec {
  if (Buffer.byteLength(key) < MIN_KEY_BYTES) throw new RangeError(`a cursor key has at least ${MIN_KEY_BYTES} bytes`);

  // JSON keeps the two texts apart, so that none can flow into the other.
  const sign = (position: string, boundTo: string): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([boundTo, position]))
      .digest()
      .subarray(0, SIGNATURE_BYTES);

  return {
    encode(position, boundTo) {
      return Buffer.concat([sign(position, boundTo), Buffer.from(position)]).toString('base64url');
    },

    decode(cursor, boundTo) {
      const bytes = Buffer.from(cursor, 'base64url');
      // Decoding passes over what is no base64url; only the one spelling that we wrote is taken.
      if (!BASE64URL.test(cursor) || bytes.toString('base64url') !== cursor || bytes.length <= SIGNATURE_BYTES)
        throw new InvalidCursor();
      const position = bytes.subarray(SIGNATURE_BYTES).toString();
      if (!timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), sign(position, boundTo))) throw new InvalidCursor();
      return position;
    },
  };
}
