import { accountOfBook } from '../reconciliation/book-day.ts';
import { formatInstant, vietnamDay } from '../time.ts';
import type { Payee, Remittance, RemittanceOrder } from './remittance.ts';

/**
 * The orders of a batch as ISO 20022 customer credit transfer initiation, pain.001.001.09, one payment information block.
 * Accounts and banks are domestic: no IBAN, no BIC; a bank is named by its NAPAS number in the clearing system member id.
 * What forms C1-02/NS and C1-03/NS ask for stands in structured remittance information, a document line for each chapter
 * and sub-item (Decree 347/2025/NĐ-CP, forms 02 and 03). No bank of Vietnam publishes its own rules for the message.
 */

const NAMESPACE = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';
/** Limits of the schema, in characters: Max35Text, Max70Text, Max140Text. */
const [ID, SHORT, NAME] = [35, 70, 140];

/** The batch's file for the bank. `debtor`: who holds the account. Throws RangeError where nothing is to be sent. */
export function pain001(remittance: Remittance, debtor: { name: string }): string {
  const account = accountOfBook(remittance.book);
  const sent = remittance.orders.filter(({ how }) => how === 'transfer');
  if (!account || sent.length === 0) throw new RangeError(`${remittance.remittanceId} sends nothing`);
  const at = remittance.decidedAt ?? remittance.proposedAt;
  const count = sent.length;
  const total = sent.reduce((sum, { amount }) => sum + amount, 0);
  const id = messageId(remittance);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(
    'Document',
    [
      element('CstmrCdtTrfInitn', [
        element('GrpHdr', [
          leaf('MsgId', id, ID),
          leaf('CreDtTm', formatInstant(at)),
          leaf('NbOfTxs', String(count)),
          leaf('CtrlSum', String(total)),
          element('InitgPty', [leaf('Nm', debtor.name, NAME)]),
        ]),
        element('PmtInf', [
          leaf('PmtInfId', id, ID),
          leaf('PmtMtd', 'TRF'),
          // Each order is a debit of its own, so that the statement shows its reference.
          leaf('BtchBookg', 'false'),
          leaf('NbOfTxs', String(count)),
          leaf('CtrlSum', String(total)),
          element('ReqdExctnDt', [leaf('Dt', vietnamDay(at))]),
          element('Dbtr', [leaf('Nm', debtor.name, NAME)]),
          element('DbtrAcct', [accountId(account.account), leaf('Ccy', 'VND')]),
          element('DbtrAgt', [agent(account.bankBin)]),
          leaf('ChrgBr', 'DEBT'),
          ...sent.map(transfer),
        ]),
      ]),
    ],
    ` xmlns="${NAMESPACE}"`,
  )}\n`;
}

/** The batch's own name for the bank: an account may have 19 digits, so the id itself would be too long. */
const messageId = ({ remittanceId, content }: Remittance): string =>
  `${remittanceId.slice(remittanceId.lastIndexOf('_') + 1)}-${content.sha256.slice(0, 24)}`;

function transfer({ orderId, payee, lines, amount }: RemittanceOrder): string {
  return element('CdtTrfTxInf', [
    element('PmtId', [leaf('InstrId', orderId, ID), leaf('EndToEndId', orderId, ID)]),
    element('Amt', [`<InstdAmt Ccy="VND">${amount}</InstdAmt>`]),
    element('CdtrAgt', [agent(payee.bankBin)]),
    element('Cdtr', [
      leaf('Nm', creditorName(payee), NAME),
      ...(payee.taxCode === null ? [] : [element('Id', [element('OrgId', [other(payee.taxCode, 'TXID')])])]),
    ]),
    element('CdtrAcct', [accountId(payee.accountNumber)]),
    element('RmtInf', [
      element('Strd', [
        ...lines.map((line) =>
          element('RfrdDocInf', [
            element('Tp', [element('CdOrPrtry', [leaf('Prtry', payee.form ?? 'UNC', ID)])]),
            leaf('Nb', [line.chapter, line.subItem, line.area].map((code) => code ?? '-').join('/'), ID),
            element('LineDtls', [
              element(
                'Id',
                [leaf('Nb', line.subItem ?? '-', ID)].map((inner) => inner),
              ),
              element('Amt', [`<RmtdAmt Ccy="VND">${payee.treasury === null ? line.amount : line.toBudget}</RmtdAmt>`]),
            ]),
          ]),
        ),
        leaf('AddtlRmtInf', `${orderId} ${payee.form ?? 'UNC'}`, NAME),
        ...budgetInformation(payee).map((text) => leaf('AddtlRmtInf', text, NAME)),
      ]),
    ]),
  ]);
}

/** Money at the treasury is paid to the treasury's account at its bank, in the name of the body that collects. */
const creditorName = ({ name, treasury, treasuryName }: Payee): string =>
  treasury === null ? name.vi : `${treasuryName ?? ''} - ${name.vi}`;

const budgetInformation = ({ treasury, collectingAuthority, agencyCode }: Payee): string[] =>
  treasury === null ? [] : [`SHKB ${treasury} CQT ${collectingAuthority ?? '-'} DVT ${agencyCode}`];

const accountId = (number: string): string => element('Id', [other(number)]);
const other = (id: string, scheme?: string): string =>
  element('Othr', [leaf('Id', id, ID), ...(scheme ? [element('SchmeNm', [leaf('Cd', scheme)])] : [])]);
const agent = (bankBin: string): string =>
  element('FinInstnId', [
    element('ClrSysMmbId', [element('ClrSysId', [leaf('Prtry', 'VNNAPAS')]), leaf('MmbId', bankBin, ID)]),
  ]);

const element = (name: string, inner: readonly string[], attributes = ''): string =>
  `<${name}${attributes}>${inner.join('')}</${name}>`;
const leaf = (name: string, text: string, most = SHORT): string => `<${name}>${escaped(text, most)}</${name}>`;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Whole characters up to the schema's limit, without those that XML 1.0 has no place for. */
function escaped(text: string, most: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot bear them (section 2.2).
  const plain = text.normalize('NFC').replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu, ' ');
  return [...plain]
    .slice(0, most)
    .join('')
    .trim()
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
