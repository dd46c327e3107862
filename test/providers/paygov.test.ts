import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { InvalidCallback, type RawCallback } from '../../shared/domain/payment/provider.ts';
import { paygov } from '../../shared/providers/paygov/adapter.ts';
import { checksum } from '../../shared/providers/paygov/signature.ts';
import { NOW } from '../dsl/world.ts';
import { AMOUNT } from './callback-world.ts';
import { ORDER, saidBy } from './contract-order.ts';
import { post } from './parties/party.ts';
import { paygovParty, sum, write } from './parties/paygov.ts';
import { haveVectors, vectorsOf } from './vector-file.ts';

/** PayGov: what public sources show of it, and what its checksum leaves open. */

const { account, provider } = paygovParty;
const read = (raw: RawCallback) => provider.read(raw, [account.secret], NOW);

describe.skipIf(!haveVectors)('PayGov as others speak it', () => {
  const file = vectorsOf('paygov');
  const Receipt = z.looseObject({ fields: z.record(z.string(), z.string()), checksum: z.string() });
  it.each(file.take('receipt', Receipt))('$id is signed by the rule that is taken for all of it', (one) => {
    const { secretKey = '', accessKey = '', partnerCode = '', paids = '', otherInfo = '', ...fields } = one.fields;
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const { decisionDate = '', ...members } = fields;
    const values = [...Object.values(members), base64(paids), base64(otherInfo), decisionDate];
    expect(checksum(values, { secretKey, accessKey, partnerCode })).toBe(one.checksum);
  });

  const Callback = z.looseObject({ body: z.record(z.string(), z.string()), ack: z.record(z.string(), z.unknown()) });
  it.each(file.take('callback', Callback))('$id has the members and the answers that are ours', ({ body, ack }) => {
    const ours = JSON.parse(Buffer.from(write(saidBy(paygovParty)).body).toString()) as object;
    expect(Object.keys(ours)).toEqual(Object.keys(body));
    expect(JSON.parse(provider.acknowledge('accepted').body)).toEqual(ack['ok']);
    const failed = JSON.parse(provider.acknowledge('unknownOrder').body) as object;
    expect(Object.keys(failed)).toEqual(Object.keys(ack['fail'] as object));
  });

  it('are all read', () => {
    expect(file.allTaken()).toBeGreaterThan(0);
  });
  afterAll(() => console.info('cases read: paygov', file.allTaken()));
});

describe('a checksum with nothing between its values', () => {
  it('holds over another cut of a genuine callback, which then pays nothing and goes to a person (scenario 10)', () => {
    const raw = write(saidBy(paygovParty));
    const members = JSON.parse(Buffer.from(raw.body).toString()) as Record<string, string>;
    const names = Object.keys(members).slice(0, -1);
    let cuts = 0;
    for (const [index, name] of names.entries()) {
      const next = names[index + 1];
      if (next === undefined) continue;
      for (const by of [1, 2, 5]) {
        const both = `${members[name]}${members[next]}`;
        for (const at of [(members[name] ?? '').length + by, (members[name] ?? '').length - by]) {
          if (at < 0 || at > both.length) continue;
          const bent = { ...members, [name]: both.slice(0, at), [next]: both.slice(at) };
          const body = Buffer.from(JSON.stringify(bent));
          cuts += 1;
          try {
            expect(read({ ...raw, body }).outcome, `${name}|${next}`).toBe('review');
          } catch (error) {
            if (!(error instanceof InvalidCallback)) throw error;
          }
        }
      }
    }
    expect(cuts).toBeGreaterThan(30);
    expect(read(raw)).toMatchObject({ outcome: 'paid', amount: AMOUNT, reference: ORDER.reference });
  });

  it('holds over a cut that moves a digit through three values, where a text begins with one', () => {
    const genuine = {
      ...{ amount: '500000', orderId: '480213567890012', orderInfo: '1abc', requestCode: '480213567890012' },
      ...{ transactionNo: '14226112', payDate: '20261120120000', payGate: 'VNPAY', errorCode: '00', type: '1' },
      transactionCode: 'TC1',
    };
    const moved = {
      ...genuine,
      ...{ amount: '5000004', orderId: '802135678900121', orderInfo: 'abc4', requestCode: '802135678900121' },
      transactionNo: '4226112',
    };
    expect(Object.values(moved).join('')).toBe(Object.values(genuine).join(''));
    const outcome = (members: object) => {
      const body = JSON.stringify({ ...members, checksum: sum(Object.values(members)) });
      return read(post(body, 'application/json', { rawQuery: `terminal=${account.terminal}` })).outcome;
    };
    // Of the two nobody can say which was meant, so neither is believed.
    expect([outcome(genuine), outcome({ ...genuine, orderInfo: 'abc' })]).toEqual(['review', 'paid']);
  });
});

describe('what PayGov’s contract has to say', () => {
  it('is asked nowhere until it names an address, and no stage offers it', () => {
    const unset = paygov({ stage: 'production', publicUrl: 'https://pay.example.gov.vn' });
    expect(() => unset.prepare?.request(ORDER, account)).toThrow('address');
    expect(unset.manifest.uncertain).not.toEqual([]);
  });

  it('goes to the LGSP with both of its tokens, where there are two', () => {
    const lgsp = { ...account, secret: paygovParty.otherSecret };
    const headers = (at: typeof account) => ('prepare' in provider ? provider.prepare?.request(ORDER, at).headers : {});
    expect(headers(account)).toMatchObject({ authorization: 'Bearer fakeBearer' });
    expect(headers(account)).not.toHaveProperty('lgspaccesstoken');
    expect(headers(lgsp)).toMatchObject({ authorization: 'Bearer fakeBearer', lgspaccesstoken: 'fakeLgsp' });
  });
});
