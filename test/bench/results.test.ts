import { describe, expect, it } from 'vitest';
import { parseTrace } from '../../bench/cases/profile-case.js';
import { csvField, fromCsv, parseCsv, toCsv } from '../../bench/csv.js';
import { parseQuota } from '../../bench/environment.js';
import { summariseCases, summariseRatios } from '../../bench/results.js';
import { cyclesPerSecond, parseRingPerf } from '../../bench/rings/dpdk-test.js';
import { digits, tables } from '../../bench/tables.js';
import { fillIn, toMarkdown } from '../../bench/to-markdown.js';
import { clickConfiguration, isForClick, parseClick } from '../../bench/traffic/click.js';
import { parseThroughputs } from '../../bench/traffic/ndpi.js';
import { pack, toPcap } from '../../bench/traffic/pack.js';
import { resultsOf, sample } from './samples.js';

const SAMPLES = [sample('zero-copy', 1, 100), sample('copy', 1, 250), sample('zero-copy', 2, 200), sample('copy', 2, 500)];
const RESULTS = resultsOf(SAMPLES);

describe('results of benchmarks', () => {
  it('says how many times as fast we are, pair by pair', () => {
    expect(RESULTS.ratios).toMatchObject([{ baseline: 'copy', of: { way: 'millrace', mode: 'copy' }, ratio: { count: 2, median: 2.5 } }]);
    const [{ columns, rows }] = tables(RESULTS);
    expect(columns).toEqual(['way', 'mode', 'ns a packet', 'Mpps', 'we are faster by', 'GCs']);
    expect(rows[1]).toEqual(['millrace', 'copy', '375 (250 … 500)', '2.67', '2.50 (2.50 … 2.50)', '0']);
  });

  it('sets baselines beside the same topology: C beside each routing, messages beside the base', () => {
    const samples = [
      sample('zero-copy', 1, 100), sample('zero-copy', 1, 50, { routing: 'mesh' }),
      sample('zero-copy', 1, 80, { way: 'c' }), sample('zero-copy', 1, 30, { way: 'c', routing: 'mesh' }),
      sample('copy', 1, 5000, { way: 'clone', routing: null, placement: null, replicas: null, wakeUp: null, burst: 1, flows: null, slotBytes: null }),
    ];
    expect(summariseRatios(samples).map(({ baseline, of, ratio }) => [baseline, of.routing, ratio.median])).toEqual([['c', 'hub', 0.8], ['c', 'mesh', 0.6], ['clone', null, 50]]);
  });

  it('sets others\' programs beside the way of ours that they are to be compared with', () => {
    const of = (touch: string, placement: 'per-vm' | 'together' | 'inline', bytes: number): Partial<Parameters<typeof sample>[3]> => ({ case: 'real', touch, placement, bytes, vms: 3 });
    const theirs = { mode: null, routing: null, placement: null, replicas: null, wakeUp: null, burst: null, flows: null, slots: null, slotBytes: null, threads: 1 } as const;
    const samples = [
      sample('zero-copy', 1, 600, of('firewall, NAT, DPI, established', 'per-vm', 338)),
      sample('zero-copy', 1, 310, of('firewall, NAT, DPI, established', 'together', 338)),
      sample('zero-copy', 1, 300, of('firewall, NAT, DPI over Click\'s packets, established', 'together', 338)),
      sample('zero-copy', 1, 400, of('firewall, NAT, DPI, established', 'together', 490)),
      sample('zero-copy', 1, 200, { ...theirs, case: 'real', way: 'click', bytes: 338, vms: 2, touch: 'firewall, NAT' }),
      sample('zero-copy', 1, 160, of('firewall, NAT, DPI over Click\'s packets, two runtimes, established', 'inline', 338)),
      sample('zero-copy', 1, 120, { ...theirs, case: 'real', way: 'click', bytes: 338, vms: 2, touch: 'firewall, NAT, two processes' }),
      sample('zero-copy', 1, 500, of('DPI alone, fresh', 'per-vm', 338)),
      sample('zero-copy', 1, 200, of('DPI alone, established', 'inline', 338)),
      sample('zero-copy', 1, 250, of('DPI alone, fresh', 'inline', 338)),
      sample('zero-copy', 1, 300, { ...theirs, case: 'real', way: 'ndpiReader', bytes: 338, vms: 1, touch: 'DPI alone, established' }),
      sample('zero-copy', 1, 500, { ...theirs, case: 'real', way: 'ndpiReader', bytes: 338, vms: 1, touch: 'DPI alone, fresh' }),
    ];
    expect(summariseRatios(samples).map(({ baseline, ratio }) => [baseline, ratio.count, Number(ratio.median.toFixed(3))])).toEqual([['click', 1, 0.667], ['click', 1, 0.75], ['ndpiReader', 1, 1.5], ['ndpiReader', 1, 2]]);
  });

  it('writes a row a value, quoted as RFC 4180 says, with the environment in each, and reads it back', () => {
    const csv = toCsv(RESULTS);
    const [head, first, ...rest] = csv.trimEnd().split('\n');
    expect(head.split(',').slice(0, 5)).toEqual(['case', 'way', 'metric', 'unit', 'value']);
    expect(first).toContain(',"A CPU, ""quoted""",2,2,,,');
    expect(rest).toHaveLength(3);
    expect(fromCsv(csv).samples).toEqual(SAMPLES);
    expect(fromCsv(csv).environment).toMatchObject({ cpu: 'A CPU, "quoted"', node: '20', profile: 'default' });
    expect(csvField('two\nlines')).toBe('"two\nlines"');
    expect(parseCsv('a,b\r\n"1,\n2",""""\n,\n')).toEqual([['a', 'b'], ['1,\n2', '"'], ['', '']]);
    expect(() => fromCsv('a,b\n1,2\n', 'other.csv')).toThrow('other.csv is no table of samples: columns missing: case, way');
  });

  it('fills the place of results in a page, and refuses what must not be published', () => {
    const page = 'before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n';
    expect(fillIn(page, 'new')).toBe('before\n<!-- results -->\n\nnew\n\n<!-- end of results -->\nafter\n');
    expect(() => fillIn('no marks', 'new')).toThrow('no place for results');
    expect(toMarkdown(RESULTS)).toContain('| millrace | copy | 375 (250 … 500) | 2.67 | 2.50 (2.50 … 2.50) | 0 |');
    expect(toMarkdown(RESULTS, RESULTS)).toBe(`${toMarkdown(RESULTS)}\n\n${toMarkdown(RESULTS)}`);
    // Fewer than were asked for, where one takes long.
    expect(toMarkdown(RESULTS)).toContain('- 2 repetitions, seed 1. Median');
    const fewer = SAMPLES.filter(({ mode, repetition }) => mode === 'copy' || repetition === 1);
    expect(toMarkdown({ ...RESULTS, cases: summariseCases(fewer) })).toContain('- 1 to 2 repetitions, seed 1.');
    expect(() => toMarkdown({ ...RESULTS, settings: { ...RESULTS.settings, profile: 'quick' } })).toThrow('quick run');
    expect(() => toMarkdown({ ...RESULTS, environment: { ...RESULTS.environment, endedEarly: true } })).toThrow('ended early');
    const failure = { case: 'chain', way: 'millrace', factors: {}, repetition: 1, reason: 'the ledger is not balanced' };
    expect(() => toMarkdown({ ...RESULTS, failures: [failure] })).toThrow('the ledger is not balanced');
  });

  it('names the table of what stands beside times for what it is', () => {
    const beside = resultsOf([...SAMPLES, sample('copy', 1, 14, { metric: 'memory of tables', unit: 'MB' })]);
    expect(tables(beside).map(({ title }) => title.split(' (')[0])).toEqual(['chain', 'chain, beside time']);
  });

  it('shows three digits', () => {
    expect([0, 0.01234, 1.234, 12.34, 123.4, 12345].map(digits)).toEqual(['0', '0.0123', '1.23', '12.3', '123', '12345']);
  });

  it('reads the quota of both versions of control groups', () => {
    expect(parseQuota('150000 100000')).toBe(1.5);
    expect(parseQuota('max 100000')).toBeNull();
    expect(parseQuota(null, '200000', '100000')).toBe(2);
    expect(parseQuota(null, '-1', '100000')).toBeNull();
    expect(parseQuota(null, null, null)).toBeNull();
  });
});

describe('what other programs say', () => {
  it('is read from dpdk-test: cycles between two cores, and not those of one', () => {
    const text = '### Testing bulk enq/deq ###\nlegacy APIs: SP/SC: bulk (size: 8): 55.20\n\n### Testing using two physical cores ###\nlegacy APIs: SP/SC: bulk (size: 8): 18.11\n' +
      'legacy APIs: MP/MC: bulk (size: 8): 39.52\nlegacy APIs: SP/SC: bulk (size: 32): 9.33\nlegacy APIs: MP/MC: bulk (size: 32): 68.00\n\n### Testing using all worker nodes ###\n';
    expect([...parseRingPerf(text)]).toEqual([[8, 18.11], [32, 9.33]]);
    expect(parseRingPerf('EAL: Error').size).toBe(0);
    expect(cyclesPerSecond('processor\t: 0\ncpu MHz\t\t: 2445.406\n')).toBe(2_445_406_000);
    expect(() => cyclesPerSecond('processor: 0')).toThrow('not known');
  });

  it('is read from V8\'s traces: what stands between the marks', () => {
    const gc = (ms: number): string => `[99:0x7f0a5c000b70]      ${ms} ms: Scavenge 5.1 (6.2) -> 4.9 (7.2) MB, 0.5 / 0.0 ms  (average mu = 1.000) allocation failure; \n`;
    const deopt = (name: string): string => `[bailout (kind: deopt-eager, reason: wrong map): begin. deoptimizing 0x1a2b <JSFunction ${name} (sfi = 0x3c)>, opt id 5]\n[bailout end. took 0.1 ms.]\n`;
    const text = `${gc(10)}${deopt('early')}\n== window begins\n${gc(20)}${deopt('poll')}${gc(30)}${deopt('poll')}\n== window ends\n${gc(40)}`;
    expect(parseTrace(text)).toEqual({ deoptimisations: 2, collections: 2, functions: ['poll'] });
    expect(() => parseTrace(gc(10))).toThrow('has no window');
  });

  it('is read from ndpiReader, loop by loop', () => {
    expect(parseThroughputs('\tnDPI throughput:       192.04 K pps / 749.63 Mb/sec\n\tTraffic throughput:    1 K pps / 2 Mb/sec\n\tnDPI throughput:       1.65 M pps / 3.91 Gb/sec\n')).toEqual([192_040, 1_650_000]);
    expect(parseThroughputs('nothing')).toEqual([]);
  });

  it('is read from Click, which is given what it translates', () => {
    expect(parseClick('CheckIPHeader@7: IP header check failed\nseconds 0.6123 in 2650100 out 1917400')).toEqual({ seconds: 0.6123, packets: 2_650_100, out: 1_917_400 });
    expect(parseClick('syntax error')).toBeNull();
    const frame = (type: number, fragment: number, protocol: number): { side: 0; bytes: Uint8Array } => {
      const bytes = new Uint8Array(60);
      bytes.set([type >>> 8, type & 255, 0x45], 12);
      bytes.set([fragment >>> 8, fragment & 255, 64, protocol], 20);
      return { side: 0, bytes };
    };
    const asked = [frame(0x0800, 0x4000, 6), frame(0x0800, 0, 17), frame(0x0800, 0, 1), frame(0x0800, 0x2000, 17), frame(0x0800, 0x00b9, 17), frame(0x86dd, 0, 6), frame(0x8100, 0, 6)];
    expect(asked.map((packet) => isForClick(packet))).toEqual([true, true, false, false, false, false, false]);
    expect(clickConfiguration('/a b/c.pcap', 0xcb007100, 12, false)).toContain('FromDump("/a b/c.pcap", STOP false, MMAP false');
    expect(clickConfiguration('f', 0xcb007100, 12, true)).toContain('pattern 203.0.113.0 1-65535 - -');
  });

  it('is given packets in a file that it can read', () => {
    const packets = [{ side: 0, bytes: Uint8Array.of(1, 2, 3) }, { side: 1, bytes: Uint8Array.of(4) }] as const;
    expect(pack(packets)).toEqual({ bytes: Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0), offsets: Uint32Array.of(0, 8), lengths: Uint32Array.of(3, 1), sides: Uint8Array.of(0, 1) });
    const file = toPcap(packets);
    expect([...file.slice(0, 8)]).toEqual([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);
    expect(file).toHaveLength(24 + 16 + 3 + 16 + 1);
    expect([...file.slice(40, 43), file[59]]).toEqual([1, 2, 3, 4]);
  });
});
