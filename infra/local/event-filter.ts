/**
 * Event filtering of Lambda's event source mappings (Lambda developer guide, "Control which events Lambda sends to your
 * function"). A pattern names fields; each field has a list, of which one element must fit. An element is a value, or
 * one operator: `prefix`, `suffix`, `exists`, `anything-but`, `numeric`, `equals-ignore-case`.
 */
export type EventFilter = (event: unknown) => boolean;

class UnknownPattern extends Error {}

type Pattern = { [field: string]: Pattern | readonly unknown[] };

/**
 * True for an event that any of the patterns lets through; without patterns, for every event. Throws when a pattern is
 * malformed or has an operator that is not known here.
 */
export function eventFilter(patterns: readonly string[]): EventFilter {
  if (patterns.length === 0) return () => true;
  const filters = patterns.map((text) => compile(JSON.parse(text) as Pattern, text));
  return (event) => filters.some((filter) => filter(event));
}

/** The pattern looks into the body of a message as JSON, rather than at its text. */
export function looksIntoBody(patterns: readonly string[]): boolean {
  return patterns.some((text) => {
    const { body } = JSON.parse(text) as { body?: unknown };
    return typeof body === 'object' && body !== null && !Array.isArray(body);
  });
}

function compile(pattern: Pattern, text: string): EventFilter {
  const parts = Object.entries(pattern).map(([field, wanted]): EventFilter => {
    if (field === '$or') {
      const branches = (wanted as unknown as readonly Pattern[]).map((branch) => compile(branch, text));
      return (event) => branches.some((branch) => branch(event));
    }
    if (!Array.isArray(wanted)) {
      const inner = compile(wanted as Pattern, text);
      return (event) => inner(fieldOf(event, field));
    }
    const elements = wanted.map((element) => compileElement(element, text));
    return (event) => elements.some((element) => element(fieldOf(event, field)));
  });
  return (event) => parts.every((part) => part(event));
}

function fieldOf(event: unknown, field: string): unknown {
  if (typeof event !== 'object' || event === null || !Object.hasOwn(event, field)) return undefined;
  return (event as Record<string, unknown>)[field];
}

function compileElement(element: unknown, text: string): EventFilter {
  if (typeof element !== 'object' || element === null) return (value) => value === element;
  const entries = Object.entries(element);
  const [operator, operand] = entries[0] ?? [];
  if (entries.length !== 1) throw new UnknownPattern(`one operator at a time: ${text}`);
  const onText = (test: (value: string) => boolean): EventFilter => {
    return (value) => typeof value === 'string' && test(value);
  };
  switch (operator) {
    case 'prefix':
      return onText((value) => value.startsWith(String(operand)));
    case 'suffix':
      return onText((value) => value.endsWith(String(operand)));
    case 'equals-ignore-case':
      return onText((value) => value.toLowerCase() === String(operand).toLowerCase());
    case 'exists':
      return (value) => (value !== undefined && (typeof value !== 'object' || value === null)) === operand;
    case 'anything-but': {
      const refused = [operand].flat().map((one) => compileElement(one, text));
      return (value) => value !== undefined && !refused.some((one) => one(value));
    }
    case 'numeric':
      return numeric(operand as readonly unknown[], text);
    default:
      throw new UnknownPattern(`operator ${operator} of an event filter is not known here: ${text}`);
  }
}

function numeric(operand: readonly unknown[], text: string): EventFilter {
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const limit = Number(operand[at + 1]);
    switch (operand[at]) {
      case '=':
        tests.push((value) => value === limit);
        break;
      case '<':
        tests.push((value) => value < limit);
        break;
      case '<=':
        tests.push((value) => value <= limit);
        break;
      case '>':
        tests.push((value) => value > limit);
        break;
      case '>=':
        tests.push((value) => value >= limit);
        break;
      default:
        throw new UnknownPattern(`comparison ${String(operand[at])} of an event filter is not known here: ${text}`);
    }
  }
  return (value) => {
    // Numbers of DynamoDB travel as text.
    const number = typeof value === 'string' && value !== '' ? Number(value) : value;
    return typeof number === 'number' && !Number.isNaN(number) && tests.every((test) => test(number));
  };
}
