import type { StageSettings } from '../config.ts';
import type { AlarmTopic } from './alarm-topic.ts';

/** What every capability is placed in: the stage's settings, the folder of bundles, and whom to wake. */
export type Setting = { settings: StageSettings; bundles: string; alarms: AlarmTopic };
