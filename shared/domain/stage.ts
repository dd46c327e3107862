import * as z from 'zod';
import { lazy } from './lazy.ts';

/** `sandbox` shows the sandbox bank; `production` never does. */
export const StageName = lazy(() => z.enum(['sandbox', 'production']));
export type StageName = z.infer<typeof StageName>;
