import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SignedXml } from 'xml-crypto';
import type { Receipt } from '../../shared/domain/receipt/receipt.ts';
import { signReceipt } from '../../shared/usecases/sign-receipt.ts';
import { aReceipt } from '../dsl/receipts.ts';
import { MemorySigner } from '../fakes/memory-signer.ts';

const signer = new MemorySigner();
const pem = signer.key.export({ format: 'pem', type: 'spki' }).toString();

const full: Partial<Receipt> = {
  paidThrough: 'KeyPay – Cổng Dịch vụ công Quốc gia',
  payer: { name: 'Nguyễn "Thử" & <Nghiệm>', taxCode: '0100233488' },
  replaces: { receiptId: 'rct_48021356789099', symbol: '25TAA', number: 7, reason: 'WRONG_DETAILS' },
};

/** The judge is a library that this project does not sign with. True: the document is what was signed under the key. */
function isGenuine(xml: string, key = pem): boolean {
  const element = /<Signature .*<\/Signature>/s.exec(xml)?.[0];
  if (!element) return false;
  const judge = new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null });
  judge.loadSignature(element);
  try {
    return judge.checkSignature(xml) && judge.getSignedReferences().length === 1;
  } catch {
    return false;
  }
}

describe('a signed receipt', () => {
  it.each([
    ['as it usually is', {}],
    ['with all that may be absent', full],
  ])('is genuine to another library, %s', async (_, more) => {
    const xml = await signReceipt(aReceipt(more), signer);
    expect(isGenuine(xml)).toBe(true);
    expect(isGenuine(xml, new MemorySigner().key.export({ format: 'pem', type: 'spki' }).toString())).toBe(false);
  });

  it('has the same bytes however often it is signed', async () => {
    const receipt = aReceipt(full);
    expect(await signReceipt(receipt, signer)).toBe(await signReceipt(receipt, signer));
  });

  it('brings the key with it', async () => {
    const xml = await signReceipt(aReceipt(), signer);
    const part = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(xml)?.[1] ?? '';
    const url = (text: string) => Buffer.from(text, 'base64').toString('base64url');
    const jwk = { kty: 'RSA', n: url(part('Modulus')), e: url(part('Exponent')) };
    expect(createPublicKey({ key: jwk, format: 'jwk' }).equals(signer.key)).toBe(true);
    expect(part('KeyName')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is refused by it after a change of any text in it', async () => {
    const xml = await signReceipt(aReceipt(full), signer);
    const end = xml.indexOf('<DSCKS>');
    let changed = 0;
    for (const { index, 1: text = '' } of xml.slice(0, end).matchAll(/>([^<>]+)</g)) {
      const at = index + 1;
      const last = text.at(-1) === '0' ? '1' : '0';
      const altered = `${xml.slice(0, at)}${text.slice(0, -1)}${last}${xml.slice(at + text.length)}`;
      expect(isGenuine(altered), text).toBe(false);
      changed += 1;
    }
    expect(changed).toBeGreaterThan(25);
  });

  it('is refused by it after an element was added, left out or moved', async () => {
    const xml = await signReceipt(aReceipt(full), signer);
    const line = /<KThu>.*<\/KThu>/.exec(xml)?.[0] ?? '';
    expect(isGenuine(xml.replace(line, line + line))).toBe(false);
    expect(isGenuine(xml.replace(line, ''))).toBe(false);
    expect(isGenuine(xml.replace('<DSKThu>', '<DSKThu> '))).toBe(false);
    expect(isGenuine(xml.replace(/(<Ten>.*?<\/Ten>)(<MST>.*?<\/MST>)/, '$2$1'))).toBe(false);
  });
});
