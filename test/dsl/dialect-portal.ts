import { createHash } from 'node:crypto';

/** A portal that speaks the national platform's message set, as its documents describe it; shares no code with the service. */

export const INIT =
  'LoaiBanTin PhienBan MaDoiTac MaThamChieu SoTien LoaiHinhThanhToan MaKenhThanhToan MaThietBi NgonNgu MaTienTe MaNganHang ThongTinGiaoDich ThoiGianGD Ip';
export const QUERY = 'LoaiBanTin PhienBan MaDoiTac MaThamChieu ThoiGianGD';
export const CONFIRM =
  'LoaiBanTin MaLoi MaDoiTac MaThamChieu SoTien MaTienTe MaGiaoDich MaNganHang ThoiGianGD ThongTinGiaoDich';

export const PORTAL_SECRET = 'fakeDialectSecret0001';

export type Body = Record<string, unknown>;

export function signed(body: Body, names: string, secret = PORTAL_SECRET): Body {
  const values = names.split(' ').map((name) => String(body[name]));
  const MaXacThuc = createHash('sha256')
    .update([...values, secret].join('|'))
    .digest('hex');
  return { ...body, MaXacThuc };
}

export type Ordered = {
  partner: string;
  reference: string;
  amount: number;
  agency: string;
  dossier: string;
  procedure: string;
  account: string;
  at: number;
};

/** `yyyyMMddHHmmss` in Vietnam. */
export const written = (at: number): string =>
  new Date(at + 7 * 3_600_000).toISOString().slice(0, 19).replace(/[-:T]/g, '');

export const initOf = (order: Ordered, more: Body = {}, receipt: Body = {}): Body => ({
  LoaiBanTin: 'INIT',
  PhienBan: '1.0.6',
  MaDoiTac: order.partner,
  MaThamChieu: order.reference,
  SoTien: String(order.amount),
  LoaiHinhThanhToan: 'PAY',
  MaKenhThanhToan: '1',
  MaThietBi: '1',
  NgonNgu: 'vi-VN',
  MaTienTe: 'VND',
  MaNganHang: 'PAYMENT',
  ThongTinGiaoDich: `Thanh toán hồ sơ ${order.dossier}`,
  ThoiGianGD: written(order.at),
  Ip: '203.0.113.7',
  ThongTinBienLai: {
    MaDichVu: '2',
    MaDVC: `${order.procedure}.01`,
    MaTTHC: order.procedure,
    MaDonVi: order.agency,
    MaHoSo: order.dossier,
    TKThuHuong: order.account,
    MaNHThuHuong: '01201001',
    TenTKThuHuong: 'KHO BAC NHA NUOC MAU',
    PhiLePhi: [{ LoaiPhiLePhi: '1', MaPhiLePhi: 'P01', TenPhiLePhi: 'Phí', SoTien: String(order.amount) }],
    HoTenNguoiNop: 'Nguyễn Thị Mẫu',
    SoCMNDNguoiNop: '',
    DSKhoanNop: [{ NoiDung: 'Phí', SoTien: String(order.amount) }],
    ...receipt,
  },
  ...more,
});

export const askOf = (kind: 'QUERY' | 'GET_BILL', order: Ordered): Body => ({
  LoaiBanTin: kind,
  PhienBan: '1.0.6',
  MaDoiTac: order.partner,
  MaThamChieu: order.reference,
  ThoiGianGD: written(order.at),
});
