import type * as z from 'zod';
import type { ProposalBody } from '../../shared/api/audit.ts';
import * as api from '../../shared/api/registry.ts';
import type { ActSubject } from '../../shared/domain/audit/audit.ts';
import { notFound } from '../../shared/domain/refusal.ts';
import type { RegistryReader } from '../../shared/domain/registry/book.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { vietnamDay } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { changeRecord, tagOf } from '../../shared/usecases/change-registry.ts';
import { originOf } from '../../shared/usecases/register.ts';
import { presentProposal } from './audit-answers.ts';
import { changing, dependencies } from './dependencies.ts';
import { beneficiaryName } from './kinds.ts';

const registry: RegistryReader = dependencies.registry;

const tagged = (record: unknown) => ({ etag: `"${tagOf(record)}"` });

function found<T>(record: T | undefined): { status: number; body: T; headers: { etag: string } } {
  if (!record) throw notFound();
  return { status: 200, body: record, headers: tagged(record) };
}

type Call = { body: Record<string, unknown>; caller: Caller; idempotencyKey: string; ifMatch: string | undefined };

/** Changes a record, or proposes to: 200 with the record as it is now, 202 with the proposal. `T`: the record's shape. */
async function changed<T>(subject: ActSubject, path: string, { body, caller, idempotencyKey, ifMatch }: Call) {
  const origin = originOf(caller, idempotencyKey, path, body);
  const answer = await changeRecord({ subject, body, ifMatch, caller, idempotencyKey, origin }, changing);
  if (answer.kind === 'proposed') {
    const proposal: z.input<typeof ProposalBody> = presentProposal(answer.proposal);
    return { status: 202, body: proposal, replayed: answer.replayed };
  }
  if (!answer.replayed) log.info('record changed', { what: subject.kind, id: subject.id });
  return { status: 200, body: answer.record as T, replayed: answer.replayed, headers: tagged(answer.record) };
}

type Shown<E extends { answers: { 200: z.ZodType } }> = z.input<E['answers'][200]>;

export const recordAnswers = [
  answering(api.getAgency, async ({ params }) => found(await registry.agency(params.code))),
  answering(api.getClient, async ({ params }) => found(await registry.client(params.id))),
  answering(api.getMerchantAccount, async ({ params }) => found(await registry.merchantAccount(params.id))),

  answering(api.putAgency, async ({ params: { code }, ...call }) =>
    changed<Shown<typeof api.putAgency>>({ kind: 'agencies', id: code }, `agencies/${code}`, call),
  ),
  answering(api.putClient, async ({ params: { id }, ...call }) =>
    changed<Shown<typeof api.putClient>>({ kind: 'clients', id }, `clients/${id}`, call),
  ),
  answering(api.putClientDialect, async ({ params: { id }, ...call }) =>
    changed<Shown<typeof api.putClientDialect>>({ kind: 'dialects', id }, `clients/${id}/dialects/dvcqg`, call),
  ),
  answering(api.putMerchantAccount, async ({ params: { id }, ...call }) =>
    changed<Shown<typeof api.putMerchantAccount>>({ kind: 'merchant-accounts', id }, `merchant-accounts/${id}`, call),
  ),

  answering(api.getBeneficiary, async ({ params: { code, beneficiary }, query: { on } }) =>
    found(await dependencies.beneficiaries.at(code, beneficiary, on ?? vietnamDay(dependencies.now()))),
  ),
  answering(api.putBeneficiary, async ({ params: { code, beneficiary, effectiveFrom }, ...call }) => {
    const id = beneficiaryName(code, beneficiary, effectiveFrom);
    return changed<Shown<typeof api.putBeneficiary>>({ kind: 'beneficiaries', id }, `beneficiaries/${id}`, call);
  }),
];
