import type { Client } from './registry.ts';

/** Who calls: the client of the verified token, as our registry knows it, and the person or program behind it. */
export type Caller = { clientId: string; subject: string; client: Client };
