import { pipeline, Readable } from 'node:stream';
import { constants, crc32, createDeflateRaw } from 'node:zlib';

/** A zip archive as a stream: sizes follow each entry's data, so nothing is held back. Source: PKWARE APPNOTE 6.3.10. */

export type ZipEntry = { name: string; content: AsyncIterable<Uint8Array> | Iterable<Uint8Array> };

const LOCAL_HEADER = 0x04034b50;
const DATA_DESCRIPTOR = 0x08074b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Sizes come behind the data (bit 3); names are UTF-8 (bit 11). */
const FLAGS = 0x0808;
const DEFLATE = 8;
/** Archives beyond this need Zip64, which is not written. */
const LARGEST = 0xffff_ffff;
const MOST_ENTRIES = 0xffff;
/** 1 January 1980, the first day that zip knows: the same content gives the same bytes. */
const MODIFIED = Buffer.from([0, 0, 0x21, 0]);

type Written = { name: Buffer; crc: number; packed: number; size: number; offset: number };

/** Entries in the order given. Throws RangeError beyond 4 GiB or 65,535 entries. */
export async function* zip(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const written: Written[] = [];
  let offset = 0;
  const within = (position: number): number => {
    if (position > LARGEST) throw new RangeError('the archive is larger than 4 GiB');
    return position;
  };
  for await (const { name, content } of entries) {
    if (written.length === MOST_ENTRIES) throw new RangeError('too many entries for an archive');
    const entry: Written = { name: Buffer.from(name), crc: 0, packed: 0, size: 0, offset };
    const header = headerOf(LOCAL_HEADER, [VERSION], entry);
    yield header;
    for await (const chunk of deflated(content, entry)) {
      entry.packed += chunk.length;
      yield chunk;
    }
    const descriptor = uint32s(DATA_DESCRIPTOR, entry.crc, within(entry.packed), within(entry.size));
    yield descriptor;
    offset = within(offset + header.length + entry.packed + descriptor.length);
    written.push(entry);
  }
  const central = Buffer.concat(written.map((entry) => headerOf(CENTRAL_HEADER, [VERSION, VERSION], entry)));
  yield central;
  yield Buffer.concat([
    uint32s(END),
    uint16s(0, 0, written.length, written.length),
    uint32s(within(central.length), offset),
    uint16s(0),
  ]);
}

/** The packed bytes of an entry; what goes in is counted into it. Packing runs beside the caller, in zlib's own thread. */
async function* deflated(content: ZipEntry['content'], entry: Written): AsyncGenerator<Uint8Array> {
  async function* counted() {
    for await (const chunk of content) {
      entry.crc = crc32(chunk, entry.crc);
      entry.size += chunk.length;
      yield chunk;
    }
  }
  const packer = createDeflateRaw({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 });
  // A failure of the content destroys the packer with it, which the loop then throws.
  pipeline(Readable.from(counted(), { highWaterMark: 1 }), packer, () => {});
  for await (const chunk of packer) yield chunk;
}

/** A local header, or the same in the central directory, where the sizes are known. */
function headerOf(signature: number, versions: number[], entry: Written): Buffer {
  const { name, crc, packed, size, offset } = entry;
  const isCentral = signature === CENTRAL_HEADER;
  return Buffer.concat([
    uint32s(signature),
    uint16s(...versions, FLAGS, DEFLATE),
    MODIFIED,
    isCentral ? uint32s(crc, packed, size) : uint32s(0, 0, 0),
    uint16s(name.length, 0),
    ...(isCentral ? [uint16s(0, 0, 0), uint32s(0, offset)] : []),
    name,
  ]);
}

function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

function uint16s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, 2 * index);
  return bytes;
}
