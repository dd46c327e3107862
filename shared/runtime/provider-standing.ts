import type { DynamoDBDocumentClient } from '../aws/dynamodb.ts';
import type { ProviderCircuit, ProviderStates } from '../domain/payment/availability.ts';
import type { Instant } from '../domain/time.ts';
import { ProviderStateStore } from '../store/provider-state-store.ts';
import { Circuit } from './circuit.ts';
import { rememberedStates } from './remembered-states.ts';

/** What is known of providers, and the circuit that adds to it, over the registry's table. One a process. */
export function standing(
  db: DynamoDBDocumentClient,
  table: string,
  now: () => Instant,
): { states: ProviderStates; circuit: ProviderCircuit } {
  const store = new ProviderStateStore(db, table);
  const states = rememberedStates(store, now);
  const noteSilence = (...silence: Parameters<typeof store.noteSilence>) => store.noteSilence(...silence);
  return { states, circuit: new Circuit(now, { silences: states.silences, noteSilence }) };
}
