import * as z from 'zod';
import { lazy } from '../lazy.ts';
import type { Dong } from '../money/dong.ts';
import type { Day } from '../time.ts';

/** What citizens and clerks read: Vietnamese first, English second. Composed from labels, so no longer than they allow. */
export const Words = lazy(() => z.strictObject({ vi: z.string().min(1), en: z.string().min(1) }));
export type Words = z.infer<typeof Words>;

/** Longest text that the catalogue may hold, in characters. */
const MAX_LABEL_LENGTH = 600;
const label = lazy(() => z.string().min(1).max(MAX_LABEL_LENGTH));
/** Words as the catalogue holds them. */
export const Label = lazy(() => z.strictObject({ vi: label, en: label }));

const grouped = (amount: Dong, separator: string): string => String(amount).replace(/\B(?=(\d{3})+$)/g, separator);

/** `135.000 đồng`, `135,000 VND`: whole dong, grouped as each language does. */
export function inDong(amount: Dong): Words {
  return { vi: `${grouped(amount, '.')} đồng`, en: `${grouped(amount, ',')} VND` };
}

/** `8.000 đồng/bản`, `8,000 VND per copy`. */
export function inDongPer(amount: Dong, unit: Words): Words {
  const words = inDong(amount);
  return { vi: `${words.vi}/${unit.vi}`, en: `${words.en} per ${unit.en}` };
}

/** `đến hết 31/12/2026`, `from 2026-01-01`; empty where both ends are open. The Vietnamese order of a date is day/month/year. */
export function inWindow(from: Day | null, to: Day | null): { vi: string; en: string } {
  const vi = [from && `từ ${vietnamese(from)}`, to && `đến hết ${vietnamese(to)}`];
  const en = [from && `from ${from}`, to && `until ${to}`];
  return { vi: vi.filter(Boolean).join(' '), en: en.filter(Boolean).join(' ') };
}

const vietnamese = (day: Day): string => day.split('-').reverse().join('/');

/** Several words one after the other. */
export function joined(parts: readonly Words[], separator: string): Words {
  return { vi: parts.map((part) => part.vi).join(separator), en: parts.map((part) => part.en).join(separator) };
}

/** `4,5%`, `4.5%`: a rate as whole numbers, written as each language does; exact for every rate that law may name. */
export function inPercent({ parts, per }: { parts: number; per: number }): Words {
  const digits = Math.max(0, String(per).length - 3);
  const text = String(parts).padStart(digits + 1, '0');
  const wholePart = text.slice(0, text.length - digits);
  const rest = text.slice(text.length - digits).replace(/0+$/, '');
  return { vi: `${wholePart}${rest && `,${rest}`}%`, en: `${wholePart}${rest && `.${rest}`}%` };
}

/** Words around an amount: `tối đa 200.000 đồng`. */
export const before = (vi: string, en: string, words: Words): Words => ({
  vi: `${vi} ${words.vi}`,
  en: `${en} ${words.en}`,
});
