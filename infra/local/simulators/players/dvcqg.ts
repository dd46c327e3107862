import { createHash } from 'node:crypto';
import {
  type Answer,
  compactTime,
  dongIn,
  json,
  keysOf,
  type Merchant,
  merchantOf,
  mustBeSigned,
  type Office,
  postNotice,
  type Simulator,
} from '../speech.ts';

/**
 * The payment platform of the National Public Service Portal, 1.0.6: INIT, QUERY, CONFIRM. Source: two public integrations
 * that agree (DvcPayment in C#, PayGateUtil of OpenCPS in Java).
 */

type Message = Record<string, unknown>;

const INIT =
  'LoaiBanTin PhienBan MaDoiTac MaThamChieu SoTien LoaiHinhThanhToan MaKenhThanhToan MaThietBi NgonNgu MaTienTe MaNganHang ThongTinGiaoDich ThoiGianGD Ip';
const QUERY = 'LoaiBanTin PhienBan MaDoiTac MaThamChieu ThoiGianGD';

const code = (values: readonly unknown[], merchant: Merchant): string =>
  createHash('sha256')
    .update([...values, keysOf(merchant)['secret']].join('|'))
    .digest('hex');
const valuesOf = (message: Message, names: string): unknown[] => names.split(' ').map((name) => message[name]);

function init(message: Message, office: Office): Answer {
  const reference = String(message['MaThamChieu']);
  office.open({
    provider: 'dvcqg',
    terminal: String(message['MaDoiTac']),
    reference,
    amount: dongIn(message['SoTien']),
    info: String(message['ThongTinGiaoDich']),
    createdAt: office.now(),
  });
  return json({ MaLoi: '00', UrlThanhToan: `${office.url}/pay?order=${encodeURIComponent(reference)}` });
}

function query(message: Message, office: Office): Answer {
  const reference = String(message['MaThamChieu']);
  const order = office.order(reference);
  if (!order) return json({ MaLoi: '01', MaThamChieu: reference });
  const transaction = office.transactionOf(reference);
  return json({
    MaLoi: '00',
    TrangThaiGD: transaction === undefined ? '3' : transaction.paid ? '1' : '4',
    MaThamChieu: reference,
    SoTien: String(transaction?.amount ?? order.amount),
    MaGiaoDich: transaction?.id ?? '',
    ThoiGianGD: compactTime(transaction?.at ?? order.createdAt),
  });
}

export const dvcqg: Simulator = {
  id: 'dvcqg',
  name: { vi: 'Nền tảng thanh toán Cổng Dịch vụ công Quốc gia', en: 'National Public Service Portal payment platform' },
  amountOnTheWire: String,
  hireMerchant: (bytes) => ({ terminal: 'DVCTHUPHI', secret: JSON.stringify({ secret: bytes(16) }) }),

  answer({ body }, office) {
    const message = JSON.parse(body) as Message;
    const merchant = merchantOf(office, String(message['MaDoiTac']));
    const asked = message['LoaiBanTin'] === 'QUERY';
    mustBeSigned(String(message['MaXacThuc']), code(valuesOf(message, asked ? QUERY : INIT), merchant));
    if (asked) return query(message, office);
    return message['LoaiBanTin'] === 'INIT' ? init(message, office) : json({ MaLoi: '99' });
  },

  notice({ id, order, amount, paid, at }, merchant, callback) {
    const message = {
      LoaiBanTin: 'CONFIRM',
      MaLoi: paid ? '00' : '01',
      MaDoiTac: order.terminal,
      MaThamChieu: order.reference,
      SoTien: String(amount),
      MaTienTe: 'VND',
      MaGiaoDich: id,
      MaNganHang: 'VCB',
      ThoiGianGD: compactTime(at),
      ThongTinGiaoDich: order.info,
    };
    const MaXacThuc = code(Object.values(message), merchant);
    return postNotice(callback, JSON.stringify({ ...message, MaXacThuc }), 'application/json');
  },
};
