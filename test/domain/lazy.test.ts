import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { lazy } from '../../shared/domain/lazy.ts';

/** Counts how often it is made. */
function counting<S extends z.ZodType>(make: () => S) {
  const count = { made: 0 };
  const schema = lazy(() => {
    count.made += 1;
    return make();
  });
  return { schema, count };
}

const Person = () => z.strictObject({ name: z.string().min(1), born: z.iso.date().optional() });

describe('a schema that is made when it is first used', () => {
  it('is not made while others are made of it', () => {
    const { schema, count } = counting(Person);
    const List = lazy(() => z.array(schema));
    expect(count.made).toBe(0);
    expect(List.safeParse('none').success).toBe(false);
    expect(List.parse([{ name: 'Mẫu' }, { name: 'Mẫu' }])).toHaveLength(2);
    expect(count.made).toBe(1);
  });

  it.each([
    ['read by', (schema: z.ZodType) => schema.safeParse(1)],
    ['asked for a member', (schema: z.ZodType) => 'shape' in schema],
    ['asked for its class', (schema: z.ZodType) => schema instanceof z.ZodObject],
    ['made optional', (schema: z.ZodType) => schema.optional()],
  ])('is made once when it is %s', (_, use) => {
    const { schema, count } = counting(Person);
    use(schema);
    use(schema);
    expect(count.made).toBe(1);
  });

  it('is the schema then, of the same class, with nothing between', () => {
    const { schema } = counting(Person);
    expect(schema.parse({ name: 'Mẫu' })).toEqual({ name: 'Mẫu' });
    expect(schema).toBeInstanceOf(z.ZodObject);
    expect(Object.getPrototypeOf(schema)).toBe(Object.getPrototypeOf(Person()));
    expect(Object.keys(schema.extend({ age: z.int() }).pick({ age: true, name: true }).shape)).toEqual(['age', 'name']);
  });

  it('refuses what the schema refuses, in its words', () => {
    const { schema } = counting(Person);
    const bad = { name: '', born: 'yesterday', more: 1 };
    expect(schema.safeParse(bad).error?.issues).toEqual(Person().safeParse(bad).error?.issues);
  });

  it.each([
    ['text', () => z.string().regex(/^[a-z]+$/)],
    ['number', () => z.int().min(1).brand<'Dong'>()],
    ['list of words', () => z.enum(['a', 'b'])],
    ['union', () => z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })])],
    ['change of what is read', () => z.string().transform(Number).pipe(z.int())],
    ['default', () => z.string().default('a')],
    ['condition', () => Person().refine(({ born }) => born !== undefined, { error: 'no birthday' })],
    ['record', () => z.record(z.string(), z.int())],
  ] as [string, () => z.ZodType][])('reads as a %s does', (_, make) => {
    const values = ['a', 'ab1', 1, 0, undefined, { k: 'b' }, { k: 'c' }, { name: 'Mẫu' }, { a: 1 }, '12'];
    const plain = z.object({ value: make() });
    const late = z.object({ value: lazy(make) });
    for (const value of values) expect(late.safeParse({ value })).toEqual(plain.safeParse({ value }));
  });

  it('says of itself what was written about it', () => {
    const Day = lazy(() =>
      z.iso
        .date()
        .meta({ examples: ['2026-11-27'] })
        .min(10),
    );
    const inside = lazy(() => z.object({ day: Day, list: z.array(Day).optional() }));
    expect(z.toJSONSchema(inside)).toEqual(
      z.toJSONSchema(
        z.object({
          day: z.iso
            .date()
            .meta({ examples: ['2026-11-27'] })
            .min(10),
          list: z
            .array(
              z.iso
                .date()
                .meta({ examples: ['2026-11-27'] })
                .min(10),
            )
            .optional(),
        }),
      ),
    );
  });

  it.each([
    ['default', () => z.string().default('a')],
    ['optional', () => z.int().optional()],
    ['change of what is read', () => z.string().transform(Number).pipe(z.int())],
  ] as [string, () => z.ZodType][])('is described as a %s is, where it is a member', (_, make) => {
    const described = (schema: z.ZodType) => z.toJSONSchema(z.object({ member: schema }), { io: 'input' });
    expect(described(lazy(make))).toEqual(described(make()));
  });

  it('tells again what went wrong in making it', () => {
    const schema = lazy<z.ZodString>(() => {
      throw new Error('no such schema');
    });
    expect(() => schema.parse('a')).toThrow('no such schema');
    expect(() => schema.parse('a')).toThrow('no such schema');
  });
});
