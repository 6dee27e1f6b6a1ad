/** Packets that the chain makes itself: answers in place of a packet, and others from a VM's counted allowance. */
import { chain, generator, run, sink, type Configuration } from 'millrace';
import { simulate } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { echoing, meter, refuse } from '../support/trace-function.mjs';

const configure = (packets: number, ...uses: Parameters<typeof chain>[1]): Configuration => ({
  ports: { source: generator({ packets, flows: 8 }), out: sink() },
  paths: [{ between: ['source', 'out'], via: chain('c', uses) }],
});

describe('an answer', () => {
  const answering = configure(1000, meter({}), refuse({ nth: 10 }), meter({}, { as: 'behind' }));

  it.each([['on real threads', () => run(answering)], ['in one thread', () => simulate(answering, { seed: 4 })]])('goes back the way the packet came, %s', async (_, go) => {
    const report = await go();
    expect(report.ledger).toEqual({ received: 1000, originated: 100, transmitted: 1000, dropped: 100, inFlight: 0, balanced: true });
    expect(report.ports.source).toMatchObject({ received: 1000, originated: 100, transmitted: 100, drops: { refused: 100 } });
    expect(report.ports.out).toMatchObject({ transmitted: 900 });
    expect(report.vms.map(({ name, counters }) => [name, counters])).toEqual([
      ['meter', { forward: 1000, reverse: 100 }],
      ['refuse', {}],
      ['behind', { forward: 900, reverse: 0 }],
    ]);
  });

  it('from the first hop leaves at once', async () => {
    const report = await simulate(configure(50, refuse({ nth: 1 }), meter({})));
    expect(report.ports.source).toMatchObject({ transmitted: 50, originated: 50 });
    expect(report.vms[1].received).toBe(0);
  });
});

describe('a packet of the VM’s own', () => {
  const making = configure(1000, meter({}), echoing({ nth: 4 }), meter({}, { as: 'behind' }));

  it.each([['on real threads', () => run(making)], ['in one thread', () => simulate(making, { seed: 9 })]])('starts behind its maker and is originated in the books, %s', async (_, go) => {
    const report = await go();
    const { refused } = report.vms[1].counters;
    const made = 250 - refused;
    expect(made).toBeGreaterThan(0);
    expect(report.vms[1].originated).toBe(made);
    expect(report.ledger).toEqual({ received: 1000, originated: made, transmitted: 1000 + made, dropped: 0, inFlight: 0, balanced: true });
    expect(report.vms.map(({ counters }) => counters)).toMatchObject([{ forward: 1000 }, {}, { forward: 1000 + made }]);
  });

  it('is refused, not waited for, when the allowance is used up', async () => {
    const report = await simulate({ ...configure(64, echoing({ nth: 1 })), memory: { slots: 32 } }, { seed: 2 });
    expect(report.vms[0].counters.refused).toBeGreaterThan(0);
    expect(report.census).toMatchObject({ balanced: true, faults: [] });
  });
});
