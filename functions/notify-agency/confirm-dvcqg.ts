import type { DialectConfirmation, DialectConnection } from '../../shared/domain/registry/dialect.ts';
import { compactVietnamTime } from '../../shared/domain/time.ts';
import { codeOf, SIGNED } from '../../shared/providers/dvcqg/signature.ts';
import { answerMembers, plainText, postJson } from '../../shared/providers/wire.ts';
import type { ConfirmingWords } from '../../shared/usecases/confirm-portal.ts';

const MAX_TEXT = 255;
/** As the platform itself says of its payments: any but 00 is not paid. */
const MA_LOI = { paid: '00', over: '01' } as const;

/** CONFIRM of the national payment platform 1.0.6, as portals expect it from the platform. */
export const confirmDvcqg: ConfirmingWords = {
  write(confirmation: DialectConfirmation, clientId: string, connection: DialectConnection) {
    const members: Record<(typeof SIGNED.CONFIRM)[number], string> = {
      LoaiBanTin: 'CONFIRM',
      MaLoi: MA_LOI[confirmation.outcome],
      MaDoiTac: clientId,
      MaThamChieu: confirmation.reference,
      SoTien: String(confirmation.amount),
      MaTienTe: 'VND',
      MaGiaoDich: confirmation.transactionId.replaceAll('|', '_'),
      MaNganHang: confirmation.bank,
      ThoiGianGD: compactVietnamTime(confirmation.paidAt),
      ThongTinGiaoDich: plainText(`THANH TOAN HO SO ${confirmation.dossierCode}`, MAX_TEXT),
    };
    const values = SIGNED.CONFIRM.map((name) => members[name]);
    return postJson(connection.confirmUrl, { ...members, MaXacThuc: codeOf(values, connection) });
  },
  /** Only its own 00 ends it: 2xx around a 99 is a portal that has not taken it. */
  isTaken: ({ status, body }) => status >= 200 && status < 300 && answerMembers(body)?.text('MaLoi') === '00',
};
