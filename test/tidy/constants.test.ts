/** scripts/constants.mjs writes constants as numbers: the code that comes out means the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './source-files.js';

interface Plugin {
  transform: (code: string, id: string) => { code: string };
}

it('writes a number wherever a constant is read, in parentheses where a bare one would not be code', async () => {
  const { constantsAsNumbers } = (await import(join(ROOT, 'scripts/constants.mjs'))) as { constantsAsNumbers: (entries: string[]) => Plugin };
  const folder = mkdtempSync(join(tmpdir(), 'millrace-constants-'));
  const file = join(folder, 'values.ts');
  const code = `const SIZE = 16;
const Field = { first: SIZE * 2, last: -1 } as const;
export const SEEN = [SIZE.toFixed(1), Field.first.toString(2), SIZE['toFixed'](2), \`\${Field.last}\`, 2 - Field.last, [7, 8, 9][Field.first - 31], (SIZE).toString(16)];
`;
  writeFileSync(file, code);
  try {
    const written = constantsAsNumbers([file]).transform(code, file).code;
    expect(written).toContain("[(16).toFixed(1), (32).toString(2), 16['toFixed'](2), `${(-1)}`, 2 - (-1), ");
    // oxlint-disable-next-line typescript/no-implied-eval -- what the code means is what is tested
    const seen = (text: string): unknown => (new Function(`${text.replace(/export | as const/g, '')} return SEEN;`) as () => unknown)();
    expect(seen(written)).toEqual(seen(code));
    expect(seen(written)).toEqual(['16.0', '100000', '16.00', '-1', 3, 8, '10']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
