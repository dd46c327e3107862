import { inflateSync } from 'node:zlib';
import jsqr from 'jsqr';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, it } from 'vitest';
import { receiptPdf } from '../../functions/receipts-api/paper.ts';
import { aReceipt } from '../dsl/receipts.ts';

const PUBLIC_URL = 'https://pay.example.gov.vn';
const URL_OF_CHECK = `${PUBLIC_URL}/check/48021356789001-abcdefghijklmnopqrstuv`;

/** The words of the one page, as another program reads them. */
async function wordsOf(bytes: Uint8Array): Promise<string> {
  const document = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
  expect(document.numPages).toBe(1);
  const { items } = await (await document.getPage(1)).getTextContent();
  return items.map((item) => ('str' in item ? item.str : '')).join(' ');
}

const PIXELS_A_POINT = 4;

/** Black rectangles of the page as pixels, read by another library. */
function qrOn(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const drawn = [...text.matchAll(/stream\n([\s\S]*?)\nendstream/g)].map(([, stream = '']) => {
    try {
      return inflateSync(Buffer.from(stream, 'latin1')).toString('latin1');
    } catch {
      return '';
    }
  });
  const rectangles = [...drawn.join('\n').matchAll(/^0 g ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re f$/gm)].map((found) =>
    found.slice(1).map((value) => Number(value) * PIXELS_A_POINT),
  );
  const [width, height] = [600 * PIXELS_A_POINT, 850 * PIXELS_A_POINT];
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (const [left = 0, bottom = 0, wide = 0, high = 0] of rectangles)
    for (let y = Math.round(height - bottom - high); y < Math.round(height - bottom); y += 1)
      for (let x = Math.round(left); x < Math.round(left + wide); x += 1)
        pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
  return jsqr.default(pixels, width, height)?.data;
}

describe('the print of a receipt', () => {
  it('says what the receipt says, amounts in words, and where it is checked', async () => {
    const bytes = await receiptPdf([{ ...aReceipt({ paidThrough: 'Nộp tại quầy' }), xml: '<x></x>' }], PUBLIC_URL);
    const words = await wordsOf(bytes);
    for (const word of [
      'Văn phòng Đăng ký & Đất đai <mẫu>',
      'Mã số thuế: 0100233488',
      'Mẫu số: EBL01',
      'Ký hiệu: 26TAA',
      'Số: 00000001',
      'BIÊN LAI THU LỆ PHÍ',
      'Nguyễn Thử Nghiệm',
      '••••••••1234',
      'Lệ phí đăng ký cư trú',
      '20.000',
      'Nộp tại quầy',
      'Hai mươi nghìn đồng',
      'Twenty thousand dong',
      'đã ký số',
    ])
      expect(words).toContain(word);
    expect(words).not.toContain('THAY THẾ');
    expect(qrOn(bytes)).toBe(URL_OF_CHECK);
  });

  it('says that it was replaced, and what it replaces', async () => {
    const replaced = await wordsOf(
      await receiptPdf([{ ...aReceipt(), xml: '<x></x>', replacedBy: 'rct_48021356789002' }], PUBLIC_URL),
    );
    expect(replaced).toContain('BIÊN LAI NÀY ĐÃ BỊ THAY THẾ bởi rct_48021356789002');
    const replaces = {
      ...{ receiptId: 'rct_48021356789001' as const, symbol: '26TAA', number: 7 },
      reason: 'MONEY_WENT_BACK' as const,
    };
    const replacement = await wordsOf(await receiptPdf([aReceipt({ replaces })], PUBLIC_URL));
    expect(replacement).toContain('26TAA số 00000007: Khoản thu đã hoàn trả');
    expect(replacement).toContain('đang chờ ký số');
  });
});
