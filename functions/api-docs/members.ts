import { escaped } from '../../shared/runtime/html.ts';
import { type OpenApi, resolve, type Schema } from './openapi.ts';

/** Deeper members are left to the document itself. */
const MAX_DEPTH = 7;
const MAX_WORDS = 12;

/** In what is sent, members that must be there are marked; in what comes back, those that may be absent. */
export type Direction = 'sent' | 'received';

const mark = (direction: Direction, required: boolean): string => {
  if (direction === 'sent') return required ? ' <span class="need">required</span>' : '';
  return required ? '' : ' <span class="rule">may be absent</span>';
};

/** A schema as a nested list of its members, or nothing where it has none. */
export function membersOf(document: OpenApi, schema: Schema, direction: Direction, depth = 0): string {
  if (depth > MAX_DEPTH) return '';
  const here: Schema = resolve(document, schema);
  const nested = (inner: Schema) => membersOf(document, inner, direction, depth + 1);

  if (here.properties) {
    const required = new Set(here.required);
    const rows = Object.entries(here.properties).map(([name, member]) => {
      return `<li><code class="name">${escaped(name)}</code> ${described(document, member)}${mark(direction, required.has(name))}${nested(member)}</li>`;
    });
    return rows.length === 0 ? '' : `<ul class="members">${rows.join('')}</ul>`;
  }
  if (here.items) return nested(here.items);
  if (typeof here.additionalProperties === 'object') return nested(here.additionalProperties);
  if (here.allOf) return here.allOf.map(nested).join('');
  const choices = (here.anyOf ?? here.oneOf ?? []).filter(
    (choice) => resolve<Schema>(document, choice).type !== 'null',
  );
  if (choices.length === 1 && choices[0]) return nested(choices[0]);
  const shown = choices.map((choice) => ({ choice, inner: nested(choice) }));
  if (!shown.some(({ inner }) => inner !== '')) return '';
  const rows = shown.map(
    ({ choice, inner }) => `<li><span class="rule">either</span> ${described(document, choice)}${inner}</li>`,
  );
  return `<ul class="members">${rows.join('')}</ul>`;
}

/** Type, rules and description of one schema, in a line. */
export function described(document: OpenApi, schema: Schema): string {
  const here: Schema = resolve(document, schema);
  const rules = rulesOf(here);
  const parts = [
    `<span class="soft">${escaped(typeOf(document, here))}</span>`,
    ...(rules.length > 0 ? [`<span class="rule">${rules.join(' · ')}</span>`] : []),
    ...(here.description ? [`<span>${escaped(here.description)}</span>`] : []),
  ];
  return parts.join(' ');
}

function typeOf(document: OpenApi, schema: Schema): string {
  const here: Schema = resolve(document, schema);
  if (here.const !== undefined) return JSON.stringify(here.const);
  if (here.enum)
    return here.enum.length > MAX_WORDS
      ? 'one of the values below'
      : here.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = here.anyOf ?? here.oneOf;
  if (choices) return [...new Set(choices.map((choice) => typeOf(document, choice)))].join(' | ');
  if (here.items) return `array of ${typeOf(document, here.items)}`;
  if (typeof here.additionalProperties === 'object') return `map of ${typeOf(document, here.additionalProperties)}`;
  if (typeof here.type === 'string') return here.format ? `${here.type} (${here.format})` : here.type;
  return here.type?.join(' | ') ?? 'any';
}

function rulesOf(schema: Schema): string[] {
  const { pattern, minimum, maximum, minLength, maxLength, minItems, maxItems, default: standard, examples } = schema;
  const bounded = (value: number | undefined) => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const span = (least: number | undefined, most: number | undefined, unit: string): string[] => {
    if (bounded(least) && bounded(most)) return [`${least} to ${most}${unit}`];
    if (bounded(least)) return [`at least ${least}${unit}`];
    return bounded(most) ? [`at most ${most}${unit}`] : [];
  };
  const long =
    schema.enum && schema.enum.length > MAX_WORDS
      ? schema.enum.map((value) => `<code>${escaped(String(value))}</code>`)
      : [];
  const example = examples?.[0];
  return [
    ...span(minimum, maximum, ''),
    ...span(minLength, maxLength, ' characters'),
    ...span(minItems, maxItems, ' items'),
    ...(pattern && !schema.format ? [`<code>${escaped(pattern)}</code>`] : []),
    ...(standard === undefined ? [] : [`default <code>${escaped(JSON.stringify(standard))}</code>`]),
    ...(example === undefined || typeof example === 'object'
      ? []
      : [`such as <code>${escaped(String(example))}</code>`]),
    ...long,
  ];
}
