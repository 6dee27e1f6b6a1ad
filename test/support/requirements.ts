/** What some tests need and not every machine has. Tests without it are skipped, and say so. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the shared captures, beside the repository; null when it is not there. */
export function sharedCaptures(): string | null {
  const folder = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
  return existsSync(folder) ? folder : null;
}
