import { sum } from '../../domain/money/dong.ts';
import type { Bill, PaymentOrder } from '../../domain/payment/provider.ts';

/** What the platform calls a fee (the other value, 1, is an administrative fine). */
const MA_DICH_VU_FEE = '2';
/** LoaiPhiLePhi by our kind of a line: phí is 1, lệ phí 2. */
const FEE_KINDS: Readonly<Record<string, { code: string; name: string }>> = {
  phi: { code: '1', name: 'Phí' },
  le_phi: { code: '2', name: 'Lệ phí' },
};
const OTHER_FEE = { code: '2', name: 'Lệ phí' };

/** The account into which the platform is to pay, as registered with it. */
export type Receiver = { account: string; bank: string };

/**
 * ThongTinBienLai of an order: wholly from our own invoice, because no signature covers it. The lines come to exactly what
 * is paid; where parts were paid before, one line stands for the rest.
 */
export function receiptOf(
  { bill, amount, description }: Pick<PaymentOrder, 'bill' | 'amount' | 'description'>,
  receiver: Receiver,
): Record<string, unknown> {
  const lines = linesOf(bill, amount);
  return {
    MaDichVu: MA_DICH_VU_FEE,
    MaDVC: bill.procedureCode,
    TenDVC: '',
    MaTTHC: bill.procedureCode,
    TenTTHC: '',
    MaDonVi: bill.agencyCode,
    TenDonVi: '',
    MaHoSo: bill.dossierCode,
    TKThuHuong: receiver.account,
    MaNHThuHuong: receiver.bank,
    TenTKThuHuong: '',
    PhiLePhi: lines.map(({ feeItem, kind, paid }) => ({
      LoaiPhiLePhi: (FEE_KINDS[kind] ?? OTHER_FEE).code,
      MaPhiLePhi: feeItem,
      TenPhiLePhi: (FEE_KINDS[kind] ?? OTHER_FEE).name,
      SoTien: String(paid),
    })),
    NoiDungThanhToan: description,
    HoTenNguoiNop: bill.payer.name,
    SoCMNDNguoiNop: bill.payer.idNumber ?? '',
    DiaChiNguoiNop: '',
    HuyenNguoiNop: '',
    TinhNguoiNop: '',
    DSKhoanNop: lines.map(({ kind, paid }) => ({
      NoiDung: (FEE_KINDS[kind] ?? OTHER_FEE).name,
      SoTien: String(paid),
    })),
  };
}

function linesOf({ lines }: Bill, amount: number): { feeItem: string; kind: string; paid: number }[] {
  const charged = lines.filter((line) => line.amount > 0);
  if (sum(charged.map((line) => line.amount)) === amount)
    return charged.map(({ feeItem, kind, amount: paid }) => ({ feeItem, kind, paid }));
  const [first] = charged;
  return [{ feeItem: first?.feeItem ?? '', kind: first?.kind ?? '', paid: amount }];
}
