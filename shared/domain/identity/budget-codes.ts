import { digitsOnly, digitsReader, type Reading, read, wrong } from './reading.ts';
import type { SubItem } from './reference.ts';

/**
 * Codes of the state budget as they stand on the slips C1-02/NS and C1-03/NS (Decree 347/2025/NĐ-CP): where money goes
 * and what it is. Each reader checks the form; where there is a list it is handed in, because lists change by circular.
 */

const readChapterForm = digitsReader({ vi: 'mã chương', en: 'a budget chapter' }, 3);
const [FIRST_CHAPTER, LAST_CHAPTER] = ['001', '989'];

/**
 * Chương: whose budget, three digits, by level of government: 001–399 central, 400–599 provinces, 600–799 districts,
 * 800–989 communes (Circular 324/2016/TT-BTC, article 2; from memory). Which of them are given is no list of ours.
 */
export function readChapter(text: string): Reading<string> {
  const form = readChapterForm(text);
  if (!form.ok || (text >= FIRST_CHAPTER && text <= LAST_CHAPTER)) return form;
  return wrong(
    `không có chương ${text}; các chương từ ${FIRST_CHAPTER} đến ${LAST_CHAPTER}`,
    `there is no chapter ${text}; chapters are ${FIRST_CHAPTER} to ${LAST_CHAPTER}`,
  );
}

/** Địa bàn hành chính: five digits, of the commune since 1 July 2025. */
export const readAdministrativeArea = digitsReader({ vi: 'mã địa bàn hành chính', en: 'an administrative area' }, 5);

/** Số hiệu kho bạc: four digits. */
export const readTreasury = digitsReader({ vi: 'số hiệu kho bạc', en: 'a treasury number' }, 4);

/** Cơ quan thu: seven digits. */
export const readCollectingAuthority = digitsReader({ vi: 'mã cơ quan thu', en: 'a collecting authority' }, 7);

const readSubItemForm = digitsReader({ vi: 'mã tiểu mục', en: 'a budget sub-item' }, 4);

/** Nội dung kinh tế (tiểu mục): four digits, one of `known`. */
export function readSubItem(text: string, known: ReadonlyMap<string, SubItem>): Reading<SubItem> {
  const form = readSubItemForm(text);
  if (!form.ok) return form;
  const found = known.get(text);
  return found
    ? read(found)
    : wrong(`danh mục tiểu mục không có mã ${text}`, `the list of budget sub-items has no ${text}`);
}

/** 7111: revenue of the budget; 7114 and 8993 are refunds and VAT refunds of it. Others are accounts of collectors. */
const BUDGET_ACCOUNTS: ReadonlySet<string> = new Set(['7111', '7114', '8993']);

export type TreasuryAccount = {
  number: string;
  /** `budget`: straight into the budget; `collector`: of the collecting body, "phí chờ nộp" among them. */
  kind: 'budget' | 'collector';
};

const MAX_ACCOUNT = 40;

/**
 * An account at the State Treasury (KBNN): 7111, 7114, 8993, or 4 to 20 digits that dotted groups may follow. Accounts of
 * collectors (35xx, 37xx) differ from treasury to treasury, so the form is all that can be checked.
 */
export function readTreasuryAccount(text: string): Reading<TreasuryAccount> {
  if (BUDGET_ACCOUNTS.has(text)) return read({ number: text, kind: 'budget' });
  if (text.length > MAX_ACCOUNT || !/^[0-9]{4,20}(?:\.[0-9]+)*$/.test(text))
    return wrong(
      'tài khoản kho bạc là 7111, 7114, 8993 hoặc 4 đến 20 chữ số, có thể thêm các nhóm sau dấu chấm',
      'a treasury account is 7111, 7114, 8993, or 4 to 20 digits that groups behind dots may follow',
    );
  return read({ number: text, kind: 'collector' });
}

const LEAST_BANK_ACCOUNT = 6;
const MOST_BANK_ACCOUNT = 19;

/** A domestic bank account: digits only, as NAPAS carries them. */
export const readBankAccount = (text: string): Reading<string> =>
  digitsOnly(text) && text.length >= LEAST_BANK_ACCOUNT && text.length <= MOST_BANK_ACCOUNT
    ? read(text)
    : wrong(
        `số tài khoản ngân hàng có ${LEAST_BANK_ACCOUNT} đến ${MOST_BANK_ACCOUNT} chữ số`,
        `a bank account has ${LEAST_BANK_ACCOUNT} to ${MOST_BANK_ACCOUNT} digits`,
      );
