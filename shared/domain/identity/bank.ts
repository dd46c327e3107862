import { digitsReader, type Reading, read, wrong } from './reading.ts';
import type { Bank } from './reference.ts';

const readForm = digitsReader({ vi: 'mã BIN ngân hàng', en: 'a bank BIN' }, 6);

/** A bank by its BIN. A BIN that was renamed is read as the bank's name of now, with a remark if only the old name is listed. */
export function readBankBin(text: string, banks: readonly Bank[]): Reading<Bank> {
  const form = readForm(text);
  if (!form.ok) return form;
  const named = banks.filter((bank) => bank.bin === text);
  const bank = named.find((one) => !one.deprecated) ?? named[0];
  if (!bank) return wrong(`không có ngân hàng mang mã BIN ${text}`, `no bank has the BIN ${text}`);
  return read(
    bank,
    bank.deprecated ? [{ vi: `${bank.shortName} là tên cũ`, en: `${bank.shortName} is a former name` }] : [],
  );
}
