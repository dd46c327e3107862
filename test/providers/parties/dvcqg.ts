import { createHash, createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { dvcqg } from '../../../shared/providers/dvcqg/adapter.ts';
import { answered, type Bent, bodyOf, compact, doubledMember, inOrder, type Party, post, type Said } from './party.ts';

const SECRET = 'fakeDvcqgSecret0001';
const TERMINAL = 'FAKE_DVCTINH01';
const sha = (values: readonly unknown[], secret: string): string =>
  createHash('sha256')
    .update([...values, secret].join('|'))
    .digest('hex');

export const INIT =
  'LoaiBanTin PhienBan MaDoiTac MaThamChieu SoTien LoaiHinhThanhToan MaKenhThanhToan MaThietBi NgonNgu MaTienTe MaNganHang ThongTinGiaoDich ThoiGianGD Ip'.split(
    ' ',
  );

/** What the platform confirms with; `keyed` is the form of 2020. */
export function write(said: Said, bent: Bent = {}, keyed = false) {
  const { secret } = bent.secret ? (JSON.parse(bent.secret) as { secret: string }) : { secret: SECRET };
  const members: Record<string, string> = {
    LoaiBanTin: 'CONFIRM',
    MaLoi: said.code,
    MaDoiTac: said.terminal,
    MaThamChieu: said.reference,
    SoTien: bent.wireAmount ?? String(said.amount),
    MaTienTe: 'VND',
    MaGiaoDich: said.transactionId,
    MaNganHang: 'VCB',
    ThoiGianGD: compact(said.paidAt),
    ThongTinGiaoDich: said.text,
  };
  const values = inOrder(Object.values(members), bent);
  const code = keyed ? createHmac('sha256', secret).update(values.join('|')).digest('hex') : sha(values, secret);
  const MaXacThuc = (bent.signature ?? ((same) => same))(code);
  const body = JSON.stringify({ ...members, ...(bent.unknownMember && { GhiChu: 'x' }), MaXacThuc });
  return post(bent.doubled ? doubledMember(body, 'SoTien', '"1"') : body, 'application/json');
}

/** The time is ours, and the code is theirs. */
const told = (MaLoi: string, MoTaLoi: string) => (reference: string) => ({
  MaLoi,
  MoTaLoi,
  MaDoiTac: TERMINAL,
  MaThamChieu: reference,
  ThoiGianGD: expect.stringMatching(/^\d{14}$/),
  MaXacThuc: expect.stringMatching(/^[0-9a-f]{64}$/),
});

export const dvcqgParty: Party = {
  provider: dvcqg({
    stage: 'sandbox',
    publicUrl: 'https://pay.example.gov.vn',
    apiUrl: 'https://lgsp.example.gov.vn/dvcqg',
  }),
  account: {
    merchantAccountId: 'land-dvcqg',
    terminal: TERMINAL,
    secret: JSON.stringify({ secret: SECRET, token: 'fakeToken', receivingAccount: '113366668888' }),
  },
  otherSecret: JSON.stringify({ secret: 'anotherDvcqgSecret' }),
  noSecrets: [
    '',
    SECRET,
    '{"secret":""}',
    '{"secret":"a","algorithm":"md5"}',
    '{"secret":"a","receivingAccount":"12"}',
    '{"secret":"a","secret":"b"}',
  ],
  unit: 1,
  tellsTime: true,
  callbacks: {
    write,
    codes: { paid: ['00'], declined: ['01'] },
    unknownCode: '77',
    answers: {
      accepted: { status: 200, body: told('00', 'Thanh cong') },
      duplicate: { status: 200, body: told('00', 'Thanh cong') },
      wrongAmount: { status: 200, body: told('00', 'Da ghi nhan, so tien khong khop') },
      unknownOrder: { status: 200, body: told('99', 'Khong tim thay giao dich') },
      badSignature: { status: 200, body: { MaLoi: '99', MoTaLoi: 'Sai ma xac thuc' } },
      tryAgain: { status: 503, body: { MaLoi: '99', MoTaLoi: 'Vui long gui lai' } },
    },
  },
  payments: {
    prepared: () => answered({ MaLoi: '00', UrlThanhToan: 'https://thanhtoan.example.gov.vn/pay?ref=1' }),
    amount: (sent) => String(bodyOf(sent)['SoTien']),
    reference: (sent) => String(bodyOf(sent)['MaThamChieu']),
    description: (sent) => String(bodyOf(sent)['ThongTinGiaoDich']),
    mostDescription: 255,
    signed: (sent) => {
      const body = bodyOf(sent);
      return [
        String(body['MaXacThuc']),
        sha(
          INIT.map((name) => body[name]),
          SECRET,
        ),
      ];
    },
  },
  query: {
    answer: (said) =>
      answered({
        MaLoi: '00',
        TrangThaiGD: said.code,
        MaThamChieu: said.reference,
        SoTien: String(said.amount),
        MaGiaoDich: said.transactionId,
      }),
    codes: { paid: ['1'], pending: ['3'], declined: ['4'] },
    unknownCode: '2',
    signed: false,
    request(request, said) {
      const body = JSON.parse(request.body) as Record<string, string>;
      expect(request.headers['authorization']).toBe('Bearer fakeToken');
      expect(body['ThoiGianGD']).toBe(compact(said.createdAt));
      const values = ['QUERY', '1.0.6', TERMINAL, said.reference, compact(said.createdAt)];
      expect(body['MaXacThuc']).toBe(sha(values, SECRET));
    },
  },
};
