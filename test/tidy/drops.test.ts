/** docs/drops.md and the code list the same drop reasons. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Definition } from '../../src/nf/contract.js';
import { BUILT_IN_DROPS, FIRST_DECLARED_DROP, MAX_DROP_REASONS } from '../../src/observe/drop-reasons.js';
import { factoriesOf } from '../../src/runtime/functions.js';
import { ROOT, read } from './source-files.js';

/** Rows of the tables under a heading: the reason, and what is said of it. */
const page = read('docs/drops.md');
function rows(text: string): { reason: string; says: string }[] {
  return [...text.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, reason, says]) => ({ reason, says }));
}
const under = (heading: string): string => page.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';

async function stockDefinitions(): Promise<Definition[]> {
  const folders = readdirSync(join(ROOT, 'src/nf'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const modules = await Promise.all(folders.map(({ name }) => import(`../../src/nf/${name}/index.ts`) as Promise<object>));
  return modules.flatMap((exports) => factoriesOf(exports)).map(({ definition }) => definition);
}

describe('docs/drops.md', () => {
  it('lists the built-in reasons in their order', () => {
    expect(rows(under('Built in')).map(({ reason }) => reason)).toEqual(BUILT_IN_DROPS.map(({ name }) => name));
  });

  it('lists what every stock function declares, and nothing else', async () => {
    const definitions = await stockDefinitions();
    expect(definitions.length).toBeGreaterThanOrEqual(3);
    const headings: Record<string, string> = { firewall: 'Firewall', nat: 'NAT', dpi: 'DPI' };
    for (const { name, drops = [] } of definitions) expect(rows(under(headings[name])).map(({ reason }) => reason)).toEqual([...drops]);
    const declared = definitions.flatMap(({ drops = [] }) => drops);
    expect(rows(page)).toHaveLength(BUILT_IN_DROPS.length + declared.length);
  });

  it('says how many may be declared', () => {
    expect(under('Your own')).toContain(`room for ${MAX_DROP_REASONS - FIRST_DECLARED_DROP} declared reasons`);
  });
});
