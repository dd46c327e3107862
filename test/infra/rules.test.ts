import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { addRules } from '../../infra/app.ts';
import { type StageSettings, stages } from '../../infra/config.ts';
import { Synthesized, stackedApp, stacks } from './synthesized.ts';

/** Synthesizes under the rules, with something wrong put into the service, if anything. */
async function judged(stage: 'sandbox' | 'production', wrong: (stack: Construct) => void = () => {}): Promise<App> {
  const app = stackedApp(stage);
  wrong(app.node.findChild('Service'));
  await addRules(app);
  app.synth();
  return app;
}

describe('the rule packs', () => {
  it.each(['sandbox', 'production'] as const)(
    'find nothing in %s that nobody accepted with a reason',
    async (stage) => {
      await expect(judged(stage)).resolves.toBeInstanceOf(App);
    },
  );

  it('stop an open bucket', async () => {
    await expect(judged('sandbox', (stack) => new Bucket(stack, 'Wrong'))).rejects.toThrow(/SSL/);
  });

  it('stop what is a warning only', async () => {
    const endless = (stack: Construct) => new LogGroup(stack, 'Wrong', { retention: RetentionDays.INFINITE });
    await expect(judged('sandbox', endless)).rejects.toThrow(/retention/);
  });
});

describe('synthesis', () => {
  it.each(['sandbox', 'production'] as const)(
    'leaves room in each template of %s: CloudFormation takes 500',
    (stage) => {
      const { resources } = new Synthesized(stage);
      for (const stack of stacks)
        expect(resources.filter((each) => each.stack === stack).length, stack).toBeLessThanOrEqual(450);
    },
  );

  it.each(['sandbox', 'production'] as const)('gives the same templates of %s every time', (stage) => {
    const templates = () => {
      const { directory } = stackedApp(stage).synth();
      return stacks.map((name) => readFileSync(path.join(directory, `${name}.template.json`), 'utf8'));
    };
    expect(templates()).toEqual(templates());
  });

  it('closes the address that asks for no certificate, where a domain in front of it does (scenario 74)', () => {
    const closed = (more: Partial<StageSettings>) => {
      const { production } = stages;
      stages.production = { ...production, ...more };
      try {
        const apis = new Synthesized('production').all<{ DisableExecuteApiEndpoint?: boolean }>(
          'AWS::ApiGatewayV2::Api',
        );
        return apis.map(({ properties }) => properties.DisableExecuteApiEndpoint === true);
      } finally {
        stages.production = production;
      }
    };
    const publicUrl = 'https://pay.example.gov.vn';
    expect(closed({ publicUrl, closeOwnAddress: true })).toEqual([true]);
    expect(closed({ publicUrl })).toEqual([false]);
    expect(() => closed({ closeOwnAddress: true })).toThrow(/publicUrl/);
  });

  it('needs no account: it names none', () => {
    const app = stackedApp('sandbox');
    const accounts = app.node.children.filter(Stack.isStack).map((stack) => stack.account);
    for (const account of accounts) expect(account).not.toMatch(/^\d+$/);
  });
});
