import type { PaymentProvider, ProviderId } from '../domain/payment/provider.ts';
import type { StageName } from '../domain/stage.ts';
import { sandboxBank } from './sandbox-bank/adapter.ts';
import { vnpay } from './vnpay/adapter.ts';

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

/** Nobody plays the providers: they are called where they are. */
export const NOT_PLAYED = 'none';

/**
 * Where providers are played on a developer's machine, `http://…` without a slash at the end: what would be called at a
 * provider's own host is called at `<played>/<provider>`, so that no development stack speaks to a real bank.
 */
const hostOf = (providerId: ProviderId, host: string, played: string): string =>
  played === NOT_PLAYED ? host : `${played}/${providerId}`;

/** The providers that a stage offers, by id: one line each. `played`: see {@link hostOf}. */
export function providersOf(
  stage: StageName,
  publicUrl: string,
  played: string = NOT_PLAYED,
): ReadonlyMap<ProviderId, PaymentProvider> {
  const transactionUrl = `${hostOf('vnpay', VNPAY_HOST[stage], played)}/merchant_webapi/api/transaction`;
  const all = [vnpay({ payUrl: VNPAY_PAY_URL[stage], transactionUrl }), sandboxBank({ publicUrl })];
  return new Map(
    all
      .filter((provider) => provider.manifest.stages.includes(stage))
      .map((provider) => [provider.manifest.id, provider]),
  );
}
