import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buildApp } from 'fauxqs';
import { LOOPBACK } from './addresses.ts';
import { type Announcement, announcementBody, type Creation, isAnnounced } from './buckets.ts';

/**
 * The process that holds queues and buckets: fauxqs over one SQLite file. Arguments: data directory, port, region, and
 * `restarted` when this stack had one before.
 *
 * fauxqs is built from its parts and not by its `startFauxqs`, for what that does not give: it listens on every interface,
 * and four of its answers would lose or delay what was acknowledged. Each correction stands beside its reason.
 */
const [dataDirectory = '', portText = '', region = '', restarted] = process.argv.slice(2);

/** Longer than a client keeps an idle connection, so that the client closes it and no request meets a closing one. */
const KEEP_ALIVE_MILLISECONDS = 60_000;

type SqlStatement = { run(...values: unknown[]): unknown };
type StoredObject = { key: string; contentLength: number; etag: string; lastModified: Date };
type Message = { messageId: string };
type Persistence = {
  db: { prepare(sql: string): SqlStatement; exec(sql: string): void };
  load(queues: object, topics: object, buckets: object): void;
  transaction(work: () => void): void;
  upsertObject(bucket: string, object: StoredObject): void;
  completeMultipartUpload(uploadId: string, bucket: string, object: StoredObject): void;
  updateMessageReady(messageId: string): void;
  insertMessage(...message: unknown[]): void;
  deleteMessage(...message: unknown[]): void;
  updateMessageInflight(...message: unknown[]): void;
};
type Queue = { persistence: Persistence; enqueue(message: Message): void };
type QueueStore = {
  host: string;
  region: string;
  persistence: Persistence;
  allQueues(): Iterable<Queue>;
  getQueueByArn(arn: string): Queue | undefined;
};
/** What an action of fauxqs takes from a request, and what it does to the answer. */
type Request = { params: { bucket: string; '*': string }; headers: IncomingMessage['headers']; body: Buffer };
type Reply = { status(code: number): Reply; header(name: string, value: string): Reply; send(body?: string): Reply };
type BucketStore = {
  persistence: Persistence;
  putObject(...object: unknown[]): StoredObject;
  headObject(bucket: string, key: string): StoredObject;
};
type Part = (name: string) => Promise<Record<string, unknown>>;

const part: Part = (name) => import(new URL(name, import.meta.resolve('fauxqs')).href);
const { PersistenceManager } = (await part('persistence.js')) as {
  PersistenceManager: new (at: string) => Persistence;
};
const { SqsStore } = (await part('sqs/sqsStore.js')) as {
  SqsStore: { new (): QueueStore; createMessage(body: string): Message };
};
const { SnsStore } = (await part('sns/snsStore.js')) as {
  SnsStore: new () => { region: string; persistence: Persistence };
};
const actions = (await part('s3/actions/putObject.js')) as {
  putObject(request: Request, reply: Reply, store: BucketStore): void;
};
const { S3Store } = (await part('s3/s3Store.js')) as { S3Store: new () => BucketStore };

const persistence = new PersistenceManager(dataDirectory);

// What is acknowledged outlives a kill of every process either way; it is not flushed to the disk one by one, as the engine
// of the tables does not either. Only a fall of the whole machine could tell.
persistence.db.prepare('PRAGMA synchronous = NORMAL').run();

// Whoever had received a message died with the last stack, so it need not wait for its visibility timeout. After the death
// of this process alone the functions still live, and the timeout holds.
if (!restarted) {
  persistence.db.prepare('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL').run();
}

// Correction: fauxqs sets a count to NULL that may not be NULL, when a message is made visible at once; the message would be
// gone from memory.
const makeVisible = persistence.db.prepare(
  'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
);
persistence.updateMessageReady = (messageId) => void makeVisible.run(messageId);

// Correction: each message is written in a commit of its own, and on its way to the dead-letter queue one is deleted and
// inserted in two, between which a kill would lose it. What a request changes is one commit, made before it is answered.
let open = false;
function commit(): void {
  if (!open) return;
  open = false;
  persistence.db.exec('COMMIT');
}
function begin(): void {
  if (open) return;
  persistence.db.exec('BEGIN');
  open = true;
  setImmediate(commit); // What no request asked for.
}
for (const write of ['insertMessage', 'deleteMessage', 'updateMessageInflight', 'updateMessageReady'] as const) {
  const original = persistence[write].bind(persistence) as (...message: unknown[]) => void;
  persistence[write] = (...message: unknown[]) => {
    begin();
    original(...message);
  };
}
persistence.transaction = (work) => {
  begin();
  persistence.db.exec('SAVEPOINT work');
  try {
    work();
  } catch (error) {
    persistence.db.exec('ROLLBACK TO work');
    throw error;
  } finally {
    persistence.db.exec('RELEASE work');
  }
};

const queues = new SqsStore();
const topics = new SnsStore();
const buckets = new S3Store();
persistence.load(queues, topics, buckets);
queues.persistence = persistence;
topics.persistence = persistence;
buckets.persistence = persistence;
for (const queue of queues.allQueues()) queue.persistence = persistence;
queues.region = region;
topics.region = region;
queues.host = ''; // Queue URLs then name the address that was called.

// What fauxqs does not have: an object and the message that announces it are committed together, so neither can be without
// the other, whenever the process dies.
const announcements: Announcement[] = [];
let sequence = 0;
function announce(bucket: string, object: StoredObject, creation: Creation): void {
  for (const announcement of announcements) {
    if (!isAnnounced(announcement, bucket, object.key, creation)) continue;
    sequence += 1;
    const body = announcementBody(creation, {
      bucket,
      key: object.key,
      size: object.contentLength,
      eTag: object.etag,
      at: object.lastModified,
      sequencer: `${object.lastModified.getTime().toString(16)}${sequence.toString(16).padStart(6, '0')}`.toUpperCase(),
      region,
    });
    queues.getQueueByArn(announcement.queueArn)?.enqueue(SqsStore.createMessage(body));
  }
}
const { putObject } = buckets;
buckets.putObject = (...object) => {
  let stored: StoredObject | undefined;
  persistence.transaction(() => {
    stored = putObject.apply(buckets, object);
    announce(String(object[0]), stored, 'ObjectCreated:Put');
  });
  return stored as StoredObject;
};
const deleteUpload = persistence.db.prepare('DELETE FROM s3_multipart_uploads WHERE upload_id = ?');
persistence.completeMultipartUpload = (uploadId, bucket, object) =>
  persistence.transaction(() => {
    persistence.upsertObject(bucket, object);
    deleteUpload.run(uploadId);
    announce(bucket, object, 'ObjectCreated:CompleteMultipartUpload');
  });

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
const app = buildApp({
  logger: false,
  defaultRegion: region,
  stores: { sqsStore: queues, snsStore: topics, s3Store: buckets } as unknown as Stores,
});

app.addHook('onSend', async () => commit());

// What fauxqs does not have: S3's conditional writes.
function refused(bucket: string, key: string, headers: IncomingMessage['headers']): boolean {
  const { 'if-none-match': absent, 'if-match': wanted } = headers;
  if (absent === undefined && wanted === undefined) return false;
  let found: string | undefined;
  try {
    found = buckets.headObject(bucket, key).etag;
  } catch {
    found = undefined;
  }
  return (absent === '*' && found !== undefined) || (wanted !== undefined && wanted !== found);
}
const REFUSAL =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>PreconditionFailed</Code>' +
  '<Message>At least one of the pre-conditions you specified did not hold</Message></Error>';

app.addHook('preHandler', async (request, reply) => {
  if (request.method !== 'PUT' && request.method !== 'POST') return;
  const { bucket, '*': key } = request.params as { bucket?: string; '*'?: string };
  if (bucket === undefined || !key || !refused(bucket, key, request.headers)) return;
  await reply.status(412).header('content-type', 'application/xml').send(REFUSAL);
});

/** fauxqs takes objects of 11 MiB in one request; statements of a bank are larger. S3 itself takes 5 GiB. */
const FAUXQS_BODY_BYTES = 11 * 1_048_576;
const LARGEST_OBJECT_BYTES = 1_073_741_824 - 1;

/** Stores a large object. Never throws: what goes wrong is the answer. */
async function putLargeObject(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply: Reply = {
    status(code) {
      response.statusCode = code;
      return reply;
    },
    header(name, value) {
      response.setHeader(name, value);
      return reply;
    },
    send(body) {
      commit();
      response.end(body);
      return reply;
    },
  };
  try {
    const [, bucket = '', ...rest] = new URL(request.url ?? '/', 'http://local').pathname
      .split('/')
      .map(decodeURIComponent);
    const key = rest.join('/');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (refused(bucket, key, request.headers))
      reply.status(412).header('content-type', 'application/xml').send(REFUSAL);
    else {
      const body = Buffer.concat(chunks);
      actions.putObject({ params: { bucket, '*': key }, headers: request.headers, body }, reply, buckets);
    }
  } catch (error) {
    const { statusCode = 500 } = error as { statusCode?: number };
    const { code = 'InternalError' } = error as { code?: string };
    reply
      .status(statusCode)
      .header('content-type', 'application/xml')
      .send(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
  }
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const bytes = Number(request.headers['content-length'] ?? 0);
  const wholeObject = request.method === 'PUT' && !(request.url ?? '').includes('uploadId=');
  if (wholeObject && bytes > FAUXQS_BODY_BYTES && bytes <= LARGEST_OBJECT_BYTES) void putLargeObject(request, response);
  else app.routing(request, response);
}

await app.ready();
const server = createServer(serve);
server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;

/** From the stack: what to announce, and which processes to end should the stack die without a word. */
export type FromStack = { announcements: readonly Announcement[] } | { endWithStack: number };

let companions: number[] = [];
process.on('message', (message: FromStack) => {
  if ('announcements' in message) {
    announcements.push(...message.announcements);
    // Not before: an object that came earlier would be announced to nobody.
    server.listen(Number(portText), LOOPBACK);
  } else {
    companions = [...companions.filter((pid) => pid !== message.endWithStack), message.endWithStack];
  }
});
process.on('disconnect', () => {
  for (const pid of companions) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  process.exit(0);
});
// Ctrl-C reaches the whole group; the stack decides when this process ends.
process.on('SIGINT', () => undefined);
