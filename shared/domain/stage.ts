import * as z from 'zod';

/** `sandbox` shows the sandbox bank; `production` never does. */
export const StageName = z.enum(['sandbox', 'production']);
export type StageName = z.infer<typeof StageName>;
