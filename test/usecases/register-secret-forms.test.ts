import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sandboxBank } from '../../shared/providers/sandbox-bank/adapter.ts';
import { vnpay } from '../../shared/providers/vnpay/adapter.ts';

const spki = { format: 'der', type: 'spki' } as const;
const ed25519 = () => generateKeyPairSync('ed25519').publicKey.export(spki).toString('base64');

describe('a secret for VNPAY', () => {
  const accepts = (secret: string) => vnpay({ payUrl: '' }).acceptsSecret(secret);

  it.each(['12345678', 'RAOEXHYVSDDIIENYWSLDIIZTANXUXZFJ', `!~${'x'.repeat(126)}`])('may be %s', (secret) => {
    expect(accepts(secret)).toBe(true);
  });

  it.each(['1234567', 'x'.repeat(129), '12345678\n', ' 12345678', '1234 5678', 'khóa-bí-mật', ''])(
    'is not %j',
    (secret) => {
      expect(accepts(secret)).toBe(false);
    },
  );
});

describe('a secret for the sandbox bank', () => {
  const accepts = (secret: string) => sandboxBank({ publicUrl: '' }).acceptsSecret(secret);
  const key = ed25519();

  it('may be any Ed25519 public key in base64 of its SPKI form', () => {
    for (const one of Array.from({ length: 50 }, ed25519)) expect(accepts(one)).toBe(true);
  });

  it.each([
    ['cut', key.slice(0, -1)],
    ['longer', `${key}A`],
    ['followed by a line break', `${key}\n`],
    ['in PEM', `-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----`],
    ['of bits that say nothing', `${'MCowBQYDK2VwAyEA'.padEnd(58, 'A')}B=`],
    ['of another curve', generateKeyPairSync('x25519').publicKey.export(spki).toString('base64')],
    [
      'a private key',
      generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    ],
    ['empty', ''],
  ])('is none %s', (_, secret) => {
    expect(accepts(secret)).toBe(false);
  });
});
