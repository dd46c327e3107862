/** Deeper than any message that we know; whoever walks over the parsed value may then do it by recursion. */
const MAX_DEPTH = 32;

/** Raised for text that is no JSON object, that is too deep, or one in which a member stands twice: which of the two counts, nobody can say. */
export class UnreadableMembers extends Error {
  readonly why: 'notAnObject' | 'tooDeep' | 'duplicate';
  constructor(why: UnreadableMembers['why']) {
    super(why);
    this.name = 'UnreadableMembers';
    this.why = why;
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The members of the JSON object in `text`, each as the raw text of its value: `1e5` stays `1e5` and `135000.0` stays what
 * it is, where `JSON.parse` would make both look like whole amounts. Linear in the length; no recursion of its own.
 * Throws {@link UnreadableMembers}, also when a member stands twice at any depth, however its name is escaped, and beyond {@link MAX_DEPTH}.
 */
export function rawMembers(text: string): ReadonlyMap<string, string> {
  if (!isObject(parsed(text))) throw new UnreadableMembers('notAnObject');

  const members = new Map<string, string>();
  /** Names seen in each open object; `undefined` stands for an open array. */
  const open: (Set<string> | undefined)[] = [];
  let name: string | undefined;
  let valueStart = 0;
  const endValue = (end: number) => {
    if (open.length === 1 && name !== undefined) members.set(name, text.slice(valueStart, end).trim());
  };

  // The text is valid JSON (it was parsed above), so only strings, brackets, colons and commas need telling apart.
  for (let at = 0; at < text.length; at++) {
    if (open.length > MAX_DEPTH) throw new UnreadableMembers('tooDeep');
    switch (text[at]) {
      case '{':
        open.push(new Set());
        break;
      case '[':
        open.push(undefined);
        break;
      case '"': {
        const end = endOfString(text, at);
        const names = open.at(-1);
        const colon = names ? afterSpace(text, end) : -1;
        if (names && text[colon] === ':') {
          const found = JSON.parse(text.slice(at, end)) as string;
          if (names.has(found)) throw new UnreadableMembers('duplicate');
          names.add(found);
          if (open.length === 1) {
            name = found;
            valueStart = colon + 1;
          }
        }
        at = end - 1;
        break;
      }
      case ',':
        endValue(at);
        break;
      case '}':
        endValue(at);
        open.pop();
        break;
      case ']':
        open.pop();
        break;
      default:
    }
  }
  return members;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Position of the first character from `start` on that is no JSON white space. */
function afterSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return at;
}
