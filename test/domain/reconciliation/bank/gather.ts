import type {
  BankEntry,
  BankReader,
  BankSink,
  BankVerdict,
  StatementFoot,
  StatementHead,
} from '../../../../shared/domain/reconciliation/bank/model.ts';

export type Gathered = { head: StatementHead; entries: BankEntry[]; foot: StatementFoot };

/** Everything that a reader tells of a file, with the verdict. `size`: bytes that arrive at once. */
export function gather(
  make: (sink: BankSink) => BankReader,
  bytes: Uint8Array,
  size = 4096,
): { verdict: BankVerdict; statements: Gathered[] } {
  const { sink, statements } = gatheringSink();
  const reader = make(sink);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return { verdict: reader.end(), statements };
}

export function gatheringSink(): { sink: BankSink; statements: Gathered[] } {
  const statements: Gathered[] = [];
  let head: StatementHead | undefined;
  let entries: BankEntry[] = [];
  const sink: BankSink = {
    begin: (told) => {
      head = { ...told };
      entries = [];
    },
    entry: (entry) => entries.push(entry),
    end: (foot) => {
      if (!head) throw new Error('an end without a beginning');
      statements.push({ head, entries, foot });
      head = undefined;
    },
  };
  return { sink, statements };
}
