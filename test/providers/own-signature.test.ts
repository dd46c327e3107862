import { describe, expect, it } from 'vitest';
import { InvalidCallback, type PaymentProvider, type RawCallback } from '../../shared/domain/payment/provider.ts';
import { pageOf } from '../dsl/next-step.ts';
import { NOW } from '../dsl/world.ts';
import { callbackWorld } from './callback-world.ts';
import { ORDER, saidBy } from './contract-order.ts';
import { megapayParty } from './parties/megapay.ts';
import { momoParty } from './parties/momo.ts';
import { onepayParty } from './parties/onepay.ts';
import { get, type Party, post } from './parties/party.ts';
import { viettelParty } from './parties/viettel-money.ts';
import { vnpayParty } from './parties/vnpay.ts';

/**
 * What we signed to begin a payment is no callback: whoever pays sees it, the portal writes the address to return to, and
 * several providers sign both ways with one key.
 */

const FORM = 'application/x-www-form-urlencoded';

const toldBy = ({ provider, account }: Party, raw: RawCallback): string => {
  try {
    return provider.read(raw, [account.secret], NOW).outcome;
  } catch (error) {
    if (error instanceof InvalidCallback) return error.reason;
    throw error;
  }
};

const begun = ({ provider, account }: Party, returnUrl: string) => {
  const next = (provider as PaymentProvider).begin({ ...ORDER, returnUrl }, account);
  if (next.kind === 'form') return new URLSearchParams({ ...next.fields });
  return new URL(pageOf(next)).searchParams;
};

const FORGED = 'a=1&vpc_TransactionNo=4711&vpc_TxnResponseCode=0&vpc_U=x';

describe('the address that starts a payment at OnePay', () => {
  const forged = (sent: URLSearchParams, fields: Record<string, string>): RawCallback => {
    for (const [name, value] of Object.entries(fields)) sent.set(name, value);
    return get(sent.toString());
  };
  const cut = () => {
    const sent = begun(onepayParty, `https://portal.example.gov.vn/ket-qua?${FORGED}`);
    const ip = sent.get('vpc_TicketNo') ?? '';
    sent.delete('vpc_TicketNo');
    return forged(sent, {
      vpc_ReturnURL: 'https://portal.example.gov.vn/ket-qua?a=1',
      vpc_TransactionNo: '4711',
      vpc_TxnResponseCode: '0',
      vpc_U: `x&vpc_TicketNo=${ip}`,
    });
  };

  it('is no word of OnePay, however its address to return to is cut', async () => {
    expect(toldBy(onepayParty, cut())).toBe('signature');
    const here = callbackWorld([onepayParty.provider], [{ ...onepayParty.account, providerId: 'onepay' }]);
    here.place();
    expect((await here.call('onepay', cut())).body).toBe('responsecode=0&desc=confirm-fail');
    expect([here.inbox.sent, here.invoices.changes]).toEqual([0, []]);
  });

  it('holds the portal’s parameters as it wrote them, none of which looks like a field', () => {
    const written = begun(onepayParty, `https://portal.example.gov.vn/ket-qua?${FORGED}`).get('vpc_ReturnURL') ?? '';
    expect(written).not.toMatch(/&(?:vpc|user)_/);
    expect(new URL(written).searchParams.toString()).toBe(new URLSearchParams(FORGED).toString());
  });

  it('is refused where a field, or its name, could be two', () => {
    const genuine = Object.fromEntries(new URLSearchParams(callbackOf(onepayParty).rawQuery));
    expect(toldBy(onepayParty, get(new URLSearchParams(genuine).toString()))).toBe('paid');
    const { vpc_Locale, vpc_Merchant, vpc_MerchTxnRef, ...rest } = genuine;
    const inValue = {
      ...rest,
      vpc_Merchant: `${vpc_Merchant}`,
      vpc_Locale: `${vpc_Locale}&vpc_MerchTxnRef=${vpc_MerchTxnRef}`,
    };
    expect(toldBy(onepayParty, get(new URLSearchParams(inValue).toString()))).toBe('signature');
    const inName = {
      ...rest,
      vpc_MerchTxnRef: `${vpc_MerchTxnRef}`,
      [`vpc_Locale=${vpc_Locale}&vpc_Merchant`]: `${vpc_Merchant}`,
    };
    expect(toldBy(onepayParty, get(new URLSearchParams(inName).toString()))).toBe('signature');
  });
});

const callbackOf = (party: Party): RawCallback => {
  if (!party.callbacks) throw new Error('nobody calls back');
  return party.callbacks.write(saidBy(party));
};

describe('what a payer is sent away with', () => {
  const RETURN = 'https://portal.example.gov.vn/ket-qua';
  const megapay = (fields: URLSearchParams, more: Record<string, string>) =>
    post(JSON.stringify({ ...Object.fromEntries(fields), ...more }), 'application/json');

  it.each([
    ['onepay', onepayParty, () => get(begun(onepayParty, RETURN).toString())],
    ['vnpay', vnpayParty, () => get(begun(vnpayParty, RETURN).toString())],
    ['vnpay', vnpayParty, () => get(`${begun(vnpayParty, RETURN)}&x=0`)],
    ['megapay', megapayParty, () => megapay(begun(megapayParty, RETURN), {})],
    [
      'megapay',
      megapayParty,
      () => {
        const fields = begun(megapayParty, RETURN);
        const time = fields.get('timeStamp') ?? '';
        return megapay(fields, { resultCd: time.slice(0, 6), timeStamp: time.slice(6) });
      },
    ],
    [
      'viettel-money',
      viettelParty,
      () => {
        const sent = begun(viettelParty, RETURN);
        sent.set('billcode', `${sent.get('billcode')}PAYMENT`);
        sent.set('vt_transaction_id', '2.0');
        return post(sent.toString(), FORM);
      },
    ],
  ] as const)('tells nothing when it is called back to %s, and leaves nobody any work', async (id, party, raw) => {
    expect(toldBy(party, raw())).toBe('malformed');
    const here = callbackWorld([party.provider], [{ ...party.account, providerId: id }]);
    here.place();
    await here.call(id, raw());
    expect([await here.post(), here.invoices.changes]).toEqual([[], []]);
  });
});

describe('an order that MoMo was told of', () => {
  it('is no notice, however its address to return to is cut', () => {
    const { prepare } = momoParty.provider as PaymentProvider;
    const notice = {
      ...{ message: 'ok', orderId: ORDER.reference, orderInfo: 'x', orderType: 'w', partnerCode: 'MOMODVCQG01' },
      ...{ payType: 'qr', requestId: ORDER.reference, responseTime: '1767231000000', resultCode: '0' },
    };
    const members = Object.entries({ ...notice, transId: '4711' }).map(([name, value]) => `${name}=${value}`);
    const returnUrl = `https://portal.example.gov.vn/ket-qua?a=1&${members.join('&')}`;
    const request = prepare?.request({ ...ORDER, returnUrl }, momoParty.account);
    const sent = JSON.parse(request?.body ?? '') as Record<string, string>;
    const before = ['ipnUrl', 'orderId', 'orderInfo', 'partnerCode'].map((name) => `&${name}=${sent[name]}`).join('');
    const forged = {
      ...notice,
      amount: sent['amount'],
      extraData: `${before}&redirectUrl=https://portal.example.gov.vn/ket-qua?a=1`,
      transId: `4711&requestId=${sent['requestId']}&requestType=captureWallet`,
      signature: sent['signature'],
    };
    expect(toldBy(momoParty, post(JSON.stringify(forged), 'application/json'))).toBe('signature');
  });
});
