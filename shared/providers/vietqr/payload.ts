import { withoutMarks } from '../wire.ts';

/** The text of a VietQR code: EMVCo merchant-presented mode, tag 38 of NAPAS. Two-digit tags, two-digit lengths, ASCII. */

const NAPAS = 'A000000727';
const TO_ACCOUNT = 'QRIBFTTA';
const DONG = '704';
const MAX_VALUE = 99;

export type Transfer = {
  bankBin: string;
  /** Up to 19 digits; letters too where it is a virtual account. */
  account: string;
  /** In dong, at most 13 digits. Absent: the payer types it. */
  amount?: number;
  /** What stands in tag 62, each at most 25 characters. `purpose` becomes the text of the transfer. */
  bill?: string;
  reference?: string;
  terminal?: string;
  purpose?: string;
};

/** Raised for what the code cannot hold. Cut, it would pay something else. */
export class UnprintableTransfer extends RangeError {
  constructor(what: string) {
    super(`a VietQR code cannot hold this ${what}`);
    this.name = 'UnprintableTransfer';
  }
}

const MAX_ADDITIONAL = 25;
const ADDITIONAL = { bill: '01', reference: '05', terminal: '07', purpose: '08' } as const;

/** Throws {@link UnprintableTransfer} for what does not fit, and for letters that are not ASCII once their marks are gone. */
export function vietQr(transfer: Transfer): string {
  if (!/^[0-9]{6}$/.test(transfer.bankBin)) throw new UnprintableTransfer('bank');
  if (!/^[0-9A-Za-z]{1,19}$/.test(transfer.account)) throw new UnprintableTransfer('account');
  const amount = transfer.amount === undefined ? '' : String(transfer.amount);
  if (amount !== '' && !/^[1-9][0-9]{0,12}$/.test(amount)) throw new UnprintableTransfer('amount');
  const additional = Object.entries(ADDITIONAL).map(([name, tag]) =>
    field(tag, folded(transfer[name as keyof typeof ADDITIONAL] ?? '', name)),
  );
  const text = [
    field('00', '01'),
    field('01', amount === '' ? '11' : '12'),
    field(
      '38',
      field('00', NAPAS) +
        field('01', field('00', transfer.bankBin) + field('01', transfer.account)) +
        field('02', TO_ACCOUNT),
    ),
    field('53', DONG),
    field('54', amount),
    field('58', 'VN'),
    field('62', additional.join('')),
    '6304',
  ].join('');
  return text + crc(text);
}

/** Nothing for an empty value: a tag without one is left out. */
function field(tag: string, value: string): string {
  if (value === '') return '';
  if (value.length > MAX_VALUE) throw new UnprintableTransfer(`tag ${tag}`);
  return `${tag}${String(value.length).padStart(2, '0')}${value}`;
}

function folded(text: string, what: string): string {
  const plain = withoutMarks(text);
  if (!/^[ -~]*$/.test(plain) || plain.length > MAX_ADDITIONAL) throw new UnprintableTransfer(what);
  return plain;
}

/** CRC-16/CCITT-FALSE (polynomial 1021, initially FFFF) of ASCII text, in four upper-case hex digits. */
export function crc(text: string): string {
  let rest = 0xffff;
  for (const byte of Buffer.from(text, 'latin1')) {
    rest ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest & 0x8000 ? (rest << 1) ^ 0x1021 : rest << 1) & 0xffff;
  }
  return rest.toString(16).toUpperCase().padStart(4, '0');
}
