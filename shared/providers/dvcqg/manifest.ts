import type { ProviderManifest } from '../../domain/payment/provider.ts';

/**
 * The payment platform of the National Public Service Portal, 1.0.6. No official text is public; sources: github
 * HuanVu201/DichVuCong_KhoaLuan_PASETO (DvcPayment) and VietOpenCPS/opencps-v2 (PayGateUtil), which agree.
 */
export const manifest: ProviderManifest = {
  id: 'dvcqg',
  name: { vi: 'Nền tảng thanh toán Cổng Dịch vụ công Quốc gia', en: 'National Public Service Portal payment platform' },
  kinds: ['redirect'],
  currencies: ['VND'],
  limits: { least: 1_000, most: 500_000_000 },
  attemptLifetimeMilliseconds: 15 * 60_000,
  stages: ['sandbox', 'production'],
  secret:
    'JSON: {"secret":"…"}; may hold "algorithm" ("sha256", or "hmac-sha256" as in 2020), "token" (Bearer of the LGSP), "receivingAccount" and "receivingBank" (of the receipt). The terminal is the MaDoiTac.',
  capabilities: { query: true, refund: false },
  retry: 'unpublished',
  cutOff: '24:00',
  uncertain: [
    'the address (API_URL) and the Bearer token, which come with the contract through the LGSP',
    'the limits of one payment and how long an order stays payable',
    'MaLoi of a confirmation beside 00 (paid) and 01 (not paid)',
    'the members of the answer to QUERY beside MaLoi and TrangThaiGD, and whether it is signed',
    'the values of MaNganHang and LoaiPhiLePhi, and which members of ThongTinBienLai must be there',
    'how often a confirmation is repeated, and what MaLoi 99 brings about',
  ],
};

/** Where calls go, by stage: comes with the contract. */
export const API_URL = { sandbox: 'https://dvcqg.invalid/payment', production: 'https://dvcqg.invalid/payment' };
