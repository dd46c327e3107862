import type { ProviderRequest, ProviderResponse } from './provider.ts';

/**
 * Nobody answered in time, or nothing that may be read. Whether the provider heard us is not known: nothing failed, and
 * nothing was done either. `code` is the system's error code, never an address or a text of the other side.
 */
export type Unreachable = {
  kind: 'unreachable';
  why: 'addressRefused' | 'unreachable' | 'timeout' | 'oversize';
  code?: string;
};

export type CallOutcome = { kind: 'answered'; response: ProviderResponse } | Unreachable;

/**
 * Port: makes one call at a provider, once. Never throws, never follows a redirect, never tries again. `patience`: how long
 * its answer is waited for where the provider wants more than is usual, in milliseconds.
 */
export interface ProviderCaller {
  call(request: ProviderRequest, patience?: number): Promise<CallOutcome>;
}

/** Answers that come from what stands before a provider, or from one that has no time: they say nothing about a payment. */
export const isNoAnswer = (outcome: CallOutcome): boolean =>
  outcome.kind === 'unreachable' || outcome.response.status >= 500 || outcome.response.status === 429;
