/** The version of this package. It stands in package.json alone. Main thread. */
import { readFileSync } from 'node:fs';

/** Above the folder of src/ that this file is in, and above the folder of dist/ that it is bundled into. */
const MANIFEST = new URL('../../package.json', import.meta.url);

export function packageVersion(): string {
  return (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version;
}
