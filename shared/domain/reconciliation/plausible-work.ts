import type { Exception, ExceptionState, Proposal } from './exception.ts';

/** What each state says of the proposal that stands with it. A state that nobody's act leads to needs none. */
const wants: Readonly<Record<ExceptionState, 'perhapsDecided' | 'open' | 'decided' | 'posted'>> = {
  // Of a difference that was rejected or undone the last decision stays.
  OPEN: 'perhapsDecided',
  ASSIGNED: 'perhapsDecided',
  AUTO_CLEARED: 'perhapsDecided',
  PROPOSED: 'open',
  APPROVED: 'posted',
  POSTED: 'posted',
  REJECTED: 'decided',
};

/** Why a work item cannot be what this service left, by its own words alone, or `undefined`. */
export function implausibleWork({
  state,
  proposal,
  version,
  owner,
  comments,
  calls,
  book,
}: Exception): string | undefined {
  if (version === undefined)
    return (state === 'OPEN' || state === 'AUTO_CLEARED') && !proposal && !owner && !comments && !calls
      ? undefined
      : 'nobody has worked on it, and it says that somebody has';
  if (!calls || calls.length === 0) return 'it remembers no call that changed it';
  if (state === 'ASSIGNED' && owner === undefined) return 'it is assigned to nobody';
  const wanted = wants[state];
  if (!proposal) return wanted === 'perhapsDecided' ? undefined : 'nobody proposed how to settle it';
  if (wanted === 'open') return proposal.decidedBy === undefined ? undefined : 'what is proposed is decided already';
  if (proposal.decidedBy === undefined || proposal.decidedAt === undefined) return 'nobody decided what was proposed';
  if (wanted !== 'posted') return undefined;
  if (proposal.decidedBy === proposal.by) return 'one person proposed and approved it';
  if (proposal.approvedAs === undefined || proposal.approvedAs > version) return 'it was approved at no version of it';
  if (state === 'POSTED' && proposal.undoes) return 'what was taken back is posted';
  return proposal.resolution.kind !== 'close' && !proposal.undoes && book === undefined
    ? 'it is settled by items of no account'
    : undefined;
}

/** The acts that a work item rests on: who, and when. What was taken back rests on its own. */
export function actsOf({ proposal, comments = [] }: Exception): { by: string; at: number }[] {
  return [...comments, ...[proposal, proposal?.undoes].flatMap((one) => (one ? actsOfProposal(one) : []))];
}

const actsOfProposal = ({ by, at, decidedBy, decidedAt }: Pick<Proposal, 'by' | 'at' | 'decidedBy' | 'decidedAt'>) => [
  { by, at },
  ...(decidedBy !== undefined && decidedAt !== undefined ? [{ by: decidedBy, at: decidedAt }] : []),
];

/** What a work item was opened with, and nothing changes. */
const OPENED_WITH = [
  ...([
    'exceptionId',
    'category',
    'source',
    'agencyCode',
    'providerId',
    'transactionId',
    'businessDate',
    'openedAt',
  ] as const),
  ...([
    'direction',
    'ours',
    'theirs',
    'invoiceId',
    'paymentReference',
    'statementId',
    'merchantAccountId',
    'book',
    'items',
  ] as const),
];
export type OpenedWith = (typeof OPENED_WITH)[number];

/** A work item as it was opened. */
export const openedWith = (exception: Exception): Pick<Exception, OpenedWith> =>
  Object.fromEntries(OPENED_WITH.map((name) => [name, exception[name]])) as Pick<Exception, OpenedWith>;

/** The first thing in which a work item is not what it was opened with. `free`: what its cause does not tell. */
export const differsIn = (
  there: Exception,
  expected: Exception,
  free: readonly OpenedWith[] = [],
): OpenedWith | undefined =>
  OPENED_WITH.find((name) => !free.includes(name) && JSON.stringify(there[name]) !== JSON.stringify(expected[name]));
