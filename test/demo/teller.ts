import { styleText } from 'node:util';

/** What the demo says: chapters, lines with the seconds since its start, checks, tables. */

const SECONDS_WIDTH = 7;

export type Check = { name: string; ok: boolean };

export class Teller {
  readonly checks: Check[] = [];
  readonly #began = performance.now();
  #chapter = 0;

  get seconds(): number {
    return (performance.now() - this.#began) / 1_000;
  }

  plain(text = ''): void {
    console.log(text);
  }

  /** A hop of the story, with a sentence for who has never heard of the service. */
  chapter(title: string, explanation: string): void {
    this.#chapter += 1;
    console.log(`\n${bold(`${this.#chapter}. ${title}`)}`);
    console.log(dim(wrap(explanation)));
  }

  say(text: string): void {
    const [first = '', ...more] = text.split('\n');
    console.log(`${dim(`${this.seconds.toFixed(1).padStart(SECONDS_WIDTH - 2)} s`)}  ${first}`);
    for (const line of more) console.log(`${' '.repeat(SECONDS_WIDTH)}  ${line}`);
  }

  /** Something that must hold; whatever does not makes the demo fail at its end. */
  check(name: string, ok: boolean, found?: unknown): void {
    this.checks.push({ name, ok });
    this.say(`${ok ? good('✔') : bad('✘')} ${name}`);
    if (!ok && found !== undefined) this.say(bad(`  found: ${JSON.stringify(found)}`));
  }

  /** Columns as wide as they need; numbers to the right. */
  table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
    const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? dong(cell) : cell)));
    const widths = header.map((title, column) =>
      Math.max(title.length, ...cells.map((row) => (row[column] ?? '').length)),
    );
    const line = (row: readonly string[], like?: readonly (string | number)[]) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return typeof like?.[column] === 'number' ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ');
    const indent = ' '.repeat(SECONDS_WIDTH + 2);
    console.log(indent + bold(line(header, rows[0])));
    for (const [index, row] of cells.entries()) console.log(indent + line(row, rows[index]));
  }
}

/** `135,000`. */
export const dong = (amount: number): string => amount.toLocaleString('en-US');

const bold = (text: string) => styleText('bold', text);
const dim = (text: string) => styleText('dim', text);
const good = (text: string) => styleText('green', text);
const bad = (text: string) => styleText('red', text);

const LINE_WIDTH = 100;

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (`${lines[last]} ${word}`.length > LINE_WIDTH) lines.push(word);
    else lines[last] = lines[last] === '' ? word : `${lines[last]} ${word}`;
  }
  return lines.map((line) => `   ${line}`).join('\n');
}
