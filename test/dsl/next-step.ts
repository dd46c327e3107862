/** Where a citizen is sent. Throws for a step that is no page. */
export function pageOf(next: { kind: string; url?: string }): string {
  if (next.kind !== 'redirect' || next.url === undefined) throw new Error(`no page but ${next.kind}`);
  return next.url;
}
