import type { ProviderManifest } from '../domain/payment/provider.ts';
import { manifest as bankDirect } from './bank-direct/manifest.ts';
import { manifest as casso } from './casso/manifest.ts';
import { manifest as dvcqg } from './dvcqg/manifest.ts';
import { manifest as keypayDvcqg } from './keypay-dvcqg/manifest.ts';
import { manifest as megapay } from './megapay/manifest.ts';
import { manifest as momo } from './momo/manifest.ts';
import { manifest as onepay } from './onepay/manifest.ts';
import { manifest as paygov } from './paygov/manifest.ts';
import { manifest as payoo } from './payoo/manifest.ts';
import { manifest as payos } from './payos/manifest.ts';
import { manifest as sandboxBank } from './sandbox-bank/manifest.ts';
import { manifest as sepay } from './sepay/manifest.ts';
import { manifest as vietqr } from './vietqr/manifest.ts';
import { manifest as viettelMoney } from './viettel-money/manifest.ts';
import { manifest as vnpay } from './vnpay/manifest.ts';
import { manifest as zalopay } from './zalopay/manifest.ts';

/** What every provider says of itself, offered or not. */
export const manifests: readonly ProviderManifest[] = [
  ...[vnpay, momo, zalopay, payos, onepay, viettelMoney, payoo, megapay, keypayDvcqg, dvcqg, paygov],
  ...[vietqr, sandboxBank, sepay, casso, bankDirect],
];

/** Every provider at which an account may be registered, offered or not: for those who need their ids only. */
export const providerIds: readonly string[] = manifests.map(({ id }) => id);

/** When each of them ends its accounting day, by its id. */
export const providerCutOffs: ReadonlyMap<string, string> = new Map(manifests.map(({ id, cutOff }) => [id, cutOff]));

/** What each of them is called in Vietnamese, by its id. */
export const providerNames: ReadonlyMap<string, string> = new Map(manifests.map(({ id, name }) => [id, name.vi]));
