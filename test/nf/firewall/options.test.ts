import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { firewall, type FirewallInput } from '../../../src/nf/firewall/index.js';
import { harness } from '../../../src/nf/harness.js';
import { INSIDE, REVERSE, tcp, udp } from './packets.js';

describe('options', () => {
  it('report every mistake of a list with its item and column', async () => {
    const { problems } = await harness(firewall({ rules: ['allow any', 'permit any', 'deny in log tcp to any port 99999', 'allow'] }));
    expect(problems).toMatchObject([
      { path: ['rules', 1], line: 1, column: 1, found: 'permit', expected: '"allow", "deny", "reject", "log" or "count"' },
      { path: ['rules', 2], line: 1, column: 29, found: '99999' },
      { path: ['rules', 3], line: 1, column: 6, found: 'the end of the text' },
    ]);
  });

  it('report every mistake of a text with its line', async () => {
    const rules = '# the web\nallow out tcp to any port 80\n\n  allow out log out any\ndeny tcp from nowhere # not an address\n';
    const { problems } = await harness(firewall({ rules }));
    expect(problems).toMatchObject([
      { path: ['rules'], line: 4, column: 17, found: 'out' },
      { path: ['rules'], line: 5, column: 15, found: 'nowhere' },
    ]);
  });

  it('are strict', async () => {
    const { problems } = await harness(firewall({ rules: [], rulez: [] } as unknown as FirewallInput));
    expect(problems).toHaveLength(1);
    expect((await harness(firewall({ rules: [], timeouts: { udpSeconds: 0 } }))).problems).toMatchObject([{ path: ['timeouts', 'udpSeconds'] }]);
  });

  it('name rules in counters by their place among the rules and their text', async () => {
    const nf = await harness(firewall({ rules: '# web\n\nallow   out tcp # here\ndeny any' }));
    expect(Object.keys(nf.counters)).toEqual([
      'rule 1: allow out tcp', 'rule 2: deny any', 'established', 'related', 'invalid', 'default', 'rules of later updates',
      'half-open forgotten', 'outside window', 'over limit', 'rejected with an answer', 'rejected in silence',
    ]);
  });

  it.each(['office.yaml', 'permit.yaml'])('of examples/%s are right', async (file) => {
    const document = parse(readFileSync(fileURLToPath(new URL(`../../../examples/${file}`, import.meta.url)), 'utf8')) as {
      chains: { edge: [{ firewall: FirewallInput }] };
    };
    expect((await harness(firewall(document.chains.edge[0].firewall))).problems).toEqual([]);
  });
});

describe('log', () => {
  it('alerts with the text of the rule whenever it decides', async () => {
    const nf = await harness(firewall({ rules: ['allow out log tcp', 'deny log any'] }));
    nf.process(tcp.syn);
    nf.process(tcp.synAck, REVERSE);
    nf.process(udp.back, REVERSE);
    expect(nf.alerts).toMatchObject([
      { signature: 'allow out log tcp', fields: { rule: 1, action: 'allow' } },
      { signature: 'deny log any', fields: { rule: 2, action: 'deny' } },
    ]);
    expect(nf.alerts[0]?.flow).toContain(INSIDE);
  });
});

describe('many rules', () => {
  it('decide as they are ordered', async () => {
    const rules = Array.from({ length: 5000 }, (_, k) => `deny out tcp from 10.${1 + (k >> 8)}.${k & 255}.0/24 to any port ${1 + k}`);
    const nf = await harness(firewall({ rules: [...rules, 'allow out tcp', 'deny any'] }));
    expect(nf.problems).toEqual([]);
    expect(nf.process(tcp.syn).reason).toBeNull();
    expect(nf.process(tcp.synAck, REVERSE).reason).toBeNull();
    expect(nf.process(udp.there).reason).toBe('firewall-denied');
    expect(nf.counters).toMatchObject({ 'rule 5001: allow out tcp': 1, 'rule 5002: deny any': 1, established: 1 });
  });
});
