/** Lists are read page by page; a cursor says where the next page begins. */

/** The cursor was not made by us, or for another caller or another question. */
export class InvalidCursor extends Error {
  constructor() {
    super('invalid cursor');
    this.name = 'InvalidCursor';
  }
}

/** Port: positions as opaque, signed text. */
export interface CursorCodec {
  /** `boundTo`: whom and which question the cursor serves; it works for nothing else. */
  encode(position: string, boundTo: string): string;
  /** The position again. Throws {@link InvalidCursor}. */
  decode(cursor: string, boundTo: string): string;
}
