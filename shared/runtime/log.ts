import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

/**
 * Every log line of the service, by name. No line holds a name, a number of a person, an address, a token, a signature or a
 * signed text; ids of invoices, movements and events are enough to find the rest.
 */
class LeanFormatter extends LogFormatter {
  /** The platform's own lines carry function, version and memory already: a line of ours is paid for by the byte. */
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    return new LogItem({
      attributes: {
        level: attributes.logLevel,
        time: this.formatTimestamp(attributes.timestamp),
        message: attributes.message,
      },
    }).addAttributes(additional);
  }
}

type Line = (message: string, fields: Record<string, unknown>) => void;

/** The log as a handler's logic sees it: whoever drives that elsewhere listens to it in place of {@link log}. */
export type Log = { info: Line; warn: Line; error: Line };

/** Made for the first line: a start that has nothing to say does not wait for it. */
let logger: Logger | undefined;
const lines = (): Logger => {
  logger ??= new Logger({ logFormatter: new LeanFormatter() });
  return logger;
};

/** INFO for what moved, WARN for what was refused or comes again, ERROR only for what should wake someone. */
export const log: Log = {
  info: (message, fields) => lines().info(message, fields),
  warn: (message, fields) => lines().warn(message, fields),
  error: (message, fields) => lines().error(message, fields),
};

const MAX_REASON = 300;
const MAX_FRAMES = 3;

/** What of an error may stand in a log: its class and message, which hold no personal data, and where it came from. */
export function describeError(error: unknown): { error: string; reason: string; frames?: string[] } {
  if (!(error instanceof Error)) return { error: 'unknown', reason: String(error).slice(0, MAX_REASON) };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return {
    error: error.name,
    reason: error.message.slice(0, MAX_REASON),
    frames: frames.slice(0, MAX_FRAMES).map((line) => line.trim().replace(/\(.*\/([^/]+\/[^/]+)\)$/, '($1)')),
  };
}
