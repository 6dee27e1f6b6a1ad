/** The acceptance test of packet copy management (PATENTS.md, US9838277B2), with its negatives, on real threads and in one. */
import { chain, generator, queuePort, run, sink, start, type Configuration } from 'millrace';
import { simulate } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { dropEvery, trace } from '../support/trace-function.mjs';

const three = (order: number[] = [1, 2, 3]) => chain('three', order.map((id) => trace({ id }, { as: `vm${id}` })));

function traced(count: number, order?: number[]): Configuration {
  return {
    ports: { source: generator({ packets: count, lengths: { minimum: 64, maximum: 1500 }, flows: 50, seed: 7 }), out: sink() },
    paths: [{ from: 'source', to: 'out', via: three(order) }],
  };
}

/** What the trace function left in a packet's payload (14 B Ethernet, 20 B IPv4, 8 B UDP in front). */
function hopsOf(bytes: Uint8Array): { id: number; slot: number }[] {
  const at = 42;
  return Array.from({ length: bytes[at] }, (_, hop) => {
    const place = at + 1 + 5 * hop;
    return { id: bytes[place], slot: bytes[place + 1] | (bytes[place + 2] << 8) | (bytes[place + 3] << 16) | (bytes[place + 4] << 24) };
  });
}

function udp(payloadBytes: number): Uint8Array {
  const bytes = new Uint8Array(42 + payloadBytes);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28 + payloadBytes, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  bytes.set([0x30, 0x39, 0, 80, 0, 8 + payloadBytes, 0, 0], 34);
  return bytes;
}

describe('packet copy management on real threads', () => {
  it('passes 100 000 packets through three VMs by address alone', async () => {
    const report = await run(traced(100_000));
    expect(report.error).toBeUndefined();
    expect(report.bytesCopied).toBe(0);
    expect(report.ports.out.transmitted).toBe(100_000);
    expect(report.vms.map((vm) => [vm.name, vm.received, vm.returned])).toEqual([['vm1', 100_000, 100_000], ['vm2', 100_000, 100_000], ['vm3', 100_000, 100_000]]);
    expect(report.ledger).toEqual({ received: 100_000, originated: 0, transmitted: 100_000, dropped: 0, inFlight: 0, balanced: true });
  });

  it.each([[[1, 2, 3]], [[2, 1, 3]]])('leaves the trace %j in every packet, at one address', async (order) => {
    const port = queuePort();
    const out = queuePort();
    const runtime = await start({ ports: { port, out }, paths: [{ between: ['port', 'out'], via: three(order) }] });
    const received = (async () => {
      let count = 0;
      for await (const { bytes } of out) {
        const hops = hopsOf(bytes);
        expect(hops.map(({ id }) => id)).toEqual(order);
        expect(new Set(hops.map(({ slot }) => slot)).size).toBe(1);
        if (++count === 2000) break;
      }
    })();
    for (let k = 0; k < 2000; k++) await port.send(udp(32));
    await received;
    port.end();
    out.end();
    const report = await runtime.finished;
    expect(report.ledger.balanced).toBe(true);
    expect(report.bytesCopied).toBe(0);
  });

  it('copies in and out of every VM in copy mode, and counts it', async () => {
    const report = await run({ ...traced(5000), mode: 'copy' });
    expect(report.ports.out.transmitted).toBe(5000);
    expect(report.bytesCopied).toBe(2 * 3 * report.ports.source.receivedBytes);
  });

  it('keeps the books when packets are dropped', async () => {
    const report = await run({
      ports: { source: generator({ packets: 10_000 }), out: sink() },
      paths: [{ from: 'source', to: 'out', via: chain('drops', [trace({ id: 1 }), dropEvery({ nth: 7 })]) }],
    });
    expect(report.drops).toEqual({ chosen: 1428 });
    expect(report.ledger).toMatchObject({ received: 10_000, transmitted: 8572, dropped: 1428, inFlight: 0, balanced: true });
  });

  it('stays flat in memory while packets pass', async () => {
    await run(traced(5000));
    const before = process.memoryUsage().arrayBuffers;
    await run(traced(60_000));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
  });
});

describe('packet copy management in one thread', () => {
  it('sends nothing while the second VM holds what it was lent, and everything once it goes on', async () => {
    let stalledCensus = '';
    let transmitted = -1;
    const result = await simulate(traced(500), {
      seed: 3,
      stalled: (vm, step) => vm === 'vm2' && step < 4000,
      onStep: (step, census) => {
        if (step !== 3999) return;
        const { vms, ports, inFlight } = census();
        stalledCensus = JSON.stringify({ vms, inFlight });
        transmitted = ports.out.sending;
      },
    });
    expect(JSON.parse(stalledCensus)).toMatchObject({ vms: { vm1: { lent: 0 }, vm2: { lent: 500 }, vm3: { lent: 0 } }, inFlight: 500 });
    expect(transmitted).toBe(0);
    expect(result.ports.out.transmitted).toBe(500);
    expect(result.census.balanced).toBe(true);
  });

  it('is the same run for the same seed, and another order for another', async () => {
    const [one, same, other] = [await simulate(traced(2000), { seed: 5 }), await simulate(traced(2000), { seed: 5 }), await simulate(traced(2000), { seed: 6 })];
    expect(same.steps).toBe(one.steps);
    expect(other.steps).not.toBe(one.steps);
    expect(other.ledger).toEqual(one.ledger);
  });

  it('balances at every step', async () => {
    await simulate(traced(300), { seed: 11, onStep: (_, census) => { expect(census()).toMatchObject({ balanced: true, faults: [] }); } });
  });
});
