import * as z from 'zod';
import { lazy } from '../lazy.ts';

/** Names of things that a settlement file is known by; apart, for those who only name one. */

export const StatementId = lazy(() => z.string().regex(/^stm_[0-9a-f]{24}$/));
export type StatementId = z.infer<typeof StatementId>;

/** A content, by its SHA-256 in hex. */
export const Sha256 = lazy(() => z.string().regex(/^[0-9a-f]{64}$/));

/** The partner's day, in Asia/Ho_Chi_Minh. */
export const BusinessDate = lazy(() => z.iso.date());
