import { writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { print } from '../../shared/runtime/print.ts';

const NOW = Date.parse('2026-11-27T08:00:00.000Z');

vi.mock('node:fs', async (original) => ({ ...(await original<typeof import('node:fs')>()), writeSync: vi.fn() }));
const write = vi.mocked(writeSync);
beforeEach(() => {
  write.mockReset().mockImplementation((_, bytes) => bytes.length);
});

/** The lines that work writes to a stream. */
function written(stream: 'stdout' | 'stderr', work: () => void): unknown[] {
  work();
  const lines = write.mock.calls.flatMap(([to, text]) => (to === (stream === 'stdout' ? 1 : 2) ? [String(text)] : []));
  write.mockClear();
  for (const line of lines) expect(line.endsWith('\n') && !line.slice(0, -1).includes('\n')).toBe(true);
  return lines.map((line) => JSON.parse(line));
}

describe('what a function writes', () => {
  beforeEach(() => {
    vi.stubEnv('LOG_LEVEL', undefined);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it('is a line of JSON, with its level first, and what JSON has no word for as text', () => {
    vi.useFakeTimers({ now: NOW });
    const line = {
      time: '2026-11-27T08:00:00.000Z',
      message: 'a\nb',
      invoice: '480213567890',
      large: '9007199254740993',
    };
    const fields = { invoice: '480213567890', absent: undefined, large: 9_007_199_254_740_993n };
    expect(written('stdout', () => log.info('a\nb', fields))).toEqual([{ level: 'INFO', ...line }]);
    expect(written('stderr', () => log.warn('a\nb', fields))).toEqual([{ level: 'WARN', ...line }]);
    expect(written('stderr', () => log.error('a\nb', fields))).toEqual([{ level: 'ERROR', ...line }]);
  });

  it.each([
    ['WARN', 0, 2],
    ['ERROR', 0, 1],
    ['SILENT', 0, 0],
  ])('begins at the level that is asked for: %s', (level, out, error) => {
    vi.stubEnv('LOG_LEVEL', level);
    const all = () => {
      for (const line of [log.info, log.warn, log.error]) line('said', {});
    };
    expect(written('stdout', all)).toHaveLength(out);
    expect(written('stderr', all)).toHaveLength(error);
  });

  it.each([
    ['nothing', () => Object.assign(new Error('try again'), { code: 'EAGAIN' }), 0],
    ['a part', () => undefined, 2],
  ])('arrives whole where a full pipe takes %s of it', (_, error, taken) => {
    const rest = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    write.mockImplementation(() => {
      const thrown = error();
      if (thrown) throw thrown;
      return taken;
    });
    print('stdout', 'tiếng Việt');
    expect(String(rest.mock.calls[0]?.[0])).toBe('tiếng Việt\n'.slice(taken));
    rest.mockRestore();
  });

  it('stands behind what still waits for the reader of a full pipe', () => {
    const there: string[] = [];
    const rest = vi.spyOn(process.stdout, 'write').mockImplementation((bytes) => there.push(String(bytes)) > 0);
    const waiting = vi.spyOn(process.stdout, 'writableLength', 'get').mockReturnValue(0);
    write.mockReturnValueOnce(2);
    print('stdout', 'first');
    waiting.mockReturnValue(1);
    print('stdout', 'second');
    waiting.mockReturnValue(0);
    print('stdout', 'third');
    expect(there).toEqual(['rst\n', 'second\n']);
    expect(write.mock.calls.map(([, bytes]) => String(bytes))).toEqual(['first\n', 'third\n']);
    rest.mockRestore();
    waiting.mockRestore();
  });

  it('is a metric as CloudWatch reads it from a line', () => {
    vi.useFakeTimers({ now: NOW });
    vi.stubEnv('SERVICE_NAME', 'post-payment');
    expect(written('stdout', () => count('MovementPosted', { kind: 'payment' }, 3))).toEqual([
      {
        _aws: {
          Timestamp: NOW,
          CloudWatchMetrics: [
            {
              Namespace: 'Thuphi',
              Dimensions: [['service', 'kind']],
              Metrics: [{ Name: 'MovementPosted', Unit: 'Count' }],
            },
          ],
        },
        service: 'post-payment',
        kind: 'payment',
        MovementPosted: 3,
      },
    ]);
  });
});
