/** What `read` gives, read when it is first asked for: few calls of a function need it, and every start would pay. */
export function onFirstCall<T>(read: () => T): () => T {
  let kept: { value: T } | undefined;
  return () => {
    kept ??= { value: read() };
    return kept.value;
  };
}
