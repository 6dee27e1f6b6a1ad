import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { firewall, type FirewallInput } from '../../../src/nf/firewall/index.js';
import { firewallSchema } from '../../../src/nf/firewall/options.js';
import { harness } from '../../../src/nf/harness.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/firewall.md', import.meta.url)), 'utf8');
const blocks = (language: string) => [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map((found) => found[1]);

describe('docs/firewall.md', () => {
  it('has rules that parse', async () => {
    const texts = blocks('firewall');
    expect(texts).toHaveLength(1);
    const nf = await harness(firewall({ rules: texts[0] }));
    expect(nf.problems).toEqual([]);
    expect(Object.keys(nf.counters)).toHaveLength(15 + 10);
  });

  it('has YAML that parses', async () => {
    const uses = blocks('yaml').flatMap((text) => parse(text) as { firewall: FirewallInput }[]);
    expect(uses).toHaveLength(1);
    expect((await harness(firewall(uses[0].firewall))).problems).toEqual([]);
  });

  it('names every drop reason, counter and option with its default', async () => {
    const nf = await harness(firewall({ rules: [] }));
    for (const name of [...(firewall.definition.drops ?? []), ...Object.keys(nf.counters)]) expect(page).toContain(`\`${name}\``);
    const { rules: _rules, sets: _sets, timeouts, ...others } = firewallSchema.parse({ rules: [] });
    for (const [name, value] of Object.entries(others)) expect(page).toContain(`| \`${name}\` | \`${String(value)}\` |`);
    for (const [name, value] of Object.entries(timeouts)) expect(page).toContain(`| \`timeouts.${name}\` | ${value} |`);
  });
});
