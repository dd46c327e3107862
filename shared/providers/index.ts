import type {
  NoticeSource,
  PaymentProvider,
  ProviderId,
  ProviderManifest,
  UncertainProviders,
} from '../domain/payment/provider.ts';
import type { StageName } from '../domain/stage.ts';
import { bankDirect } from './bank-direct/adapter.ts';
import { manifest as bankDirectManifest } from './bank-direct/manifest.ts';
import { casso } from './casso/adapter.ts';
import { manifest as cassoManifest } from './casso/manifest.ts';
import { dvcqg } from './dvcqg/adapter.ts';
import { manifest as dvcqgManifest } from './dvcqg/manifest.ts';
import { keypayDvcqg } from './keypay-dvcqg/adapter.ts';
import { manifest as keypayDvcqgManifest } from './keypay-dvcqg/manifest.ts';
import { megapay } from './megapay/adapter.ts';
import { manifest as megapayManifest } from './megapay/manifest.ts';
import { momo } from './momo/adapter.ts';
import { manifest as momoManifest } from './momo/manifest.ts';
import { onepay } from './onepay/adapter.ts';
import { manifest as onepayManifest } from './onepay/manifest.ts';
import { paygov } from './paygov/adapter.ts';
import { manifest as paygovManifest } from './paygov/manifest.ts';
import { payoo } from './payoo/adapter.ts';
import { manifest as payooManifest } from './payoo/manifest.ts';
import { payos } from './payos/adapter.ts';
import { manifest as payosManifest } from './payos/manifest.ts';
import { sandboxBank } from './sandbox-bank/adapter.ts';
import { manifest as sandboxBankManifest } from './sandbox-bank/manifest.ts';
import { sepay } from './sepay/adapter.ts';
import { manifest as sepayManifest } from './sepay/manifest.ts';
import { vietqr } from './vietqr/adapter.ts';
import { manifest as vietqrManifest } from './vietqr/manifest.ts';
import { viettelMoney } from './viettel-money/adapter.ts';
import { manifest as viettelMoneyManifest } from './viettel-money/manifest.ts';
import { vnpay } from './vnpay/adapter.ts';
import { manifest as vnpayManifest } from './vnpay/manifest.ts';
import { hostAt, NOT_PLAYED, type Place } from './wire.ts';
import { zalopay } from './zalopay/adapter.ts';
import { manifest as zalopayManifest } from './zalopay/manifest.ts';

export { NOT_PLAYED };

/**
 * What every provider says of itself, offered or not, in the order in which a portal shows them. Apart from the adapters
 * below: a function that asks for no more carries none of them.
 */
export const manifests: readonly ProviderManifest[] = [
  vnpayManifest,
  momoManifest,
  zalopayManifest,
  payosManifest,
  onepayManifest,
  viettelMoneyManifest,
  payooManifest,
  megapayManifest,
  keypayDvcqgManifest,
  dvcqgManifest,
  paygovManifest,
  vietqrManifest,
  sandboxBankManifest,
  sepayManifest,
  cassoManifest,
  bankDirectManifest,
];

/** Every provider at which an account may be registered, offered or not: for those who need their ids only. */
export const providerIds: readonly string[] = manifests.map(({ id }) => id);

/** When each of them ends its accounting day, by its id. */
export const providerCutOffs: ReadonlyMap<string, string> = new Map(manifests.map(({ id, cutOff }) => [id, cutOff]));

/** What each of them is called in Vietnamese, by its id. */
export const providerNames: ReadonlyMap<string, string> = new Map(manifests.map(({ id, name }) => [id, name.vi]));

/** Where providers send citizens, by stage. */
const VNPAY_PAY_URL: Record<StageName, string> = {
  sandbox: 'https://sandbox.vnpayment.vn/paymentv2/vpcpay.html',
  production: 'https://pay.vnpay.vn/vpcpay.html',
};

/**
 * Where VNPAY is asked and told to refund. Its documents name the sandbox's host only; production's is confirmed by VNPAY
 * when it hands out the terminal.
 */
const VNPAY_HOST: Record<StageName, string> = {
  sandbox: 'https://sandbox.vnpayment.vn',
  production: 'https://pay.vnpay.vn',
};

/** Where a citizen goes to pay, for those whose page we address ourselves: nothing, unless it is played. */
const playedPage = ({ played = NOT_PLAYED }: Place, path: string): { payUrl?: string } =>
  played === NOT_PLAYED ? {} : { payUrl: `${played}/${path}` };

/** Every provider that citizens pay by: one line each, in the order in which a portal shows them. */
const payable = (place: Place): readonly PaymentProvider[] => [
  vnpay({
    payUrl: VNPAY_PAY_URL[place.stage],
    ...playedPage(place, 'vnpay/paymentv2/vpcpay.html'),
    transactionUrl: `${hostAt(place, 'vnpay', VNPAY_HOST[place.stage])}/merchant_webapi/api/transaction`,
  }),
  momo(place),
  zalopay(place),
  payos(place),
  onepay({ ...place, ...playedPage(place, 'onepay/paygate/vpcpay.op') }),
  viettelMoney({ ...place, ...playedPage(place, 'viettel-money/PaymentGateway/payment') }),
  payoo({ ...place, ...playedPage(place, 'payoo/v2/paynow') }),
  megapay({ ...place, ...playedPage(place, 'megapay/pg_was/order') }),
  keypayDvcqg({ ...place, ...playedPage(place, 'keypay-dvcqg/pay') }),
  dvcqg(place),
  paygov(place),
  vietqr(),
  sandboxBank(place),
];

/** Those that only tell of credits, one line each: apart, so that whoever begins payments need not carry them. */
const tellers = (): readonly NoticeSource[] => [sepay(), casso(), bankDirect()];

/** Every provider that there is. */
export const everyProvider = (place: Place): readonly (PaymentProvider | NoticeSource)[] => [
  ...payable(place),
  ...tellers(),
];

/** `switchedOn`: what is offered although something about it is unconfirmed. `played`: see {@link Place}. */
export type Offer = { switchedOn?: UncertainProviders; played?: string };

/**
 * Those of some providers that are offered at a stage, by id. What rests on unconfirmed assumptions is there only if the
 * stage's configuration names it. Throws for a name that is no such provider: a slip must not look like a provider that is
 * switched on.
 */
function offered<P extends NoticeSource>(
  some: readonly P[],
  stage: StageName,
  switchedOn: UncertainProviders,
): ReadonlyMap<ProviderId, P> {
  const here = manifests.filter(({ stages }) => stages.includes(stage));
  const uncertain = new Set(here.filter((one) => one.uncertain.length > 0).map(({ id }) => id));
  const unknown = switchedOn.filter((id) => !uncertain.has(id));
  if (unknown.length > 0) throw new Error(`no provider that waits to be switched on: ${unknown.join(', ')}`);
  const ids = new Set(here.map(({ id }) => id).filter((id) => !uncertain.has(id) || switchedOn.includes(id)));
  return new Map(some.map((one) => [one.manifest.id, one] as const).filter(([id]) => ids.has(id)));
}

/** Whoever may call back at a stage, by id. Throws as {@link offered} does. */
export const noticeSourcesOf = (
  stage: StageName,
  publicUrl: string,
  { switchedOn = [], played = NOT_PLAYED }: Offer = {},
): ReadonlyMap<ProviderId, PaymentProvider | NoticeSource> =>
  offered(everyProvider({ stage, publicUrl, played }), stage, switchedOn);

/** The providers that a stage offers to citizens, by id. Throws as {@link offered} does. */
export const providersOf = (
  stage: StageName,
  publicUrl: string,
  { switchedOn = [], played = NOT_PLAYED }: Offer = {},
): ReadonlyMap<ProviderId, PaymentProvider> => offered(payable({ stage, publicUrl, played }), stage, switchedOn);

/** Those of a stage's providers that can be asked what became of a payment. */
export const askedProviders = (stage: StageName, switchedOn: UncertainProviders): readonly ProviderId[] =>
  [...providersOf(stage, '', { switchedOn }).values()]
    .filter(({ query }) => query !== undefined)
    .map(({ manifest }) => manifest.id);
