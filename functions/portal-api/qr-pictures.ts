import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'uqr';

/** White around a code, in modules. Source: ISO/IEC 18004, 6.3.8. */
const QUIET_ZONE = 4;
/** Size of one module in the PNG, in pixels: sharp when printed, some 1 kB for a payment. */
const PNG_MODULE = 6;

/** A QR code as SVG text and as PNG (a data URL), black on white, error correction M. The same text gives the same bytes. */
export function qrPictures(text: string): { svg: string; png: string } {
  const { data } = encode(text, { ecc: 'M', border: QUIET_ZONE });
  return { svg: svgOf(data), png: `data:image/png;base64,${pngOf(data).toString('base64')}` };
}

function svgOf(rows: readonly (readonly boolean[])[]): string {
  const size = rows.length;
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : []))).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>`
  );
}

/** One bit a pixel, grey, not interlaced. Source: PNG, third edition. */
function pngOf(rows: readonly (readonly boolean[])[]): Buffer {
  const size = rows.length * PNG_MODULE;
  const lines = rows.flatMap((row) => {
    const line = Buffer.alloc(1 + Math.ceil(size / 8));
    for (let x = 0; x < size; x += 1)
      if (!row[Math.floor(x / PNG_MODULE)]) line[1 + (x >> 3)] = (line[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
    return Array.from({ length: PNG_MODULE }, () => line);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'ascii'), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
}
