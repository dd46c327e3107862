import { type OpenApi, resolve, type Schema } from './openapi.ts';

const MAX_DEPTH = 8;

const byFormat: Readonly<Record<string, string>> = {
  'date-time': '2026-11-22T09:14:03+07:00',
  date: '2026-11-22',
  uri: 'https://portal.example/back',
};

/** A value that shows what a schema means: its own example if it has one, else the simplest that fits its type. */
export function exampleOf(document: OpenApi, schema: Schema, name = 'value', depth = 0): unknown {
  const here: Schema = resolve(document, schema);
  const given = here.examples?.[0] ?? here.default ?? here.const ?? here.enum?.[0];
  if (given !== undefined) return given;
  if (depth > MAX_DEPTH) return null;
  const choice = here.anyOf?.[0] ?? here.oneOf?.[0];
  if (choice) return exampleOf(document, choice, name, depth + 1);
  if (here.allOf) return Object.assign({}, ...here.allOf.map((part) => exampleOf(document, part, name, depth + 1)));

  switch (typeof here.type === 'string' ? here.type : here.type?.[0]) {
    case 'object':
      return exampleObject(document, here, depth);
    case 'array':
      return here.items ? [exampleOf(document, here.items, name, depth + 1)] : [];
    case 'integer':
    case 'number':
      return Math.max(here.minimum ?? 1, 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return byFormat[here.format ?? ''] ?? `<${name}>`;
  }
}

/** The members that must be there; of an object that needs none, all of them. */
function exampleObject(document: OpenApi, { properties = {}, required = [] }: Schema, depth: number): object {
  const names = required.length > 0 ? required : Object.keys(properties);
  const members = names.flatMap((name) => {
    const member = properties[name];
    return member ? [[name, exampleOf(document, member, name, depth + 1)] as const] : [];
  });
  return Object.fromEntries(members);
}
