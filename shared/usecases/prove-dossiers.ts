import { type BookItem, type BookPages, type DossierPages, MAX_FIND_MANY } from '../domain/invoice/book.ts';
import type { InvoiceNumber } from '../domain/invoice/number.ts';
import type { BookBreach } from '../domain/ledger/breach.ts';

/**
 * Proves dossiers and invoices by each other. A dossier that lists none of its invoices, or whose procedure has no place,
 * lets a second invoice be made for the same fee.
 */

/** The first invoice of a page of the book that its dossier does not list, or whose procedure has no place there. */
export async function firstUnclaimed(
  page: readonly { item: BookItem }[],
  dossiers: Pick<DossierPages, 'of'>,
): Promise<BookBreach | undefined> {
  const invoices = page.flatMap(({ item }) => (item.kind === 'invoice' ? [item.invoice] : []));
  for (let start = 0; start < invoices.length; start += MAX_FIND_MANY) {
    const some = invoices.slice(start, start + MAX_FIND_MANY);
    const there = await dossiers.of(some);
    for (const [place, { number, agencyCode, dossierCode, procedureCode }] of some.entries()) {
      const dossier = there[place];
      const isClaimed = dossier?.numbers.includes(number) && dossier.places[procedureCode] !== undefined;
      if (!isClaimed)
        return {
          kind: 'dossier_unclaimed',
          key: `${agencyCode}#${dossierCode}`,
          detail: `it does not hold its invoice ${number}`,
        };
    }
  }
  return undefined;
}

export type DossiersProof = { breach?: BookBreach; dossiers: number };

/**
 * Of every dossier: that something stands at each number that it lists. Where nothing does, the invoice was taken out, or a
 * call died before it made it and never came again; the next invoice of the dossier settles that. Such are looked at once more
 * at the end: a call that takes its dossier makes its invoice a moment later.
 */
export async function proveDossiers({
  dossiers,
  book,
}: {
  dossiers: Pick<DossierPages, 'page' | 'of'>;
  book: Pick<BookPages, 'at'>;
}): Promise<DossiersProof> {
  const proof = { dossiers: 0 };
  const missing: { key: string; number: InvoiceNumber }[] = [];
  let after: string | undefined;
  do {
    const page = await dossiers.page(after);
    const listed: { key: string; number: InvoiceNumber }[] = [];
    for (const { key, dossier } of page.dossiers) {
      if (!dossier)
        return {
          ...proof,
          breach: { kind: 'dossier_unreadable', key, detail: 'no version of this service wrote it so' },
        };
      listed.push(...dossier.numbers.map((number) => ({ key, number })));
    }
    for (let start = 0; start < listed.length; start += MAX_FIND_MANY) {
      const some = listed.slice(start, start + MAX_FIND_MANY);
      const there = new Map((await book.at([...new Set(some.map((one) => one.number))])).map((one) => [one.key, one]));
      for (const { key, number } of some) {
        const item = there.get(number)?.item;
        if (!there.has(number)) missing.push({ key, number });
        if (item?.kind === 'invoice' && `${item.invoice.agencyCode}#${item.invoice.dossierCode}` !== key)
          return { ...proof, breach: { kind: 'dossier_of_nothing', key, detail: `${number} is another dossier’s` } };
      }
    }
    proof.dossiers += page.dossiers.length;
    after = page.after;
  } while (after !== undefined);
  for (let start = 0; start < missing.length; start += MAX_FIND_MANY) {
    const some = missing.slice(start, start + MAX_FIND_MANY);
    const there = new Set((await book.at([...new Set(some.map(({ number }) => number))])).map(({ key }) => key));
    const listing = await dossiers.of(some.map(({ key }) => dossierOf(key)));
    const gone = some.find(({ number }, place) => !there.has(number) && listing[place]?.numbers.includes(number));
    if (gone)
      return {
        ...proof,
        breach: { kind: 'invoice_missing', key: gone.key, detail: `it lists ${gone.number}, which is not there` },
      };
  }
  return proof;
}

/** A dossier is kept under its agency and its code; no agency's code holds the sign between them. */
function dossierOf(key: string): { agencyCode: string; dossierCode: string } {
  const end = key.indexOf('#');
  return { agencyCode: key.slice(0, end), dossierCode: key.slice(end + 1) };
}
