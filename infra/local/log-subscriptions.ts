import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import type { InvokeLater } from './asynchronous.ts';
import type { DataDirectory } from './data-directory.ts';
import { reasonOf, UnsupportedTemplate } from './failures.ts';
import type { FunctionPool } from './functions.ts';
import { LOCAL_ACCOUNT } from './intrinsics.ts';
import type { Limits } from './limits.ts';
import type { Poller } from './queue-poller.ts';
import type { Declared, System } from './system.ts';

/** Bytes of a log that are read at once. What CloudWatch Logs hands over is at most 1 MB, packed. */
const READ_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/** The one form of pattern that is known here: lines of JSON in which a member begins with a text. */
const PATTERN = /^\{ \$\.([A-Za-z][A-Za-z0-9_]*) = "([^"*\\]*)\*" \}$/;

/** How far a log has been handed over, in bytes. */
const Checkpoint = z.strictObject({ done: z.int().min(0) });

/** A subscription and the function in whose log it is. Throws {@link UnsupportedTemplate} where there is none. */
export function subscribed(filter: Declared<'AWS::Logs::SubscriptionFilter'>, system: System) {
  const { LogGroupName, DestinationArn, FilterPattern } = filter.properties;
  const place = `${filter.stack}/${filter.logicalId}`;
  const functions = system.all('AWS::Lambda::Function');
  const source = functions.find(({ properties }) => properties.LoggingConfig?.LogGroup === LogGroupName);
  const target = functions.find(({ attributes }) => attributes['Arn'] === DestinationArn);
  if (!source || !target)
    throw new UnsupportedTemplate([`${place}: it joins no log of a function of the template with a function of it`]);
  const [, member, beginning] = PATTERN.exec(FilterPattern) ?? [];
  if (member === undefined || beginning === undefined)
    throw new UnsupportedTemplate([`${place}: the pattern ${FilterPattern} is not known here`]);
  return { filter, source, target, member, beginning };
}

/**
 * Hands lines of a function's log to another function, as CloudWatch Logs does: those that fit the pattern, in batches,
 * asynchronously. How far it is stands on disk, so that no line is lost when the stack ends; one may come twice.
 */
export function startLogSubscription(
  subscription: ReturnType<typeof subscribed>,
  options: {
    source: FunctionPool;
    invoke: InvokeLater;
    data: DataDirectory;
    limits: Limits;
    log(line: string): void;
  },
): Poller {
  const { filter, member, beginning } = subscription;
  const { source, invoke, data, limits, log } = options;
  const file = `subscriptions/${filter.stack}-${filter.logicalId}.json`;
  const stopping = new AbortController();
  const kept = data.read(file);
  let done = kept === undefined ? 0 : Checkpoint.parse(JSON.parse(kept)).done;

  const fits = (line: string): boolean => {
    // Most lines are about other things: they are not read.
    if (!line.startsWith('{') || !line.includes(`"${member}"`)) return false;
    try {
      const value = (JSON.parse(line) as Record<string, unknown>)[member];
      return typeof value === 'string' && value.startsWith(beginning);
    } catch {
      return false;
    }
  };

  /** Hands over the next whole lines. False when there are none. */
  async function next(): Promise<boolean> {
    const bytes = readFrom(source.logFile, done);
    const whole = bytes.lastIndexOf(LINE_FEED) + 1;
    if (whole === 0) return false;
    const lines = bytes.subarray(0, whole).toString().split('\n').filter(fits);
    if (lines.length > 0) await invoke(batchOf(lines));
    // What failed for good lies among the dead letters; what was broken off by the end of the stack comes again.
    if (stopping.signal.aborted) return false;
    done += whole;
    data.write(file, JSON.stringify({ done }));
    return true;
  }

  function batchOf(lines: readonly string[]): object {
    const content = {
      messageType: 'DATA_MESSAGE',
      owner: LOCAL_ACCOUNT,
      logGroup: filter.properties.LogGroupName,
      logStream: 'local',
      subscriptionFilters: [filter.name],
      logEvents: lines.map((message) => ({ id: randomUUID(), timestamp: Date.now(), message })),
    };
    return { awslogs: { data: gzipSync(JSON.stringify(content)).toString('base64') } };
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (await next()) continue;
      } catch (error) {
        log(`log of ${source.definition.shortName}: ${reasonOf(error)}`);
      }
      await delay(limits.logIdleMilliseconds, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const following = follow();
  return {
    async stop() {
      stopping.abort();
      await following;
    },
  };
}

/** Bytes of a file from a place on; none where there is no file yet. */
function readFrom(file: string, from: number): Buffer {
  if (!existsSync(file)) return Buffer.alloc(0);
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(READ_BYTES, size - from)));
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, from));
  } finally {
    closeSync(handle);
  }
}
