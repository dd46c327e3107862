import type { PaymentProvider, ProviderId } from '../domain/payment/provider.ts';
import type { StageName } from '../domain/stage.ts';
import { sandboxBank } from './sandbox-bank/adapter.ts';
import { vnpay } from './vnpay/adapter.ts';

/** Where providers send citizens, by stage. */
const VNPAY_PAY_URL: Record<StageName, string> = {
  sandbox: 'https://sandbox.vnpayment.vn/paymentv2/vpcpay.html',
  production: 'https://pay.vnpay.vn/vpcpay.html',
};

/** The providers that a stage offers, by id: one line each. */
export function providersOf(stage: StageName, publicUrl: string): ReadonlyMap<ProviderId, PaymentProvider> {
  const all = [vnpay({ payUrl: VNPAY_PAY_URL[stage] }), sandboxBank({ publicUrl })];
  return new Map(
    all
      .filter((provider) => provider.manifest.stages.includes(stage))
      .map((provider) => [provider.manifest.id, provider]),
  );
}
