/** The call behind a change: kept with the record, so that repeating it changes nothing and misusing it is noticed. */
export type ChangeOrigin = { keyHash: string; bodyHash: string };

/**
 * Calls that a record remembers. One that comes again after this many others have changed the record is taken for a new
 * one; it would have to be that late.
 */
export const KEPT_ORIGINS = 20;

/**
 * What a call is to a record, by the calls that have changed it, newest first. `latest`: it made what stands there now;
 * `earlier`: others came after it; `reused`: its key was used for other words.
 */
export function recognise(
  kept: readonly ChangeOrigin[],
  { keyHash, bodyHash }: ChangeOrigin,
): 'new' | 'latest' | 'earlier' | 'reused' {
  const place = kept.findIndex((one) => one.keyHash === keyHash);
  if (place < 0) return 'new';
  if (kept[place]?.bodyHash !== bodyHash) return 'reused';
  return place === 0 ? 'latest' : 'earlier';
}

/** The calls that a record remembers once this one has changed it. */
export const remember = (kept: readonly ChangeOrigin[], origin: ChangeOrigin): ChangeOrigin[] =>
  [origin, ...kept].slice(0, KEPT_ORIGINS);
