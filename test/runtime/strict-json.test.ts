import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writtenText } from '../../shared/api/common.ts';
import { MalformedJson, readStrictJson } from '../../shared/runtime/strict-json.ts';

const read = (text: string | Uint8Array): unknown =>
  readStrictJson(typeof text === 'string' ? Buffer.from(text) : text);

function refused(text: string | Uint8Array): { message: string; pointer: string } {
  try {
    read(text);
  } catch (error) {
    if (error instanceof MalformedJson) return { message: error.message, pointer: error.pointer };
    throw error;
  }
  throw new Error('it was read');
}

describe('JSON of callers', () => {
  it.each([
    ['{}', {}],
    ['[]', []],
    [' \t\r\n{ "a" : [ 1 , true , null , "x" ] } \n', { a: [1, true, null, 'x'] }],
    ['"\\u0041\\n\\/\\"\\\\"', 'A\n/"\\'],
    ['0', 0],
    ['-1', -1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
    ['"Nguyễn 🇻🇳"', 'Nguyễn 🇻🇳'],
    ['{"":{"":[]}}', { '': { '': [] } }],
  ])('%s is read', (text, value) => expect(read(text)).toEqual(value));

  it('is read as JSON.parse reads it, for every value of the kinds that are allowed', () => {
    const { value } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
      leaf: fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.maxSafeInteger().filter((number) => !Object.is(number, -0)),
        fc.boolean(),
        fc.constant(null),
      ),
      value: fc.oneof(
        { maxDepth: 6 },
        tie('leaf'),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(
          fc.string().filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name)),
          tie('value'),
          { maxKeys: 5 },
        ),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (one, indent) => {
        const text = JSON.stringify(one, null, indent);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('that JSON.parse refuses is refused, whatever it is', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      'null',
      ' ',
      '"',
      '\\',
      '0',
      'e1',
      '.',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        (text) => {
          let valid = true;
          try {
            JSON.parse(text);
          } catch {
            valid = false;
          }
          fc.pre(!valid);
          expect(refused(text).message).not.toBe('');
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a number', () => {
  it.each([
    '1e999',
    '1e3',
    '1E3',
    '-0',
    '0.1',
    '1.0',
    '9007199254740993',
    '-9007199254740993',
    '1'.repeat(400),
    '01',
    '+1',
    '.5',
    '1.',
    '0x10',
    '１０００',
    '٣',
    'NaN',
    'Infinity',
    '-',
    '1000 0',
    '1_000',
  ])('may not be %s (scenario 55)', (number) => {
    refused(number);
    expect(refused(`{"amount":${number}}`).pointer).toBe('/amount');
  });

  it('in a text stays a text: "1000 " is no number', () => expect(read('{"a":"1000 "}')).toEqual({ a: '1000 ' }));
});

describe('a member', () => {
  it.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__', 'c\\u006fnstructor'])(
    'may not be called %s, and prototypes stay clean (scenario 56)',
    (name) => {
      refused(`{"${name}":{"polluted":true}}`);
      refused(`{"a":[{"${name}":1}]}`);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );

  it.each(['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"\\u0061":1,"b":0,"a":2}', '{"é":1,"\\u00e9":2}'])(
    'may not stand twice, however it is written: %s (scenario 56)',
    (text) => expect(refused(text).message).toContain('twice'),
  );

  it('may stand again in another object', () =>
    expect(read('{"a":{"a":[{"a":1},{"a":2}]}}')).toEqual({ a: { a: [{ a: 1 }, { a: 2 }] } }));
});

describe('the place of what is wrong', () => {
  it.each([
    ['{"a":{"b":[0,0.5]}}', '/a/b/1'],
    ['{"a":1,"b":2,"a":3}', '/a'],
    ['{"a":[{},{"__proto__":1}]}', '/a/1/__proto__'],
    ['{"a/b":{"c~d":x}}', '/a~1b/c~0d'],
    ['[1,[2,x]]', '/1/1'],
    ['x', ''],
  ])('in %s is %j', (text, pointer) => expect(refused(text).pointer).toBe(pointer));

  it('never repeats a long name whole', () =>
    expect(refused(`{"${'n'.repeat(60_000)}":x}`).pointer.length).toBeLessThan(100));
});

describe('hostile text', () => {
  it.each(['"\\ud800"', '"a\\udc00b"', '"\\udc00\\ud800"', '{"\\ud800":1}', '["x","\\uD83C x"]'])(
    'with half of a surrogate pair is refused: %s (scenario 54)',
    (text) => expect(refused(text).message).toContain('surrogate'),
  );

  it.each(['[', '{"a":', '[{"a":['])('nested 100,000 deep in %s is refused at once (scenario 53)', (piece) =>
    expect(refused(piece.repeat(100_000)).message).toContain('nested'),
  );

  it('may be 16 deep, and no deeper', () => {
    expect(read(`${'['.repeat(16)}${']'.repeat(16)}`)).toBeDefined();
    refused(`${'['.repeat(17)}${']'.repeat(17)}`);
    refused(`${'['.repeat(16)}{}${']'.repeat(16)}`);
  });

  it.each([
    ['plain', 'x'.repeat(65_536)],
    ['of escapes', '\\n'.repeat(32_768)],
    ['of quotes', '\\"'.repeat(32_768)],
    ['of code points', '\\u1ea1'.repeat(10_922)],
  ])('may be a text of 64 KiB, %s, and is refused if it never ends (scenario 58)', (_, text) => {
    expect(read(`"${text}"`)).toBe(JSON.parse(`"${text}"`));
    refused(`"${text}`);
    refused(`{"${text}`);
    refused(`"${text}\\x"`);
  });

  it('may have very many members and elements', () => {
    const members = Array.from({ length: 5000 }, (_, index) => `"m${index}":${index}`);
    expect(Object.keys(read(`{${members.join()}}`) as object)).toHaveLength(5000);
    expect(read(`[${members.map((_, index) => index).join()}]`)).toHaveLength(5000);
    refused(`[${','.repeat(60_000)}]`);
    refused(' '.repeat(65_536));
  });

  it.each<[string, Uint8Array]>([
    ['a lone continuation byte', Buffer.from([0x22, 0x80, 0x22])],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['half a surrogate pair', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a cut sequence', Buffer.from([0x22, 0xe1, 0xba])],
    ['UTF-16', Buffer.from('"a"', 'utf16le')],
  ])('is refused for bytes that are no UTF-8: %s (scenario 54)', (_, bytes) =>
    expect(refused(bytes).message).not.toBe(''),
  );

  it.each([
    ['a byte order mark', '\ufeff{}'],
    ['NUL', '"a\u0000b"'],
    ['NUL behind the end', '{}\u0000'],
    ['a line break in a text', '"a\nb"'],
    ['a tab in a text', '"a\tb"'],
    ['a space that is none', '\u00a0{}'],
    ['text behind the end', '{} {}'],
    ['nothing', ''],
    ['a comma at the end', '[1,]'],
    ['a comma at the end of an object', '{"a":1,}'],
    ['a comma at the beginning', '[,1]'],
    ['no colon', '{"a" 1}'],
    ['no value', '{"a":}'],
    ['no name', '{1:1}'],
    ['a name without quotes', '{a:1}'],
    ['single quotes', "{'a':1}"],
    ['a wrong end', '[1}'],
    ['no end', '[1'],
    ['a comment', '{/**/}'],
    ['a wrong escape', '"\\x41"'],
    ['a cut escape', '"\\u12"'],
    ['a word that is none', 'nul'],
    ['a capital', 'True'],
  ])('is refused for %s (scenario 54)', (_, text) => expect(refused(text).message).not.toBe(''));

  it('is refused by the texts of our shapes where JSON itself allows it: NUL, directions, zero width (scenario 54)', () => {
    const Text = writtenText(100);
    for (const hostile of ['"a\\u0000"', '"\\u202eabc"', '"a\\u200bb"', '"\\ufeffa"'])
      expect(Text.safeParse(read(hostile)).success).toBe(false);
    expect(Text.safeParse(read('"\\ud83c\\uddfb"')).success).toBe(true);
    expect(Text.parse(read('"Nguye\\u0302\\u0303n"'))).toBe('Nguyễn');
  });
});
