import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dpi } from '../../../src/nf/dpi/index.js';
import { candidatesFor } from '../../../src/nf/dpi/candidates.js';
import { Facts } from '../../../src/nf/dpi/dissector.js';
import { DISSECTORS, PROTOCOL_NAMES } from '../../../src/nf/dpi/protocol-table.js';
import { parseSignatures } from '../../../src/nf/dpi/signatures/signature-file.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/dpi.md', import.meta.url)), 'utf8');

describe('docs/dpi.md', () => {
  it('names every protocol of the table', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const named = new Set(rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map((found) => found[1])));
    expect(PROTOCOL_NAMES.filter((name) => name !== '' && !named.has(name))).toEqual([]);
  });

  it('names every drop reason and counter', () => {
    const { drops, counters } = dpi.definition;
    for (const name of [...(drops ?? []), ...(counters as readonly string[])]) expect(page).toContain(`\`${name}\``);
  });

  it('has signature files that parse', () => {
    const files = [...page.matchAll(/```yaml\n([^]*?)```/g)].map((found) => parseSignatures(found[1]));
    expect(files).toHaveLength(1);
    expect(files[0]).toMatchObject({ problems: [], signatures: [{ action: 'drop' }, {}, { ports: [4444, '5000-5010'] }, { nocase: true, ports: 110 }] });
  });
});

it('every dissector of the table has a file and a test file of its own', () => {
  const table = readFileSync(fileURLToPath(new URL('../../../src/nf/dpi/protocol-table.ts', import.meta.url)), 'utf8');
  const files = [...table.matchAll(/from '\.\/protocols\/([\w-]+)\.js'/g)].map((found) => found[1]);
  expect(files).toHaveLength(DISSECTORS.length);
  for (const file of files) expect(existsSync(fileURLToPath(new URL(`protocols/${file}.test.ts`, import.meta.url))), file).toBe(true);
});

it.each([['TCP', true, 7, 14], ['UDP', false, 10, 16]] as const)('few dissectors are asked about a payload over %s whose ports tell nothing', (_carrier, isStream, mean, most) => {
  const facts = Object.assign(new Facts(), { isStream, clientPort: 40_001, serverPort: 30_001 });
  const counts = Array.from({ length: 256 }, (_, first) => candidatesFor(first, facts).length);
  expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeLessThan(mean);
  expect(Math.max(...counts)).toBeLessThanOrEqual(most);
});
