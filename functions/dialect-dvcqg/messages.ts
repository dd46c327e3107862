import * as z from 'zod';
import { QuoteFacts } from '../../shared/domain/fees/facts.ts';
import { AgencyCode, DossierCode, ProcedureCode } from '../../shared/domain/identity/codes.ts';
import { lazy } from '../../shared/domain/lazy.ts';
import { MAX_DONG } from '../../shared/domain/money/dong.ts';
import { DialectReference } from '../../shared/domain/registry/dialect.ts';
import { type Instant, readCompactVietnamTime } from '../../shared/domain/time.ts';
import { isAmbiguous } from '../../shared/providers/dvcqg/signature.ts';
import { type Members, readMembers } from '../../shared/providers/wire.ts';
import type { DialectOrder } from '../../shared/usecases/dialect-order.ts';

/** Largest message in bytes: an INIT has up to fifty lines. */
export const MAX_MESSAGE_BYTES = 32_768;
const MAX_LINES = 50;

/** Refused in the dialect's own words. Changes nothing. */
export class DialectRefusal extends Error {
  readonly words: string;
  constructor(words: string) {
    super(words);
    this.name = 'DialectRefusal';
    this.words = words;
  }
}
const refuse = (words: string): never => {
  throw new DialectRefusal(words);
};

export type Message = { text: Members['text']; whole: Record<string, unknown> };

/** A message in which no member stands twice and no text could be cut in two ways, wherever in it. */
export function readMessage(bytes: Uint8Array): Message {
  if (bytes.length > MAX_MESSAGE_BYTES) return refuse('Ban tin qua dai');
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('Ban tin khong phai UTF-8');
  }
  const { text } = readMembers(json, () => refuse('Ban tin khong dung dinh dang JSON'));
  const whole = JSON.parse(json) as Record<string, unknown>;
  if (textsIn(whole).some(isAmbiguous)) return refuse('Ban tin co ky tu khong hop le');
  return { text, whole };
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const Amount = lazy(() =>
  z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(z.string().regex(/^[1-9][0-9]{0,14}$/))
    .transform(Number)
    .pipe(z.int().max(MAX_DONG)),
);
const Time = lazy(() => z.string().refine((text) => readCompactVietnamTime(text) !== undefined));

const Name = lazy(() =>
  z.looseObject({ PhienBan: z.literal('1.0.6'), MaThamChieu: DialectReference, ThoiGianGD: Time }),
);

const Init = lazy(() =>
  Name.extend({
    SoTien: Amount,
    LoaiHinhThanhToan: z.literal('PAY'),
    MaTienTe: z.literal('VND'),
    Ip: z.union([z.ipv4(), z.ipv6()]),
    ThongTinBienLai: lazy(() =>
      z.looseObject({
        // 1 would be an administrative fine: that has another law and other books.
        MaDichVu: z.literal('2'),
        MaTTHC: ProcedureCode,
        MaDonVi: AgencyCode,
        MaHoSo: DossierCode,
        TKThuHuong: z.string().regex(/^[0-9]{6,19}$/),
        HoTenNguoiNop: z.string().trim().min(1).max(200),
        SoCMNDNguoiNop: z.string().optional(),
        // Ours: what the fee depends on, as in quotes. Unsigned as all of this part; the signed sum must come of it.
        DuLieuTinhPhi: QuoteFacts.default({}),
        PhiLePhi: z
          .array(z.looseObject({ SoTien: Amount }))
          .min(1)
          .max(MAX_LINES),
        DSKhoanNop: z
          .array(z.looseObject({ SoTien: Amount }))
          .min(1)
          .max(MAX_LINES),
      }),
    ),
  }),
);

/** Names the member, never its value. */
function parsed<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  return refuse(`Sai du lieu: ${read.error.issues[0]?.path.join('.') ?? ''}`);
}

export function orderIn({ whole }: Message): DialectOrder {
  const init = parsed(Init, whole);
  const { ThongTinBienLai: receipt } = init;
  for (const lines of [receipt.PhiLePhi, receipt.DSKhoanNop])
    if (lines.reduce((all, { SoTien }) => all + SoTien, 0) !== init.SoTien) refuse('Tong cac khoan khac SoTien');
  const { MaXacThuc: _, ...message } = whole;
  return {
    ...nameIn({ whole }),
    amount: init.SoTien,
    agencyCode: receipt.MaDonVi,
    dossierCode: receipt.MaHoSo,
    procedureCode: receipt.MaTTHC,
    accountNumber: receipt.TKThuHuong,
    payer: {
      name: receipt.HoTenNguoiNop,
      ...(/^[0-9]{12}$/.test(receipt.SoCMNDNguoiNop ?? '') && { idNumber: receipt.SoCMNDNguoiNop }),
    },
    payerIp: init.Ip,
    facts: receipt.DuLieuTinhPhi,
    message,
  };
}

export function nameIn({ whole }: Pick<Message, 'whole'>): { reference: string; time: string; placedAt: Instant } {
  const { MaThamChieu: reference, ThoiGianGD: time } = parsed(Name, whole);
  return { reference, time, placedAt: readCompactVietnamTime(time) ?? 0 };
}
