import * as z from 'zod';

/** Text that XML and print can carry: no control, format, private or unassigned characters. */
export const printable = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{C}+$/u);
