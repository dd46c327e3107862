import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { banks, subItems } from '../../../shared/catalogue/reference.ts';
import type { Invoice } from '../../../shared/domain/invoice/invoice.ts';
import { LineKind, mayBeRetained, slipFormOf } from '../../../shared/domain/invoice/line-kind.ts';
import { retainedOf, Slip, slipsOf } from '../../../shared/domain/invoice/slip.ts';
import { dong, MAX_DONG } from '../../../shared/domain/money/dong.ts';
import { BeneficiaryRecord, faultsOf } from '../../../shared/domain/registry/beneficiary.ts';
import { registerBeneficiary, slipsFor } from '../../../shared/usecases/beneficiaries.ts';
import { aRecord } from '../../contract/beneficiary-book.contract.ts';
import { refusalOf } from '../../dsl/invoicing.ts';
import { aWorld, invoiceOf, LAND, NOW } from '../../dsl/world.ts';
import { MemoryBeneficiaries } from '../../fakes/memory-beneficiaries.ts';

const lists = () => ({ banks: banks(), subItems: subItems() });
const line = (kind: LineKind, amount: number, beneficiary = 'main', item = '01'): Invoice['lines'][number] => ({
  feeItem: `9.000001-${item}`,
  kind,
  quantity: 1,
  amount: dong(amount),
  beneficiary,
});
const anInvoice = (lines: Invoice['lines'], more: Partial<Invoice> = {}) =>
  invoiceOf('480213567890', { lines, ...more });

describe('slips of an invoice', () => {
  it('are one a form and account, with every item of the form', () => {
    const record = aRecord({ bookings: [{ kind: 'le_phi', subItem: '2771', retainedPermille: 0 }] });
    const [slip, ...others] = slipsOf(anInvoice([line('le_phi', 30_000)]), new Map([['main', record]]));
    expect(others).toEqual([]);
    expect(Slip.parse(slip)).toMatchObject({
      form: 'C1-03/NS',
      reference: expect.stringMatching(/^TP480213567890\d$/),
      beneficiary: { account: '7111', treasury: '0111', bankBin: '970436', collectingAuthority: '1054321' },
      lines: [{ chapter: '426', subItem: '2771', area: '26734', amount: 30_000, retained: 0, toBudget: 30_000 }],
      total: 30_000,
      totalInWords: 'Ba mươi nghìn đồng',
      missing: [],
    });
  });

  it('part taxes from fees, and one beneficiary from another', () => {
    const slips = slipsOf(
      anInvoice([line('phi', 1), line('thue', 2), line('le_phi', 3, 'fund'), line('phi', 0), line('bhyt', 4)]),
      new Map(),
    );
    expect(slips.map(({ form, beneficiary, total }) => [form, beneficiary.code, total])).toEqual([
      ['C1-03/NS', 'main', 1],
      ['C1-02/NS', 'main', 2],
      ['C1-03/NS', 'fund', 3],
    ]);
  });

  it('name what nobody has registered', () => {
    const [slip] = slipsOf(anInvoice([line('thue', 2)]), new Map());
    expect(slip?.missing).toEqual([
      'account',
      'treasury',
      'collectingAuthority',
      'chapter',
      'area',
      'subItem',
      'notice',
    ]);
  });

  it('book an item by its own row before the row of its kind', () => {
    const record = aRecord({
      bookings: [
        { kind: 'phi', subItem: '2716', retainedPermille: 500 },
        { kind: 'phi', feeItem: '9.000001-02', subItem: '2718', retainedPermille: 850 },
      ],
    });
    const [slip] = slipsOf(
      anInvoice([line('phi', 1001), line('phi', 1001, 'main', '02')]),
      new Map([['main', record]]),
    );
    expect(slip?.lines.map(({ subItem, retained, toBudget }) => [subItem, retained, toBudget])).toEqual([
      ['2716', 500, 501],
      ['2718', 850, 151],
    ]);
  });

  it('keep payer and debtor apart, both masked', () => {
    const [slip] = slipsOf(
      anInvoice([line('phi', 1)], {
        payer: { name: 'Trần Văn Trả', idNumber: '001099001234' },
        debtor: { name: 'Công ty Mẫu', taxCode: '0100233488' },
        owner: { name: 'Lê Thị Chủ' },
      }),
      new Map(),
    );
    expect(slip?.debtor).toEqual({ name: 'C• t• Mẫu', taxCode: '••••••3488' });
    expect(slip?.paidBy).toEqual({ name: 'T• V• Trả', idNumber: '••••••••1234' });
    expect(JSON.stringify(slip)).not.toMatch(/001099|010023|Trần|Công/);
  });

  it('split every amount into two whole parts, whatever is retained', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_DONG }), fc.integer({ min: 0, max: 1000 }), (amount, permille) => {
        const retained = retainedOf(dong(amount), permille);
        expect(BigInt(retained) * 1000n <= BigInt(amount) * BigInt(permille)).toBe(true);
        expect(BigInt(retained + 1) * 1000n > BigInt(amount) * BigInt(permille)).toBe(true);
      }),
    ));

  it('have a form for every kind that goes to the budget', () => {
    expect(LineKind.options.filter((kind) => !slipFormOf[kind])).toEqual(['bhxh', 'bhyt']);
    expect(LineKind.options.filter(mayBeRetained)).toEqual(['phi']);
  });
});

describe('who a purse is', () => {
  it.each<[string, Partial<BeneficiaryRecord>, string]>([
    ['a wrong check digit', { taxCode: '0100233489' }, '/taxCode'],
    ['a chapter of two digits', { chapter: '42' }, '/chapter'],
    ['a chapter before the first', { chapter: '000' }, '/chapter'],
    ['a chapter after the last', { chapter: '990' }, '/chapter'],
    ['an area of four digits', { area: '2673' }, '/area'],
    ['a collecting authority of six digits', { collectingAuthority: '105432' }, '/collectingAuthority'],
    [
      'a bank that does not exist',
      { account: { kind: 'bank', number: '1234567', bankBin: '123456' } },
      '/account/bankBin',
    ],
    [
      'a treasury of five digits',
      { account: { kind: 'treasury', number: '7111', treasury: '01111', treasuryName: 'KBNN' } },
      '/account/treasury',
    ],
    [
      'an account that is none',
      { account: { kind: 'treasury', number: '71x', treasury: '0111', treasuryName: 'KBNN' } },
      '/account/number',
    ],
    [
      'an unknown sub-item',
      { bookings: [{ kind: 'phi', subItem: '9999', retainedPermille: 0 }] },
      '/bookings/0/subItem',
    ],
    ['a lệ phí that is kept', { bookings: [{ kind: 'le_phi', retainedPermille: 1 }] }, '/bookings/0/retainedPermille'],
    [
      'a kind booked twice',
      {
        bookings: [
          { kind: 'phi', retainedPermille: 0 },
          { kind: 'phi', retainedPermille: 1 },
        ],
      },
      '/bookings/1',
    ],
  ])('is refused with %s, at its place', (_, more, pointer) =>
    expect(faultsOf(aRecord(more), lists()).map((fault) => fault.pointer)).toEqual([pointer]),
  );

  const aBook = () => {
    const world = aWorld();
    const beneficiaries = new MemoryBeneficiaries();
    return { world, beneficiaries, dependencies: { ...world, beneficiaries, lists } };
  };

  it('may begin in the past once, and after that only ahead: an issued invoice’s slips stay (scenario 26)', async () => {
    const { beneficiaries, dependencies, world } = aBook();
    const first = aRecord({ effectiveFrom: '2025-01-01' });
    expect(await registerBeneficiary(first, dependencies)).toEqual({ record: first, replayed: false });
    expect(await registerBeneficiary(first, dependencies)).toEqual({ record: first, replayed: true });
    const invoice = anInvoice([line('le_phi', 5)], { createdAt: NOW });
    const before = await slipsFor(invoice, beneficiaries);

    const today = new Date(NOW + 7 * 3_600_000).toISOString().slice(0, 10);
    for (const effectiveFrom of ['2024-12-31', '2025-01-01', '2025-06-01', today])
      expect(await refusalOf(registerBeneficiary(aRecord({ effectiveFrom, chapter: '757' }), dependencies))).toBe(
        'published_immutable',
      );
    const later = aRecord({ effectiveFrom: '2027-01-01', chapter: '757' });
    expect(await registerBeneficiary(later, dependencies)).toMatchObject({ replayed: false });
    world.clock.at += 365 * 86_400_000;
    expect(await slipsFor(invoice, beneficiaries)).toEqual(before);
  });

  it('is said of known agencies only', async () =>
    expect(await refusalOf(registerBeneficiary(aRecord({ agencyCode: 'H99.99' }), aBook().dependencies))).toBe(
      'unknown_agency',
    ));

  it('is read out of the database by its schema', () =>
    expect(BeneficiaryRecord.safeParse({ ...aRecord(), agencyCode: LAND, extra: 1 }).success).toBe(false));
});
