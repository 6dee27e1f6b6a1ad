/**
 * Rules and packets that somebody has spoilt: whatever they are, every mistake has a place, nothing throws, nothing outside of
 * the packet changes, and reference and firewall keep their bounds. FUZZ_SECONDS makes it longer; the seed is printed.
 */
import { expect, it } from 'vitest';
import { firewall } from '../../../src/nf/firewall/index.js';
import { parseRules } from '../../../src/nf/firewall/parse-rules.js';
import { harness } from '../../../src/nf/harness.js';
import { randomFrom, trafficFrom } from '../../oracle/firewall/traffic.js';

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 1);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const WORDS = [
  'allow', 'deny', 'reject', 'log', 'count', 'in', 'out', 'with', 'reset', 'limit', '3/second', 'burst', '5', 'any', 'ip', 'ip4', 'ip6', 'arp', 'tcp', 'udp', 'icmp', 'icmp6', 'proto',
  'gre', 'from', 'to', 'not', 'port', '80', '1-65535', '10.0.0.0/8', 'fd00::/8', '@a', '@p', '{', '}', ',', 'type', '8', 'code', 'flags', 'syn', 'vlan', '12', 'fragment', 'later', 'dscp', 'ef',
  'state', 'new', 'invalid', 'on', 'inside', '#', '\n', '\u0000', '💥', '99999999999', '::/129', '-1',
];
const BASE = ['allow out tcp from @a to any port @p', 'reject with reset tcp', 'deny log limit 3/second burst 5 icmp type 8 code 0', 'count on inside ip dscp ef vlan 12 state new'];
const names = { sets: { addresses: new Map([['a', []]]), ports: new Map([['p', [{ from: 1, to: 9 }]]]) }, ports: ['inside'] };

it('rules: every mistake has a place within the text', { timeout: 30_000 + seconds * 2000 }, () => {
  const random = randomFrom(seed);
  const end = performance.now() + seconds * 500;
  let right = 0;
  let wrong = 0;
  while (performance.now() < end) {
    const words = BASE[random(BASE.length)].split(' ');
    for (let spoilt = random(4); spoilt > 0; spoilt--) words.splice(random(words.length + 1), random(2), WORDS[random(WORDS.length)]);
    const text = words.join(random(9) === 0 ? '' : ' ');
    const { rules, problems } = parseRules(text, names);
    const lines = text.split('\n');
    for (const { line, column, message, expected } of problems) {
      expect([text, line >= 1 && line <= lines.length, column >= 1 && column <= lines[line - 1].length + 1], `seed ${seed}`).toEqual([text, true, true]);
      expect(message === '' || expected === '').toBe(false);
    }
    if (problems.length > 0) wrong++;
    else right += rules.length;
  }
  expect([right > 0, wrong > 0], `seed ${seed}`).toEqual([true, true]);
});

it('packets: nothing throws, and each gets a verdict', { timeout: 30_000 + seconds * 2000 }, async () => {
  const random = randomFrom(seed);
  const nf = await harness(firewall({
    rules: ['count ip dscp ef', 'allow limit 5/second icmp', 'reject in any', 'allow out tcp', 'reject with port-unreachable udp to any port 53', 'deny fragment', 'allow any state new,untracked'],
    malformed: 'pass', halfOpen: 16,
  }));
  const end = performance.now() + seconds * 500;
  let timestampMs = 0;
  const verdicts = new Set<string>();
  for (let round = 0; performance.now() < end; round++) {
    for (const { side, frame } of trafficFrom(seed + round, 60)) {
      const bytes = frame.slice(0, random(6) === 0 ? 1 + random(frame.length) : frame.length);
      for (let spoilt = random(4); spoilt > 0; spoilt--) bytes[random(bytes.length)] = random(256);
      timestampMs += random(50) === 0 ? random(100_000) : random(10);
      const result = nf.process(bytes, { direction: side === 'inside' ? 'forward' : 'reverse', timestampMs });
      verdicts.add(result.verdict);
      if (result.verdict !== 'reply') expect([seed + round, result.bytes]).toEqual([seed + round, bytes]);
      else expect(result.bytes.length, `seed ${seed + round}`).toBeLessThan(1400);
    }
  }
  expect([...verdicts].sort(), `seed ${seed}`).toEqual(['drop', 'forward', 'reply']);
});
