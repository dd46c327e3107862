import PDFDocument from 'pdfkit';
import { encode } from 'uqr';
import { type FontName, fontBytes } from './fonts.ts';

/**
 * Pages of a PDF, drawn on from the top left in points. pdfkit keeps the objects, packs them and embeds of each face the
 * letters that were used; text is set here, a letter a glyph and without kerning, because pdfkit's own layout remembers
 * every word that it ever set (280 MiB for 3,000 rows) and takes thirty times as long. That suffices for Vietnamese in
 * composed form (NFC), which DejaVu has whole.
 */

/** White around a QR code, in modules. Source: ISO/IEC 18004, 6.3.8. */
const QUIET_ZONE = 4;

/** The part of pdfkit's embedded font that setting text needs. */
type EmbeddedFace = {
  id: string;
  scale: number;
  font: { glyphForCodePoint(code: number): { id: number; advanceWidth: number; codePoints: number[] } };
  subset: { includeGlyph(id: number): number };
  widths: number[];
  unicode: number[][];
  ref(): PDFKit.PDFKitReference;
};
type Internals = {
  _font: EmbeddedFace;
  page: { fonts: Record<string, unknown>; xobjects: Record<string, unknown> };
  _root: { data: { Pages: { data: { Count: number } } } };
};

/** One face in one document. */
class Face {
  readonly #embedded: EmbeddedFace;
  readonly #glyphs = new Map<number, { hex: string; width: number }>();

  constructor(embedded: EmbeddedFace) {
    this.#embedded = embedded;
  }

  get name(): string {
    return this.#embedded.id;
  }

  get reference(): PDFKit.PDFKitReference {
    return this.#embedded.ref();
  }

  /** Width of a text at a size, in points. */
  width(text: string, size: number): number {
    let units = 0;
    for (const letter of text.normalize('NFC')) units += this.#glyph(letter).width;
    return (units * size) / 1000;
  }

  /** A text as the numbers of its glyphs, hex. */
  encode(text: string): string {
    let hex = '';
    for (const letter of text.normalize('NFC')) hex += this.#glyph(letter).hex;
    return hex;
  }

  #glyph(letter: string): { hex: string; width: number } {
    const code = letter.codePointAt(0) ?? 0;
    const known = this.#glyphs.get(code);
    if (known) return known;
    const { font, subset, scale, widths, unicode } = this.#embedded;
    const { id, advanceWidth } = font.glyphForCodePoint(code);
    const place = subset.includeGlyph(id);
    const width = advanceWidth * scale;
    widths[place] ??= width;
    unicode[place] ??= [code];
    const glyph = { hex: place.toString(16).padStart(4, '0'), width };
    this.#glyphs.set(code, glyph);
    return glyph;
  }
}

export type TextStyle = { face?: FontName; size: number; align?: 'left' | 'right' | 'center'; gray?: number };

const A4 = { short: 595.28, long: 841.89 };
const MARGIN = 36;
/** Below the text: page number and footer. */
const FOOTER_ROOM = 26;
const FOOTER_SIZE = 7;

/** Sheets of A4 with a footer that may be known last: it is drawn on every page by reference. */
export class PdfPages {
  readonly width: number;
  /** Room at every edge. */
  readonly margin = MARGIN;
  /** Where text must end. */
  readonly bottom: number;
  readonly #height: number;
  readonly #doc: PDFKit.PDFDocument;
  readonly #faces: Record<FontName, Face>;
  readonly #footer: PDFKit.PDFKitReference;
  readonly #pageCount: PDFKit.PDFKitReference;
  readonly #pageWord: string;
  #drawn: string[] = [];
  #number = 0;

  constructor(options: {
    title: string;
    language: 'vi' | 'en';
    landscape: boolean;
    /** When the document was made, in milliseconds since 1970. The same content made at one time gives the same bytes. */
    createdAt: number;
  }) {
    const { title, language, landscape, createdAt } = options;
    this.width = landscape ? A4.long : A4.short;
    this.#height = landscape ? A4.short : A4.long;
    this.bottom = this.#height - MARGIN - FOOTER_ROOM;
    this.#pageWord = language === 'vi' ? 'Trang' : 'Page';
    this.#doc = new PDFDocument({
      autoFirstPage: false,
      // Its default, Helvetica, has no Vietnamese letters and would be read from a file.
      font: null as unknown as string,
      size: [this.width, this.#height],
      margin: 0,
      pdfVersion: '1.7',
      lang: language,
      displayTitle: true,
      info: { Title: title, Creator: 'Thuphi', Producer: 'Thuphi', CreationDate: new Date(createdAt) },
    });
    const face = (name: FontName) => {
      this.#doc.registerFont(name, Buffer.from(fontBytes(name))).font(name);
      return new Face(this.#internals._font);
    };
    this.#faces = { regular: face('regular'), bold: face('bold') };
    const form = (width: number) =>
      this.#doc.ref({
        Type: 'XObject',
        Subtype: 'Form',
        BBox: [0, -FOOTER_SIZE, width, FOOTER_SIZE],
        Resources: { Font: { [this.#faces.regular.name]: this.#faces.regular.reference } },
      });
    this.#footer = form(this.width);
    this.#pageCount = form(60);
  }

  /** Begins a page. */
  add(): void {
    this.#endPage();
    this.#doc.addPage();
    this.#number += 1;
    const { page } = this.#internals;
    for (const face of Object.values(this.#faces)) page.fonts[face.name] = face.reference;
    page.xobjects['Footer'] = this.#footer;
    page.xobjects['PageCount'] = this.#pageCount;
    const y = this.#height - MARGIN;
    const style = { size: FOOTER_SIZE, gray: 0.35 } as const;
    const number = `${this.#pageWord} ${this.#number} / `;
    const x = this.width - MARGIN - 24 - this.widthOf(number, style);
    this.rule(MARGIN, y - 12, this.width - MARGIN, 0.4);
    this.text(number, x, y, style);
    this.#drawForm('PageCount', x + this.widthOf(number, style), y);
    this.#drawForm('Footer', MARGIN, y);
  }

  widthOf(text: string, { face = 'regular', size }: TextStyle): number {
    return this.#faces[face].width(text, size);
  }

  /** One line of text whose baseline is at `y`; `x` is its left end, or its right end or middle as it is aligned. */
  text(text: string, x: number, y: number, style: TextStyle): void {
    if (text === '') return;
    const { face = 'regular', size, align = 'left', gray = 0 } = style;
    const share = { left: 0, center: 0.5, right: 1 }[align];
    const left = x - share * (share === 0 ? 0 : this.widthOf(text, style));
    const { name } = this.#faces[face];
    this.#drawn.push(
      `BT ${fixed(gray)} g /${name} ${size} Tf ${fixed(left)} ${fixed(this.#height - y)} Td <${this.#faces[face].encode(text)}> Tj ET`,
    );
  }

  /** A horizontal line. */
  rule(left: number, y: number, right: number, thickness: number): void {
    const at = fixed(this.#height - y);
    this.#drawn.push(`0.6 G ${thickness} w ${fixed(left)} ${at} m ${fixed(right)} ${at} l S`);
  }

  /** A filled rectangle below `y`. */
  fill(left: number, y: number, width: number, height: number, gray: number): void {
    this.#drawn.push(
      `${gray} g ${fixed(left)} ${fixed(this.#height - y - height)} ${fixed(width)} ${fixed(height)} re f`,
    );
  }

  /** A QR code, error correction M, black in a square whose upper edge is at `y`. */
  code(content: string, left: number, y: number, side: number): void {
    const { data } = encode(content, { ecc: 'M', border: QUIET_ZONE });
    const module = side / data.length;
    // A run of dark modules is one rectangle: fewer of them, and no hair between two.
    for (const [down, row] of data.entries())
      for (let x = 0; x < row.length; x += 1) {
        let end = x;
        while (row[end]) end += 1;
        if (end > x) this.fill(left + x * module, y + down * module, (end - x) * module, module, 0);
        x = end;
      }
  }

  /** What is ready to be sent. */
  *taken(): Generator<Uint8Array> {
    for (let chunk = this.#doc.read(); chunk !== null; chunk = this.#doc.read()) yield chunk;
  }

  /** Ends the document: the number of its pages and the footer are known. */
  end(footer: string): void {
    this.#endPage();
    const { name } = this.#faces.regular;
    const line = (text: string) =>
      `BT 0.35 g /${name} ${FOOTER_SIZE} Tf 0 0 Td <${this.#faces.regular.encode(text)}> Tj ET`;
    this.#footer.end(line(footer));
    this.#pageCount.end(line(String(this.#number)));
    this.#doc.end();
  }

  #drawForm(name: string, x: number, y: number): void {
    this.#drawn.push(`q 1 0 0 1 ${fixed(x)} ${fixed(this.#height - y)} cm /${name} Do Q`);
  }

  /** pdfkit turns its pages upside down; what is drawn here is turned back. */
  #endPage(): void {
    if (this.#drawn.length > 0)
      this.#doc.addContent(`q 1 0 0 -1 0 ${fixed(this.#height)} cm\n${this.#drawn.join('\n')}\nQ`);
    this.#drawn = [];
  }

  get #internals(): Internals {
    return this.#doc as unknown as Internals;
  }
}

/** Hundredths of a point. */
const fixed = (value: number): string => String(Math.round(value * 100) / 100);
