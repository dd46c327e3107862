import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { jsonSchemas } from './index.ts';

/** Writes `schemas/` anew from the contracts. Run it after a change: `node events/write-schemas.ts`. */
const folder = new URL('schemas/', import.meta.url);
const schemas = jsonSchemas();
for (const name of readdirSync(folder)) if (!schemas.has(name)) rmSync(new URL(name, folder));
for (const [name, schema] of schemas) writeFileSync(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
