import { describe, expect, it } from 'vitest';
import { csvField, toCsv } from '../../bench/csv.js';
import { parseQuota } from '../../bench/environment.js';
import { summariseCases, summariseRatios, type Results } from '../../bench/results.js';
import type { Sample } from '../../bench/sample.js';
import { SteadyWindow } from '../../bench/steady-window.js';
import { digits, macroTable } from '../../bench/tables.js';
import { DEFAULTS } from '../../bench/settings.js';
import { fillIn, toMarkdown } from '../../bench/to-markdown.js';

const sample = (mode: string, repetition: number, nsPerOperation: number): Sample => ({
  suite: 'macro', case: 'chain of 3', mode, bytes: 64, vms: 3, burst: 64, slots: 4096, slotBytes: 2048, threads: 4, repetition,
  operations: 1000, seconds: nsPerOperation / 1e6, nsPerOperation, window: 'steady', bytesCopied: mode === 'zero-copy' ? 0 : 384_000, payloadHash: '0123456789abcdef',
});
const SAMPLES = [sample('zero-copy', 1, 100), sample('copy', 1, 250), sample('zero-copy', 2, 200), sample('copy', 2, 500)];
const RESULTS: Results = {
  schemaVersion: 1,
  environment: {
    date: '2024-01-01T00:00:00.000Z', cpu: 'A CPU, "quoted"', cores: 2, availableCores: 2, quotaCores: null, governor: null, memoryBytes: 1,
    kernel: '6', node: '20', v8: '11', loadBefore: 0, loadAfter: 0, commit: null, version: '0.1.0',
  },
  settings: { ...DEFAULTS, repetitions: 2 },
  cases: summariseCases(SAMPLES),
  ratios: summariseRatios(SAMPLES),
  failures: [],
  samples: SAMPLES,
};

describe('results of benchmarks', () => {
  it('says how many times as fast zero-copy is, pair by pair', () => {
    expect(RESULTS.ratios).toEqual([
      { case: 'chain of 3', bytes: 64, mode: 'zero-copy', baseline: 'copy', ratio: { count: 2, median: 2.5, minimum: 2.5, maximum: 2.5, interval: null } },
    ]);
    expect(macroTable(RESULTS).rows[1]).toEqual(
      ['chain of 3', 'copy', '4', '64', '2.67 (2.00 … 4.00)', '375 (250 … 500)', '2.50 (2.50 … 2.50)']);
  });

  it('writes a row a sample, quoted as RFC 4180 says, with the environment in each', () => {
    const [head, first, ...rest] = toCsv(RESULTS).trimEnd().split('\n');
    expect(head.split(',').slice(0, 4)).toEqual(['suite', 'case', 'mode', 'bytes']);
    expect(head.endsWith(',version,seed')).toBe(true);
    expect(first).toBe(
      'macro,chain of 3,zero-copy,64,3,64,4096,2048,4,1,1000,0.0001,100,steady,0,0123456789abcdef,' +
      '2024-01-01T00:00:00.000Z,"A CPU, ""quoted""",2,2,,,1,6,20,11,0,0,,0.1.0,1');
    expect(rest).toHaveLength(3);
    expect(csvField('two\nlines')).toBe('"two\nlines"');
  });

  it('fills the place of results in a page, and refuses what must not be published', () => {
    const page = 'before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n';
    expect(fillIn(page, 'new')).toBe('before\n<!-- results -->\n\nnew\n\n<!-- end of results -->\nafter\n');
    expect(() => fillIn('no marks', 'new')).toThrow('no place for results');
    expect(toMarkdown(RESULTS)).toContain('| chain of 3 | copy | 4 | 64 | 2.67 (2.00 … 4.00) | 375 (250 … 500) | 2.50 (2.50 … 2.50) |');
    expect(() => toMarkdown({ ...RESULTS, settings: { ...DEFAULTS, quick: true } })).toThrow('quick run');
    const failure = { case: 'chain of 3', mode: 'copy', bytes: 64, repetition: 1, reason: 'the ledger is not balanced' };
    expect(() => toMarkdown({ ...RESULTS, failures: [failure] })).toThrow('the ledger is not balanced');
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

describe('the steady window', () => {
  it('lies between the first reading after the warm-up and the last before the end', () => {
    const window = new SteadyWindow(100, 300);
    for (const [at, count] of [[10, 50], [20, 120], [30, 200], [40, 280], [50, 300]]) window.read(at, count);
    expect(window.result()).toEqual({ packets: 160, seconds: 0.02 });
  });

  it('is refused when it holds too little', () => {
    const window = new SteadyWindow(100, 300);
    window.read(10, 120);
    expect(() => window.result()).toThrow('expected 100 at least');
    window.read(20, 219);
    expect(() => window.result()).toThrow('holds 99 packets');
  });
});
