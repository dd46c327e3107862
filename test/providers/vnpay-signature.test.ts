import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlain, signedText } from '../../shared/providers/vnpay/signature.ts';

describe('the text that VNPAY signs', () => {
  const part = fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9*._ +%-]*$/));

  it('is the same whether a field is taken as it was sent or written anew', () => {
    fc.assert(
      fc.property(fc.dictionary(part, part), (sent) => {
        const query = new URLSearchParams(
          Object.entries(sent).map(([key, value]): [string, string] => [`vnp_${key}`, value]),
        );
        const asSent = new Map(
          [...query].flatMap(([key, value]) => {
            const pair = new URLSearchParams([[key, value]]).toString();
            return isPlain(pair) ? [[key, pair] as const] : [];
          }),
        );
        expect(signedText(new Map(query), asSent)).toBe(signedText(new Map(query)));
      }),
    );
  });

  it.each(['vnp_A=a%20b', 'vnp_A=a b', 'vnp_A=a=b', 'vnp_A', '=a', 'vnp_A=~', 'vnp_A=é', 'vnp_%41=1'])(
    'is written anew of a field that others may write otherwise: %s',
    (pair) => {
      expect(isPlain(pair)).toBe(false);
    },
  );
});
