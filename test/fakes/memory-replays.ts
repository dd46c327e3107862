import type { Replay, Replays } from '../../shared/domain/notification/replay.ts';

/** Replays in memory. */
export class MemoryReplays implements Replays {
  readonly #replays = new Map<string, Replay>();

  async begin(replay: Replay): Promise<{ replay: Replay; begun: boolean }> {
    const there = this.#replays.get(replay.replayId);
    if (!there) this.#replays.set(replay.replayId, structuredClone(replay));
    return { replay: structuredClone(there ?? replay), begun: !there };
  }

  async save(replay: Replay): Promise<Replay | undefined> {
    if (this.#replays.get(replay.replayId)?.version !== replay.version) return undefined;
    const saved = { ...structuredClone(replay), version: replay.version + 1 };
    this.#replays.set(replay.replayId, saved);
    return structuredClone(saved);
  }

  async running(): Promise<Replay[]> {
    return structuredClone([...this.#replays.values()].filter(({ state }) => state === 'running'));
  }

  contents(): Replay[] {
    return structuredClone([...this.#replays.values()]);
  }
}
