/**
 * Every limit of the local platform, with the value that AWS documents for it. Tests shorten some, so that nobody waits.
 * Milliseconds and bytes.
 */
export const platformLimits = {
  /** HTTP API: an integration answers within 30 s, or the gateway says 503. */
  integrationMilliseconds: 30_000,
  /** HTTP API: request line and headers together. */
  requestHeadBytes: 10_240,
  /** HTTP API: 10 MB of body. */
  requestBodyBytes: 10_485_760,
  /** Lambda: 6 MB of event, and of answer, when somebody waits for it. */
  invocationBytes: 6_291_456,
  /** Lambda: an execution environment initialises within 10 s. */
  initMilliseconds: 10_000,
  /** Processes of one function that serve HTTP or schedules; a queue consumer may have its MaximumConcurrency. */
  processesPerFunction: 8,
  /** An invocation waits so long for a process that is there before a further one is started. Lambda does not wait. */
  patienceMilliseconds: 100,
  /** A process that had nothing to do for so long is ended; the next invocation starts one. */
  idleMilliseconds: 300_000,
  /** Invocations that wait for a process of one function; what comes beyond is throttled, and the gateway says 503. */
  waitingInvocations: 1_000,
  /** Seconds that one receive waits for a message. SQS allows 20. */
  longPollSeconds: 20,
  /** Batches of one queue in hand at once, where the template names no MaximumConcurrency. */
  queueConcurrency: 4,
  /** Gap between two reads of a stream that has nothing new. People wait for it, so it is short. */
  streamIdleMilliseconds: 50,
  /** Gap between two looks into a log that is subscribed to. CloudWatch Logs takes some seconds. */
  logIdleMilliseconds: 1_000,
  /** Gap between two looks for new shards. */
  shardDiscoveryMilliseconds: 5_000,
  /** Retries of a failed stream batch: the first gap; each next one is twice as long, up to the last. */
  streamRetryFirstMilliseconds: 200,
  streamRetryLastMilliseconds: 10_000,
  /** Lambda retries an asynchronous invocation after one minute, then after two. */
  asynchronousRetryMilliseconds: [60_000, 120_000] as readonly number[],
  /** Gap before an engine that is not reachable is asked again. */
  engineRetryMilliseconds: 200,
  /** An engine is ready within this time of its start. */
  engineStartMilliseconds: 10_000,
  /** What is in hand when the stack is stopped may take this long to finish. */
  stopMilliseconds: 2_000,
};
export type Limits = typeof platformLimits;
