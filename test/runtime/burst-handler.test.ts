/** A network function that handles bursts: each packet has its verdict, and one that was left out stops the VM. */
import { chain, generator, run, sink, type Configuration } from 'millrace';
import { simulate } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { bursts, touch } from '../support/trace-function.mjs';

const configure = (options: { nth: number; leave?: number; failAt?: number }, placement: 'per-vm' | 'together' = 'per-vm'): Configuration => ({
  ports: { source: generator({ packets: 1000 }), out: sink() },
  paths: [{ from: 'source', to: 'out', via: chain('c', [bursts(options), touch({})], { placement }) }],
});

describe('a burst handler', () => {
  it.each([['on real threads', run], ['in one thread', simulate]])('decides packet by packet, %s', async (_, go) => {
    const report = await go(configure({ nth: 10 }));
    expect(report.drops).toEqual({ 'bursts-chosen': 100 });
    expect(report.vms[0].counters['bursts-whole']).toBeGreaterThan(15);
    expect(report.ledger).toMatchObject({ balanced: true, transmitted: 900 });
  });

  it('is not asked where functions run together', async () => {
    const report = await simulate(configure({ nth: 10 }, 'together'));
    expect(report.drops).toEqual({ 'bursts-chosen': 100 });
    expect(report.vms[0].counters['bursts-whole']).toBe(0);
  });

  it('that leaves packets out has failed: none of them passes unjudged', async () => {
    const report = await run(configure({ nth: 2000, leave: 3 }));
    expect(report.error?.message).toMatch(/the burst handler took \d+ of \d+ packets: it must call next\(\) until it returns null/);
    expect(report.ledger.balanced).toBe(true);
  });

  it('that throws loses the packet in hand, and only that one', async () => {
    const report = await run(configure({ nth: 2000, failAt: 150 }));
    expect(report.drops['nf-crash']).toBe(1);
    expect(report.vms[0].returned).toBe(149);
    expect(report.ledger.balanced).toBe(true);
  });
});
