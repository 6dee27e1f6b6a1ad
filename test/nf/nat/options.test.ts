import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat, type NatInput } from '../../../src/nf/nat/index.js';
import { NAT_COUNTERS, NAT_DROPS } from '../../../src/nf/nat/layout.js';
import { natOptions } from '../../../src/nf/nat/options.js';
import { ends, udp } from './packets.js';

const problems = async (options: unknown) => (await harness(nat(options as NatInput))).problems.map(({ path, found }) => [path.join('.'), found]);

test('an external address is all that is needed', async () => {
  expect(await problems({ external: '203.0.113.1' })).toEqual([]);
});

describe('mistakes', () => {
  test('that the schema sees', async () => {
    const external = '203.0.113.1';
    for (const options of [{}, { external: [] }, { external, port: [1, 2] }, { external, ports: [0, 5] }, { external, timeouts: { udp: 3 } }]) {
      expect(await problems(options)).not.toEqual([]);
    }
  });

  test('that need a closer look, all at once and by place', async () => {
    const found = await problems({
      external: ['203.0.113.1', '203.0.113.0/30', '203.0.113', '10.0.0.0/8', '2001:db8::1', '224.0.0.1', ''],
      inside: ['10.0.0.0/8', 'fd00::/8', '10.0.0.0/33'],
      ports: [3000, 2000],
      identifiers: [9, 1],
      portSeed: 5,
    });
    expect(found).toEqual([
      ['external.1', '203.0.113.1'],
      ['external.2', '203.0.113'],
      ['external.3', '10.0.0.0/8'],
      ['external.4', '2001:db8::1'],
      ['external.5', '224.0.0.1'],
      ['external.6', "''"],
      ['inside.1', 'fd00::/8'],
      ['inside.2', '10.0.0.0/33'],
      ['ports', '3000 to 2000'],
      ['identifiers', '9 to 1'],
      ['portSeed', '5'],
    ]);
  });

  test('more addresses than port maps', async () => {
    expect(await problems({ external: ['198.51.100.0/24', '203.0.113.0/31'] })).toEqual([['external', '258']]);
  });
});

test('new options under traffic: bindings that still fit stay, the others end', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2999] }));
  const flow = (sourcePort: number) => ({ source: '10.0.0.5', destination: '192.0.2.7', sourcePort, destinationPort: 53 });
  expect(ends(nf.process(udp(flow(2100))).bytes)).toBe('203.0.113.1:2100 > 192.0.2.7:53');
  expect(ends(nf.process(udp(flow(2900))).bytes)).toBe('203.0.113.1:2900 > 192.0.2.7:53');
  await nf.update({ external: '203.0.113.1', ports: [2000, 2499] });
  expect(ends(nf.process(udp(flow(2100))).bytes)).toBe('203.0.113.1:2100 > 192.0.2.7:53');
  expect(ends(nf.process(udp(flow(2900))).bytes)).toBe('203.0.113.1:2000 > 192.0.2.7:53');
  await nf.update({ external: '203.0.113.2' });
  const moved = nf.process(udp(flow(2100)));
  expect(ends(moved.bytes)).toBe('203.0.113.2:2100 > 192.0.2.7:53');
  expect(moved.flowPublished).toBe(true);
  expect(nf.counters['bindings-repaired']).toBe(2 + 4);
});

test('a restart over the same tables: the binding stays, and every flow publishes once more', async () => {
  const options = { external: '203.0.113.1', ports: [2000, 2999] } satisfies NatInput;
  const nf = await harness(nat(options));
  const packet = udp({ source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 });
  const before = nf.process(packet);
  await nf.update(options);
  const after = [nf.process(packet), nf.process(packet)];
  expect(after.map(({ bytes }) => bytes)).toEqual([before.bytes, before.bytes]);
  expect(after.map(({ flowPublished }) => flowPublished)).toEqual([true, false]);
  expect(nf.counters['bindings-created']).toBe(1);
});

test('docs/nat.md names every option with its default, every drop reason and every counter', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/nat.md', import.meta.url)), 'utf8');
  const row = (name: string) => page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))?.split(' | ')[1].trim().replaceAll('`', '').replace(/ \|$/, '');
  const { timeouts, ...others } = natOptions.parse({});
  const byDefault = { ...others, ...Object.fromEntries(Object.entries(timeouts).map(([name, value]) => [`timeouts.${name}`, value])) };
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', '));
  expect(Object.fromEntries(Object.keys(byDefault).map((name) => [name, row(name)]))).toEqual(Object.fromEntries(Object.entries(byDefault).map(([name, value]) => [name, text(value)])));
  for (const name of [...NAT_DROPS, ...NAT_COUNTERS]) expect(page).toContain(`\`${name}\``);
});
