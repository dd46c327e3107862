import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Faces of DejaVu, which have every letter of Vietnamese. Where functions are bundled, the files lie beside the code. */
export const FONT_FILES = {
  regular: 'DejaVuSansCondensed.ttf',
  bold: 'DejaVuSansCondensed-Bold.ttf',
} as const;

export type FontName = keyof typeof FONT_FILES;

/** The bytes of a face. */
export function fontBytes(name: FontName): Uint8Array {
  const { resolve } = createRequire(import.meta.url);
  return readFileSync(resolve(`dejavu-fonts-ttf/ttf/${FONT_FILES[name]}`));
}
