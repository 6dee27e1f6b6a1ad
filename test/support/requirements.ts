/** What some tests need and not every machine has. Tests skip themselves, saying so, where it is missing. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of real captures beside the repository, or null. */
export function sharedCaptures(): string | null {
  const folder = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
  if (existsSync(`${folder}labels.json`)) return folder;
  console.warn('skipped: there is no ../shared/captures beside this repository');
  return null;
}
