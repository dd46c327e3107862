import { expect, it } from 'vitest';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { terminalSecretName } from '../../shared/domain/registry/registry.ts';
import { vietqr } from '../../shared/providers/vietqr/adapter.ts';
import { startPayment } from '../../shared/usecases/start-payment.ts';
import { NUMBER } from '../dsl/given.ts';
import { nobody } from '../dsl/paper-bank.ts';
import { aWorld, invoiceOf, LAND, PORTAL } from '../dsl/world.ts';
import { MemoryRegistry } from '../fakes/memory-registry.ts';
import { MemorySecrets } from '../fakes/memory-secrets.ts';
import { standing } from '../fakes/memory-states.ts';
import { ACCOUNT, VIETQR_SECRET } from '../providers/parties/bank-transfer.ts';

const account = {
  id: 'land-vietqr',
  providerId: 'vietqr',
  agencyCode: LAND,
  beneficiary: 'main',
  terminal: ACCOUNT,
  accountNumber: ACCOUNT,
  bankBin: '970415',
  active: true,
};

it('a bank transfer is begun with a code to scan, the same when the call comes again', async () => {
  const { invoices, now } = aWorld();
  invoices.place(invoiceOf(NUMBER));
  const dependencies = {
    invoices,
    now,
    registry: new MemoryRegistry({ accounts: [account] }),
    secrets: new MemorySecrets({ [terminalSecretName('vietqr', ACCOUNT)]: VIETQR_SECRET }),
    providers: new Map([['vietqr', vietqr()]]),
    caller: nobody,
    ...standing(now),
    hashKeys: ['a key'] as const,
  };
  const command = {
    invoiceId: invoiceId(NUMBER),
    providerId: 'vietqr',
    returnUrl: 'https://portal.example.gov.vn/back',
    language: 'vi' as const,
  };
  const start = () => startPayment(command, PORTAL, 'a-key-of-the-portal', dependencies);
  const first = await start();
  expect(first.next).toMatchObject({
    kind: 'qr',
    payload: expect.stringContaining(`TP${paymentReference(NUMBER, 1)}`),
  });
  expect(await start()).toMatchObject({ next: first.next, replayed: true });
  expect(first.invoice.attempts).toMatchObject([{ providerId: 'vietqr', terminal: ACCOUNT, state: 'pending' }]);
});
