import { chooseAddresses, portOf } from './addresses.ts';
import { readAssembly } from './assembly.ts';
import { type InvokeLater, invokeLater } from './asynchronous.ts';
import { jwtAuthorizer } from './authorizer.ts';
import { announcementsOf, createBucket } from './buckets.ts';
import { clientsFor, closeClients } from './clients.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import type { Engine } from './engine.ts';
import { eventFilter } from './event-filter.ts';
import { type FailureDestination, failureDestination } from './failure-destination.ts';
import { reasonOf, UnsupportedTemplate } from './failures.ts';
import { FunctionPool, functionEnvironment, type Outcome } from './functions.ts';
import { startGateway } from './gateway.ts';
import { LOCAL_ACCOUNT } from './intrinsics.ts';
import { CLIENTS_FILE, type LocalClient, type RegisteredClient, SCOPE_PREFIX, startIssuer } from './issuer.ts';
import { startKeys } from './keys.ts';
import { type Limits, platformLimits } from './limits.ts';
import { startLogSubscription, subscribed } from './log-subscriptions.ts';
import { concurrencyOf, type Poller, startQueuePoller } from './queue-poller.ts';
import { createQueue } from './queues.ts';
import { routesOf } from './routes.ts';
import { checkSchedules, startSchedules } from './schedules.ts';
import { startSecrets } from './secrets.ts';
import { startStorage } from './storage.ts';
import { startStreamPoller } from './stream-poller.ts';
import { type Declared, findByName, readSystem, type System } from './system.ts';
import { answers, createTable, ENDPOINT_VARIABLE, startTableEngine, tableEngineBinary } from './tables.ts';

export type { LocalClient, RegisteredClient } from './issuer.ts';

export type StackOptions = {
  /** `cdk.out`. */
  assemblyDirectory: string;
  /** `.thuphi`, or a temporary folder. */
  dataDirectory: string;
  /** Of the gateway; 0 is any free port. */
  port: number;
  clients: readonly LocalClient[];
  /** Begins with an empty data directory. */
  fresh?: boolean;
  /** Values of template parameters beyond `PublicUrl`, which is the gateway's address. */
  parameters?: Readonly<Record<string, string>>;
  /** Shorter limits, for tests. */
  limits?: Partial<Limits>;
  log?: (line: string) => void;
};

export type LocalStack = {
  /** The HTTP API, without a slash at the end. */
  url: string;
  tokenEndpoint: string;
  issuer: string;
  clients: readonly RegisteredClient[];
  /** Absolute paths. */
  clientsFile: string;
  logDirectory: string;
  region: string;
  endpoints: { dynamodb: string; sqs: string; s3: string; secretsManager: string };
  /** Physical names, by logical id and by short name. */
  tables: Readonly<Record<string, string>>;
  buckets: Readonly<Record<string, string>>;
  /** URLs. */
  queues: Readonly<Record<string, string>>;
  /** What that function finds in its environment. Names as `findByName` takes them; throws `UnknownName`. */
  environment(name: string): Readonly<Record<string, string>>;
  /** Runs a function and gives its result. Throws `FunctionFailed`. */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** Live processes: `stack`, `tables`, `storage`, and each function by short name. */
  processIds(): Readonly<Record<string, number[]>>;
  /** Ends every process of a function at once. */
  killFunction(name: string): void;
  /** Runs the target of a schedule now. Throws `FunctionFailed`. */
  runSchedule(name: string): Promise<unknown>;
  stop(): Promise<void>;
};

/** A function did not answer, for the reason given. */
export class FunctionFailed extends Error {
  readonly errorType: string;
  constructor(name: string, outcome: Exclude<Outcome, { kind: 'answered' }>) {
    const { errorType, errorMessage } =
      outcome.kind === 'failed' ? outcome.error : { errorType: outcome.kind, errorMessage: outcome.kind };
    super(`${name}: ${errorMessage}`);
    this.name = 'FunctionFailed';
    this.errorType = errorType;
  }
}

/**
 * Runs the synthesized template on this machine:
 *
 *     caller ─▶ gateway ─▶ functions ─▶ tables, queues, buckets, secrets
 *                             ▲              │
 *                 schedules ──┴── pollers ◀──┘  streams, queues, bucket announcements
 *
 * Checks everything first, and starts nothing when the port is taken, the data directory is in use, or the template asks
 * for what is not here. Whatever was started is ended again when something fails on the way.
 */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const limits = { ...platformLimits, ...options.limits };
  const ends: (() => Promise<void> | void)[] = [];
  const stopAll = async () => {
    for (const end of ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        options.log?.(reasonOf(error));
      }
    }
  };
  try {
    const gateway = await startGateway(options.port, limits);
    ends.push(() => gateway.stop());
    const data = await openDataDirectory(options.dataDirectory, options.fresh ?? false);
    ends.push(() => data.release());
    return await wire(options, limits, gateway, data, ends, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function wire(
  options: StackOptions,
  limits: Limits,
  gateway: Awaited<ReturnType<typeof startGateway>>,
  data: DataDirectory,
  ends: (() => Promise<void> | void)[],
  stopAll: () => Promise<void>,
): Promise<LocalStack> {
  const log = options.log ?? (() => undefined);
  const startMilliseconds = limits.engineStartMilliseconds;

  // What is declared.
  const addresses = await chooseAddresses(data, gateway.port, options.port);
  const external = process.env[ENDPOINT_VARIABLE];
  if (external) addresses.tables = external;
  const system = readSystem(readAssembly(options.assemblyDirectory), addresses, {
    PublicUrl: addresses.gateway,
    ...options.parameters,
  });
  const { region } = system;
  const routes = routesOf(system);
  checkSchedules(system);
  const apis = system.all('AWS::ApiGatewayV2::Api');
  if (apis.length > 1) throw new UnsupportedTemplate(['more than one HTTP API: there is one gateway here']);
  checkScopes(system, options.clients);
  const clients = clientsFor(addresses, region);
  ends.push(() => closeClients(clients));
  const mappings = system.all('AWS::Lambda::EventSourceMapping').map((one) => sourceOf(one, system, clients));
  const subscriptions = system.all('AWS::Logs::SubscriptionFilter').map((one) => subscribed(one, system));

  // What holds state.
  const binary = external ? undefined : tableEngineBinary();
  const engine = async <E extends { stop(): Promise<void> }>(starting: Promise<E>): Promise<E> => {
    const one = await starting;
    ends.push(() => one.stop());
    return one;
  };
  const startingStorage = engine(
    startStorage({
      ...{ address: addresses.storage, region, data, startMilliseconds, log },
      announcements: announcementsOf(system.all('AWS::S3::Bucket')),
    }),
  );
  const engines = [
    startingStorage,
    engine(
      binary === undefined
        ? reachable(addresses.tables)
        : startTableEngine({
            ...{ binary, address: addresses.tables, data, startMilliseconds, log },
            onProcess: (pid) => void startingStorage.then((one) => one.endWithStack(pid)).catch(() => undefined),
          }),
    ),
    engine(startSecrets(portOf(addresses.secrets), region, LOCAL_ACCOUNT, data)),
    engine(startIssuer(addresses.issuer, options.clients, data)),
    engine(startKeys(portOf(addresses.keys), data)),
  ] as const;
  await Promise.allSettled(engines); // When one fails, the others must have an end to be called.
  const [storage, tables, secrets, issuer, keys] = await Promise.all(engines);
  secrets.create(system.all('AWS::SecretsManager::Secret'));
  keys.create(system.all('AWS::KMS::Key'));
  await Promise.all([
    ...system.all('AWS::DynamoDB::Table').map((table) => createTable(clients.tables, table)),
    ...system.all('AWS::SQS::Queue').map((queue) => createQueue(clients.queues, queue)),
    ...system.all('AWS::S3::Bucket').map((bucket) => createBucket(clients.buckets, bucket)),
  ]);

  // What runs.
  const pools = system.all('AWS::Lambda::Function').map(
    (definition) =>
      new FunctionPool(definition, {
        environment: functionEnvironment(definition, region, addresses),
        processes: Math.max(
          limits.processesPerFunction,
          ...mappings.flatMap(({ target, mapping, queue }) =>
            queue && target === definition ? [concurrencyOf(mapping, limits)] : [],
          ),
        ),
        limits,
        data,
      }),
  );
  ends.push(async () => void (await Promise.all(pools.map((pool) => pool.stop()))));
  const poolAt = (arn: string) => pools.find((pool) => pool.arn === arn);
  const poolOf = (name: string) => {
    const definition = findByName(
      'function',
      pools.map((pool) => pool.definition),
      name,
    );
    return pools.find((pool) => pool.definition === definition) as FunctionPool;
  };

  // What feeds it.
  const pollers = mappings.flatMap(({ mapping, target, queue, table, onFailure }): Poller[] => {
    const pool = pools.find((one) => one.definition === target) as FunctionPool;
    const common = { mapping, target: pool, region, limits, log };
    if (queue) return [startQueuePoller({ ...common, queue, client: clients.polledQueues })];
    const { tables: reader, polledStreams: streams } = clients;
    return table ? [startStreamPoller({ ...common, table, onFailure, tables: reader, streams, data })] : [];
  });
  ends.push(async () => void (await Promise.all(pollers.map((poller) => poller.stop()))));
  const stopping = new AbortController();
  const invokerOf = (arn: string): InvokeLater | undefined => {
    const target = poolAt(arn);
    const config = system
      .all('AWS::Lambda::EventInvokeConfig')
      .find(({ properties }) => properties.FunctionName === target?.definition.name);
    return target && invokeLater({ target, config, system, clients, limits, signal: stopping.signal, log });
  };
  const schedules = startSchedules(system, invokerOf);
  const listeners = subscriptions.flatMap((subscription) => {
    const source = pools.find(({ definition }) => definition === subscription.source);
    const invoke = invokerOf(subscription.target.attributes['Arn'] ?? '');
    return source && invoke ? [startLogSubscription(subscription, { source, invoke, data, limits, log })] : [];
  });
  ends.push(async () => {
    stopping.abort();
    schedules.stop();
    await Promise.all(listeners.map((listener) => listener.stop()));
  });

  // The door.
  const [api] = apis;
  if (api) {
    const audience = new Set(issuer.clients.map(({ id, signsInAt }) => signsInAt ?? id));
    gateway.open({
      apiId: api.ref,
      routes,
      stage: system.all('AWS::ApiGatewayV2::Stage')[0]?.properties,
      cors: api.properties.CorsConfiguration,
      authorize: jwtAuthorizer(issuer, audience),
      functionAt: poolAt,
    });
  }

  return {
    url: addresses.gateway,
    tokenEndpoint: issuer.tokenEndpoint,
    issuer: issuer.url,
    clients: issuer.clients,
    clientsFile: data.file(CLIENTS_FILE),
    logDirectory: data.file('logs'),
    region,
    endpoints: {
      dynamodb: addresses.tables,
      sqs: addresses.storage,
      s3: addresses.storage,
      secretsManager: addresses.secrets,
    },
    tables: byEitherName(system.all('AWS::DynamoDB::Table'), ({ name }) => name),
    buckets: byEitherName(system.all('AWS::S3::Bucket'), ({ name }) => name),
    queues: byEitherName(system.all('AWS::SQS::Queue'), ({ ref }) => ref),
    environment: (name) => poolOf(name).environment,
    invoke: async (name, event) => resultOf(name, await poolOf(name).invoke(event)),
    processIds: () => ({
      stack: [process.pid],
      tables: tables.pids(),
      storage: storage.pids(),
      ...Object.fromEntries(pools.map((pool) => [pool.definition.shortName, pool.processIds()])),
    }),
    killFunction: (name) => poolOf(name).kill(),
    runSchedule: async (name) => resultOf(name, await schedules.run(name)),
    stop: stopAll,
  };
}

/** Somebody else's engine: it is only looked whether it is there. */
async function reachable(address: string): Promise<Engine> {
  if (!(await answers(address))) throw new Error(`nothing answers at ${address}, which ${ENDPOINT_VARIABLE} names`);
  return { pids: () => [], stop: async () => undefined };
}

type Source = {
  mapping: Declared<'AWS::Lambda::EventSourceMapping'>;
  target: Declared<'AWS::Lambda::Function'>;
  queue: Declared<'AWS::SQS::Queue'> | undefined;
  table: Declared<'AWS::DynamoDB::Table'> | undefined;
  onFailure: FailureDestination | undefined;
};

/** What a mapping joins. Throws {@link UnsupportedTemplate} when an end is missing. */
function sourceOf(
  mapping: Declared<'AWS::Lambda::EventSourceMapping'>,
  system: System,
  clients: ReturnType<typeof clientsFor>,
): Source {
  const { FunctionName, EventSourceArn, DestinationConfig, FilterCriteria } = mapping.properties;
  const place = `${mapping.stack}/${mapping.logicalId}`;
  try {
    eventFilter((FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern));
  } catch (error) {
    throw new UnsupportedTemplate([`${place}: ${reasonOf(error)}`]);
  }
  const target = system
    .all('AWS::Lambda::Function')
    .find(({ ref, attributes }) => FunctionName === ref || FunctionName === attributes['Arn']);
  const queue = system.byAttribute('AWS::SQS::Queue', 'Arn', EventSourceArn);
  const table = system.byAttribute('AWS::DynamoDB::Table', 'StreamArn', EventSourceArn);
  if (!target || (!queue && !table?.properties.StreamSpecification)) {
    throw new UnsupportedTemplate([`${place}: it joins no queue or stream of the template with a function of it`]);
  }
  const destination = DestinationConfig?.OnFailure?.Destination;
  const onFailure = destination === undefined ? undefined : failureDestination(destination, system, clients);
  if (destination !== undefined && !onFailure) {
    throw new UnsupportedTemplate([
      `${place}: failure destination ${destination} is no bucket or queue of the template`,
    ]);
  }
  return { mapping, target, queue, table, onFailure };
}

/** A local client may hold only scopes that the template's resource server has, where there is one. */
function checkScopes(system: System, clients: readonly LocalClient[]): void {
  const servers = system.all('AWS::Cognito::UserPoolResourceServer');
  if (servers.length === 0) return;
  const known = new Set(
    servers.flatMap(({ properties }) =>
      properties.Scopes.map(({ ScopeName }) => `${properties.Identifier}/${ScopeName}`),
    ),
  );
  const problems = clients.flatMap(({ id, scopes }) =>
    scopes
      .filter((scope) => !known.has(`${SCOPE_PREFIX}${scope}`))
      .map((scope) => `local client ${id} holds ${scope}, which the resource server does not have`),
  );
  if (problems.length > 0) throw new UnsupportedTemplate(problems);
}

function byEitherName<R extends { logicalId: string; shortName: string }>(
  resources: readonly R[],
  value: (resource: R) => string,
): Record<string, string> {
  return Object.fromEntries(
    resources.flatMap((one) => [
      [one.logicalId, value(one)],
      [one.shortName, value(one)],
    ]),
  );
}

function resultOf(name: string, outcome: Outcome): unknown {
  if (outcome.kind !== 'answered') throw new FunctionFailed(name, outcome);
  return JSON.parse(outcome.payload);
}
