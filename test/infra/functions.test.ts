import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { everyProvider } from '../../shared/providers/index.ts';
import { PROVIDER_LIMITS } from '../../shared/runtime/provider-caller.ts';
import { type FunctionProperties, type Resource, Synthesized, stepsOf } from './synthesized.ts';

type AlarmProperties = {
  AlarmDescription: string;
  AlarmActions?: unknown[];
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
};

/** The longest for which a provider's manifest asks, in milliseconds. */
const patience = everyProvider({ stage: 'sandbox', publicUrl: '' }).map(({ manifest }) => manifest.patience);
const [told, asked] = [
  Math.max(...patience.map((one) => one?.told ?? 0)),
  Math.max(...patience.map((one) => one?.asked ?? 0)),
];

const httpSteps = [
  'api-docs',
  'batch-api',
  'catalogue-api',
  'check-receipt',
  'counter-api',
  'dialect-dvcqg',
  'events-api',
  'finance-api',
  'logs-api',
  'operations-api',
  'portal-api',
  'provider-callback',
  'refunds-api',
  'receipts-api',
  'registry-api',
  'remittances-api',
  'reports-api',
  'sandbox-bank',
  'trace-api',
];

describe.each(['sandbox', 'production'] as const)('functions of %s', (stage) => {
  const stacks = new Synthesized(stage);
  const functions = stacks.all<FunctionProperties>('AWS::Lambda::Function');
  const alarms = stacks.all<AlarmProperties>('AWS::CloudWatch::Alarm');
  const watching = (step: string, metric: string): Resource<AlarmProperties>[] =>
    alarms.filter(
      ({ properties: { MetricName, Dimensions = [] } }) =>
        MetricName === metric &&
        Dimensions.some(({ Value }) => stacks.plain(Value).replaceAll(/[<>]/g, '') === shortId(step)),
    );
  const shortId = (step: string) => stacks.function(step as 'sweep').id.replace(/[0-9A-F]{8}$/, '');

  it('are those of the flow and no other', () => {
    const names = functions.map(({ properties }) => properties.FunctionName);
    expect(names.sort()).toEqual(stepsOf(stage).map((step) => `thuphi-${stage}-${step}`));
  });

  it('have a role each, which no other function has', () => {
    const roles = functions.map(({ properties }) => stacks.plain(properties.Role));
    expect(new Set(roles).size).toBe(functions.length);
  });

  describe.each(stepsOf(stage))('%s', (step) => {
    const { properties } = stacks.function(step);

    it('runs Node 24 on arm64 from its own bundle', () => {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      });
    });

    it('says how long it may take and how much memory it has', () => {
      expect(properties.Timeout).toBeGreaterThan(3);
      expect(properties.MemorySize).toBeGreaterThanOrEqual(512);
    });

    it('answers before the gateway gives up, when it is behind it', () => {
      if (httpSteps.includes(step)) expect(properties.Timeout).toBeLessThan(29);
    });

    it('outlasts the most patient call that it makes at a provider', () => {
      const calls: Record<string, number> = { 'ask-provider': asked, 'send-refund': 2 * asked, 'portal-api': told };
      expect(properties.Timeout).toBeGreaterThan((calls[step] ?? 0) / 1000);
      expect(asked).toBeLessThanOrEqual(PROVIDER_LIMITS.longestMilliseconds);
    });

    it('logs to its own group, which forgets', () => {
      const group = stacks.plain(properties.LoggingConfig?.LogGroup);
      const groups = stacks.all<{ RetentionInDays?: number }>('AWS::Logs::LogGroup');
      const own = groups.find(({ id }) => `<${id.replace(/[0-9A-F]{8}$/, '')}>` === group);
      expect(own?.properties.RetentionInDays).toBeGreaterThan(0);
      const sharing = stepsOf(stage).filter(
        (other) => stacks.plain(stacks.function(other).properties.LoggingConfig?.LogGroup) === group,
      );
      expect(sharing).toEqual([step]);
    });

    it.each(['Errors', 'Throttles'])('wakes somebody by %s, saying what it means and where to look', (metric) => {
      const [alarm, ...others] = watching(step, metric);
      expect(others).toEqual([]);
      expect(alarm?.properties.AlarmDescription).toMatch(/^[A-Z].{30,}\. Look at: .{20,}/);
      expect(alarm?.properties.AlarmActions?.map((action) => stacks.plain(action))).toEqual(['<AlarmsTopic>']);
    });

    it('wakes somebody by its own ERROR lines', () => {
      type FilterProperties = {
        LogGroupName: unknown;
        FilterPattern: string;
        MetricTransformations: { MetricName: string }[];
      };
      const group = stacks.plain(properties.LoggingConfig?.LogGroup);
      const filters = stacks.all<FilterProperties>('AWS::Logs::MetricFilter').map((filter) => filter.properties);
      const own = filters.filter(({ LogGroupName }) => stacks.plain(LogGroupName) === group);
      expect(own.map(({ FilterPattern }) => FilterPattern)).toEqual(['{ $.level = "ERROR" }']);
      const name = own[0]?.MetricTransformations[0]?.MetricName;
      expect(alarms.filter((alarm) => alarm.properties.MetricName === name).length).toBe(1);
    });

    it('has no secret in its environment, only where secrets are', () => {
      const variables = Object.entries(properties.Environment.Variables);
      for (const [name, value] of variables) {
        expect(name).not.toMatch(/SECRET(?!_PREFIX)|PASSWORD|TOKEN|PRIVATE|KEY/);
        if (name === 'SECRET_PREFIX') expect(value).toBe(`thuphi/${stage}/`);
      }
    });
  });

  it('wake somebody who must know of an own approval that was refused', () => {
    const own = alarms.filter(({ properties }) => properties.MetricName === 'OwnApprovalRefused');
    const [services, stages] = [0, 1].map((place) => own.map(({ properties }) => properties.Dimensions?.[place]));
    expect(services?.map((one) => one?.Value).sort()).toEqual([
      ...['counter-api', 'finance-api', 'receipts-api', 'refunds-api', 'remittances-api'],
    ]);
    expect(stages).toEqual(own.map(() => ({ Name: 'stage', Value: stage })));
  });

  it('send every alarm to the same topic, with an impact', () => {
    for (const { properties } of alarms) {
      expect(properties.AlarmDescription).toContain('Look at: ');
      expect(properties.AlarmActions?.map((action) => stacks.plain(action))).toEqual(['<AlarmsTopic>']);
    }
  });
});

describe('providers', () => {
  const called = (stacks: Synthesized) =>
    (['portal-api', 'ask-provider'] as const).map((step) => {
      const { PLAYED_PROVIDERS_URL, ASKING_SPEED } = stacks.function(step).properties.Environment.Variables;
      return [PLAYED_PROVIDERS_URL, ASKING_SPEED ?? '-'];
    });

  it.each(['sandbox', 'production'] as const)('are called at their own hosts, at their own pace, in %s', (stage) => {
    expect(called(new Synthesized(stage))).toEqual([
      ['none', '-'],
      ['none', '1'],
    ]);
  });

  it('are called where they are played, and sooner, in a development stack, never at their own hosts', () => {
    const played = { Ref: 'PlayedProvidersUrl' };
    expect(called(new Synthesized('sandbox', true))).toEqual([
      [played, '-'],
      [played, '120'],
    ]);
  });
});

describe('providers that a stage switches on', () => {
  const root = path.join(import.meta.dirname, '../../functions');
  const built = /\b(?:providersOf|noticeSourcesOf)\(/;
  const sourcesOf = (step: string) =>
    readdirSync(path.join(root, step))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(path.join(root, step, file), 'utf8'));
  const builders = stepsOf('production').filter((step) => sourcesOf(step).some((source) => built.test(source)));

  it('concern those who begin, hear of, ask about and look after payments', () => {
    expect(builders).toEqual(
      expect.arrayContaining(['portal-api', 'provider-callback', 'ask-provider', 'publish-events', 'sweep']),
    );
  });

  it.each(builders)('are known to %s, which builds the map of providers', (step) => {
    for (const source of sourcesOf(step).filter((text) => built.test(text)))
      expect(source).toContain('switchedOn: idsIn(environment.SWITCHED_ON_PROVIDERS)');
    for (const stage of ['sandbox', 'production'] as const)
      expect(new Synthesized(stage).function(step).properties.Environment.Variables).toHaveProperty(
        'SWITCHED_ON_PROVIDERS',
      );
  });
});

describe('changes of the registry', () => {
  const asked = (stacks: Synthesized) => stacks.function('registry-api').properties.Environment.Variables['FOUR_EYES'];

  it.each(['sandbox', 'production'] as const)('take two persons in %s', (stage) => {
    expect(asked(new Synthesized(stage))).toBe('true');
  });

  it('take as many as a development stack is told', () => {
    expect(asked(new Synthesized('sandbox', true))).toEqual({ Ref: 'FourEyes' });
  });
});

describe('webhooks to the machine itself', () => {
  const admitted = (stacks: Synthesized) =>
    (['registry-api', 'notify-agency'] as const).map(
      (step) => stacks.function(step).properties.Environment.Variables['ALLOW_LOCAL_WEBHOOKS'],
    );

  it('are refused in a stage', () => {
    expect(admitted(new Synthesized('sandbox'))).toEqual(['false', 'false']);
  });

  it('are admitted in a development stack', () => {
    expect(admitted(new Synthesized('sandbox', true))).toEqual(['true', 'true']);
  });

  it('are refused in production: it is never a development stack', () => {
    expect(() => new Synthesized('production', true)).toThrow('production is never a development stack');
  });
});
