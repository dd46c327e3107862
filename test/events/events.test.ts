import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { events, jsonSchemas, ThuphiEvent } from '../../events/index.ts';
import { EventId } from '../../shared/domain/notification/delivery.ts';
import { WebhookEventType } from '../../shared/domain/notification/webhook.ts';
import { policy } from '../../shared/domain/payment/policy.ts';

const folder = new URL('../../events/schemas/', import.meta.url);

describe('the events', () => {
  it('are exactly those that an endpoint can ask for', () => {
    expect(events.map(({ type }) => type).sort()).toEqual([...WebhookEventType.options].sort());
    expect(ThuphiEvent.options).toHaveLength(events.length);
  });

  it.each(events)('$type: its example is valid, and is read as nothing else', ({ type, example, schema }) => {
    expect(schema.parse(example)).toEqual(example);
    expect(ThuphiEvent.parse(example).type).toBe(type);
    expect(EventId.safeParse(example.id).success).toBe(true);
    expect(schema.safeParse({ ...example, data: { ...example.data, payerName: 'x' } }).success).toBe(false);
    expect(schema.safeParse({ ...example, time: '2026-11-22T02:14:04Z' }).success).toBe(false);
  });

  it('name every category that the policy gives surplus and unmatched money', () => {
    const schemas = new Map(events.map(({ type, schema, example }) => [type as string, { schema, example }]));
    for (const row of Object.values(policy))
      for (const cell of Object.values(row).flatMap((one) => ('choice' in one ? Object.values(one.by) : [one]))) {
        const { enters, category } = cell;
        if (enters !== 'surplus' && enters !== 'unmatched') continue;
        const contract = schemas.get(`money.${enters}.v1`);
        const told = { ...contract?.example, data: { ...contract?.example.data, category } };
        expect(contract?.schema.safeParse(told).success).toBe(true);
      }
  });

  it('hold no personal data', () => {
    const text = JSON.stringify([...jsonSchemas()]);
    expect(text).not.toMatch(/payer(?!’s bank)|name"|phone|idNumber|taxCode|email|address/i);
  });
});

describe('the published schemas', () => {
  it('are what the contracts say; else run `node events/write-schemas.ts`', () => {
    const published = new Map(
      readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as object]),
    );
    expect(published).toEqual(
      new Map([...jsonSchemas()].map(([name, schema]) => [name, JSON.parse(JSON.stringify(schema))])),
    );
  });
});
