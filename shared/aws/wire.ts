/**
 * JSON as DynamoDB reads and writes it: bytes are base64 text under `B` and `BS`. Looked for only where the text shows that
 * there may be some, because a walk through every value would be paid for at every call. Inside of a string a quotation
 * mark is escaped, so the marks below are never somebody's text.
 */
const BYTES_BADLY_WRITTEN = /\{"BS?":[{[]/;
const BYTES_READ = /\{"BS?":["[]/;

export function wireText(value: object): string {
  const text = JSON.stringify(value);
  return BYTES_BADLY_WRITTEN.test(text) ? JSON.stringify(base64(value)) : text;
}

export function wireValue(text: string): unknown {
  const value: unknown = JSON.parse(text || '{}');
  return BYTES_READ.test(text) ? bytes(value) : value;
}

function base64(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(base64);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, base64(inner)]));
}

function bytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bytes);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  const [[type, content] = ['', undefined], ...more] = members;
  if (more.length === 0 && type === 'B' && typeof content === 'string') return { B: read(content) };
  if (more.length === 0 && type === 'BS' && Array.isArray(content)) return { BS: content.map(read) };
  return Object.fromEntries(members.map(([name, inner]) => [name, bytes(inner)]));
}

const read = (text: unknown): Uint8Array => new Uint8Array(Buffer.from(String(text), 'base64'));
