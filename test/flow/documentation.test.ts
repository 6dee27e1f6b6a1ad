import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ICMP_TYPES, ICMPV6_TYPES, TCP_FLAGS } from '../../src/flow/match-names.js';
import { parseMatch } from '../../src/flow/match-text.js';

const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');

function block(name: string): string[] {
  const found = new RegExp(`\`\`\`${name}\\n([^\`]*)\`\`\``).exec(page);
  return found![1].trimEnd().split('\n');
}

describe('docs/rules.md', () => {
  it.each(block('match'))('shows a match that parses: %s', (text) => {
    expect(parseMatch(text)).toHaveProperty('match');
  });

  it.each(block('mistakes'))('shows a mistake where it is: %s', (text) => {
    const [, line, column] = /# (\d+):(\d+)/.exec(text)!;
    expect(parseMatch(text)).toMatchObject({ problem: { line: Number(line), column: Number(column) } });
  });

  it('shows only texts that parse in its tables', () => {
    const texts = [...page.matchAll(/^\| (`.+?) \| /gm)].flatMap(([, cell]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text));
    expect(texts.length).toBeGreaterThan(20);
    for (const text of texts) {
      const complete = text.startsWith('type') ? `icmp ${text}` : text.startsWith('flags') ? `tcp ${text}` : text;
      expect([text, parseMatch(complete)]).toEqual([text, { match: expect.anything() as unknown }]);
    }
  });

  it.each([
    ['icmp', ICMP_TYPES],
    ['icmp6', ICMPV6_TYPES],
    ['flags', TCP_FLAGS],
  ])('lists the names of %s, all and no other', (name, names) => {
    const listed = new RegExp(`<!-- ${name} -->([^]*?)<!-- end -->`).exec(page)![1];
    expect([...listed.matchAll(/`([^`]+)`/g)].map(([, listedName]) => listedName)).toEqual([...names.keys()]);
  });
});
