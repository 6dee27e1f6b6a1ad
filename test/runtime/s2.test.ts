/** The acceptance test of distributed chain routing (PATENTS.md, US9459903B2), with its negatives, on real threads and in one. */
import { chain, generator, queuePort, run, sink, start, type Configuration } from 'millrace';
import { simulate } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { Mesh, SHARE_BYTES } from '../../src/vnic/mesh.js';
import { ringBytes } from '../../src/ring/ring-layout.js';
import { wakeUpSpec } from '../../src/ring/wake-up.js';
import { dropEvery, echoing, fail, meter, orderGuard, refuse, touch, trace } from '../support/trace-function.mjs';

/** One table: port 1000 takes all three functions, port 2000 leaves nat out, port 3000 has the firewall only. */
const table = (routing: 'hub' | 'mesh', replicas = 1): Pick<Configuration, 'paths'> => {
  const edge = chain('edge', [trace({ id: 1 }, { as: 'fw' }), trace({ id: 2 }, { as: 'nat' }), trace({ id: 3 }, { as: 'dpi' })], { routing, replicas });
  return {
    paths: [
      { between: ['in', 'out'], match: 'udp to any port 1000', via: edge },
      { between: ['in', 'out'], match: 'udp to any port 2000', via: edge, through: ['fw', 'dpi'] },
      { between: ['in', 'out'], match: 'udp to any port 3000', via: edge, through: ['fw'] },
    ],
  };
};

function udp(destinationPort: number, sourcePort = 12345): Uint8Array {
  const bytes = new Uint8Array(42 + 32);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  bytes.set([sourcePort >> 8, sourcePort & 255, destinationPort >> 8, destinationPort & 255, 0, 40, 0, 0], 34);
  return bytes;
}

const hopsOf = (bytes: Uint8Array): { ids: string; slots: number } => {
  const ids: number[] = [];
  const slots = new Set<number>();
  for (let hop = 0, at = 43; hop < bytes[42]; hop++, at += 5) {
    ids.push(bytes[at]);
    slots.add(bytes[at + 1] | (bytes[at + 2] << 8) | (bytes[at + 3] << 16) | (bytes[at + 4] << 24));
  }
  return { ids: ids.join(), slots: slots.size };
};
const portOf = (bytes: Uint8Array): number => (bytes[36] << 8) | bytes[37];
const ROUTES: Record<number, string> = { 1000: '1,2,3', 2000: '1,3', 3000: '1' };

/** A chain under traffic of all three kinds: what comes out, and a way to wait for more of it. */
async function underTraffic(routing: 'hub' | 'mesh') {
  const [port, out] = [queuePort(), queuePort()];
  const runtime = await start({ ports: { in: port, out }, ...table(routing) });
  const seen: { port: number; ids: string; slots: number }[] = [];
  const reading = (async () => {
    for await (const { bytes } of out) seen.push({ port: portOf(bytes), ...hopsOf(bytes) });
  })();
  let sending = true;
  let sent = 0;
  const traffic = (async () => {
    for (; sending; sent++) await port.send(udp(1000 * (1 + (sent % 3)), 1 + (sent % 7)), { timestampMs: 1000 + sent });
  })();
  return {
    runtime,
    seen,
    more: async (count: number): Promise<void> => {
      for (const until = seen.length + count; seen.length < until; ) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    finish: async () => {
      sending = false;
      await traffic;
      port.end();
      out.end();
      const report = await runtime.finished;
      await reading;
      return { report, sent };
    },
  };
}

describe('direct routing', () => {
  it.each(['hub', 'mesh'] as const)('sends each flow by its own path, at one address (%s)', async (routing) => {
    const { runtime, seen, more, finish } = await underTraffic(routing);
    await more(300);
    const rows = await runtime.serviceTable();
    const { report, sent } = await finish();
    expect(seen).toHaveLength(sent);
    for (const { port, ids, slots } of seen) expect([port, ids, slots]).toEqual([port, ROUTES[port], 1]);
    expect(report.ledger).toMatchObject({ received: sent, transmitted: sent, balanced: true, inFlight: 0 });
    expect(report.bytesCopied).toBe(0);
    // One table for people; each row stands in the share of the VM that it is about.
    expect(rows.map(({ route, direction, vm, next }) => `${route} ${direction}: ${vm} -> ${next}`)).toEqual(routing === 'hub' ? [] : [
      '0 forward: fw -> nat', '0 forward: nat -> dpi', '0 reverse: dpi -> nat', '0 reverse: nat -> fw', '1 forward: fw -> dpi', '1 reverse: dpi -> fw',
    ]);
    const [ofA, ofB, ofC] = [0, 1, 2].map((at) => seen.filter(({ port }) => port === 1000 * (1 + at)).length);
    expect(report.vms.map(({ received, returned }) => [received, returned])).toEqual([[sent, sent], [ofA, ofA], [ofA + ofB, ofA + ofB]]);
    expect(ofC).toBeGreaterThan(50);
  });

  it('does with packets what the hub does: drops, answers, packets made on the way', async () => {
    const configure = (routing: 'hub' | 'mesh'): Configuration => ({
      ports: { in: generator({ packets: 2000, flows: 40 }), out: sink() },
      paths: [{ between: ['in', 'out'], via: chain('c', [meter({}), refuse({ nth: 10 }), meter({}, { as: 'middle' }), dropEvery({ nth: 7 }), orderGuard({}), echoing({ nth: 100 })], { routing }) }],
      memory: { slots: 4096 },
    });
    const [hub, mesh, threads] = [await simulate(configure('hub')), await simulate(configure('mesh')), await run(configure('mesh'))];
    for (const report of [mesh, threads]) {
      expect(report.vms).toEqual(hub.vms);
      expect(report.ports).toEqual(hub.ports);
      expect(report.ledger).toEqual(hub.ledger);
    }
    expect(hub.drops).toEqual({ chosen: 257, refused: 200 });
  });

  it.each([1, 2, 3, 4, 5, 6])('keeps every slot in one place at every step, and flows in order (seed %i)', async (seed) => {
    const { census, drops, ledger } = await simulate({
      ports: { in: generator({ packets: 600, flows: 9 }), out: sink() },
      paths: [{ between: ['in', 'out'], via: chain('c', [touch({}), touch({}, { as: 'b' }), orderGuard({})], { routing: 'mesh', replicas: 2 }) }],
      memory: { slots: 64 },
      burst: 8,
    }, {
      seed,
      onStep: (step, census_) => {
        if (step % 5 === 0) expect(census_(), `seed ${seed}, step ${step}`).toMatchObject({ faults: [], balanced: true });
      },
    });
    expect(drops).toEqual({});
    expect(ledger).toMatchObject({ transmitted: 600, balanced: true });
    expect(census.inFlight).toBe(0);
  });
});

it.each([['hub', {}, 3], ['mesh', { routing: 'mesh' }, 1], ['together', { placement: 'together' }, 1]] as const)('by the %s the manager sees each packet that often', async (_name, options, times) => {
  const { census, ledger } = await simulate({
    ports: { in: generator({ packets: 1000, flows: 20 }), out: sink() },
    paths: [{ between: ['in', 'out'], via: chain('c', [touch({}), touch({}, { as: 'b' }), touch({}, { as: 'c' })], options) }],
    memory: { slots: 256 },
  });
  expect(ledger).toMatchObject({ transmitted: 1000, balanced: true });
  expect(census.hops).toBe(times * 1000);
});

describe('negatives', () => {
  it('(a) a flow without its row goes to the manager and on by its own path, not to a wrong VM; with it, directly again', async () => {
    const { runtime, seen, more, finish } = await underTraffic('mesh');
    await more(100);
    const row = { route: 1, direction: 'forward', vm: 'fw' } as const;
    expect((await runtime.audit()).vms['fw'].misses).toBe(0);
    await runtime.editServiceTable(row, 'remove');
    expect((await runtime.serviceTable()).find((each) => each.route === 1 && each.vm === 'fw')).toMatchObject({ next: null });
    await more(200);
    await runtime.editServiceTable(row, 'restore');
    const { misses } = (await runtime.audit()).vms['fw'];
    expect(misses).toBeGreaterThan(20);
    expect((await runtime.serviceTable()).find((each) => each.route === 1 && each.vm === 'fw')).toMatchObject({ next: 'dpi' });
    await more(100);
    expect((await runtime.audit()).vms['fw'].misses).toBe(misses);
    await expect(runtime.editServiceTable({ route: 7, direction: 'forward', vm: 'fw' }, 'remove')).rejects.toThrow(/no row for route 7/);
    await expect(runtime.editServiceTable({ route: 1, direction: 'forward', vm: 'waf' }, 'remove')).rejects.toThrow(/no VM 'waf', only fw, nat, dpi/);
    const { report, sent } = await finish();
    expect(seen).toHaveLength(sent);
    for (const { port, ids } of seen) expect(ids).toBe(ROUTES[port]);
    expect(report.ledger).toMatchObject({ transmitted: sent, balanced: true });
  });

  it('(b) a VM cannot push to a VM that it has no ring to, and nothing is sent', () => {
    const capacity = 16;
    const buffer = new SharedArrayBuffer(ringBytes(capacity) + 64 + SHARE_BYTES);
    const ring = { offset: 0, capacity };
    const bell = ringBytes(capacity);
    const mesh = new Mesh(buffer, { inputs: [], outputs: [{ vm: 2, ring, doorbellOffset: bell }], shareOffset: bell + 64 }, wakeUpSpec('auto', 8, 8, false));
    expect(mesh.outputTo(2)).toBe(0);
    expect(() => mesh.outputTo(1)).toThrow(new RangeError('there is no ring to VM 1, only to 2'));
    mesh.publish();
    expect(new Uint32Array(buffer, 0, ringBytes(capacity) / 4).every((word) => word === 0)).toBe(true);
    // Nor does a share that was never written lead anywhere.
    expect(mesh.next(0, 0)).toBe(-1);
  });

  it('(c) a route that changes under traffic is seen whole or not at all', async () => {
    const edge = () => chain('edge', [trace({ id: 1 }, { as: 'fw' }), trace({ id: 2 }, { as: 'nat' }), trace({ id: 3 }, { as: 'dpi' })], { routing: 'mesh' });
    const [port, out] = [queuePort(), queuePort()];
    const configure = (through?: string[]): Configuration => ({
      ports: { in: port, out },
      paths: [{ between: ['in', 'out'], match: 'udp to any port 1000', via: edge() }, { between: ['in', 'out'], via: edge(), ...(through !== undefined && { through }) }],
    });
    const runtime = await start(configure());
    const seen: string[][] = [];
    const reading = (async () => {
      for await (const { bytes } of out) seen.push([String(portOf(bytes)), hopsOf(bytes).ids]);
    })();
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      for (const until = sent + count; sent < until; sent++) await port.send(udp(sent % 2 === 0 ? 1000 : 2000, 1 + (sent % 5)));
    };
    for (let round = 0; round < 6; round++) {
      const [changes] = await Promise.all([runtime.apply(configure(round % 2 === 0 ? ['fw', 'dpi'] : undefined)), send(1700)]);
      expect(changes.paths).toBe(true);
    }
    port.end();
    out.end();
    const report = await runtime.finished;
    await reading;
    expect(report.ledger).toMatchObject({ received: sent, transmitted: sent, balanced: true });
    const kinds = new Map<string, number>();
    for (const [to, ids] of seen) kinds.set(`${to} ${ids}`, (kinds.get(`${to} ${ids}`) ?? 0) + 1);
    expect([...kinds.keys()].sort()).toEqual(['1000 1,2,3', '2000 1,2,3', '2000 1,3']);
    expect(seen).toHaveLength(sent);
  });
});

describe('a VM of a mesh that dies', () => {
  it.each(['before', 'after'] as const)('%s any of its stores: nothing is lost or doubled', async (when) => {
    const configuration: Configuration = {
      ports: { in: generator({ packets: 60 }), out: sink() },
      paths: [{ from: 'in', to: 'out', via: chain('c', [touch({}), dropEvery({ nth: 5 }), touch({}, { as: 'last' })], { routing: 'mesh' }) }],
      memory: { slots: 128 },
      burst: 8,
    };
    let points = 0;
    for (let store = 1; ; store++) {
      const result = await simulate(configuration, { seed: store, crash: { vm: 'drop-every', store, when } });
      expect(result.census, `store ${store}`).toMatchObject({ balanced: true, faults: [], inFlight: 0 });
      expect(result.ledger, `store ${store}`).toMatchObject({ balanced: true });
      if (!result.crashed) break;
      points++;
      expect(result.drops['nf-crash'] ?? 0).toBeLessThanOrEqual(1);
    }
    expect(points).toBeGreaterThan(15);
  });

  it('at a packet, on real threads: that packet alone is nf-crash, kept as found', async () => {
    const report = await run({
      ports: { in: generator({ packets: 20_000 }), out: sink() },
      paths: [{ from: 'in', to: 'out', via: chain('c', [touch({}), fail({ at: 1000, how: 'throw' }), touch({}, { as: 'last' })], { routing: 'mesh' }) }],
    });
    expect(report.error).toMatchObject({ vm: 'fail', packet: { vm: 'fail', length: 64 } });
    expect(report.drops['nf-crash']).toBe(1);
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  });

  it('is replaced under traffic without losing a packet', async () => {
    const configuration: Configuration = {
      ports: { in: generator({ packets: 2000, flows: 5 }), out: sink() },
      paths: [{ from: 'in', to: 'out', via: chain('c', [touch({}), touch({}, { as: 'b' }), orderGuard({})], { routing: 'mesh' }) }],
    };
    const result = await simulate(configuration, { replace: [{ vm: 'b', step: 3 }, { vm: 'touch', step: 30 }, { vm: 'b', step: 60 }] });
    expect(result.replaced).toBe(3);
    expect(result.drops).toEqual({});
    expect(result.ledger).toMatchObject({ transmitted: 2000, balanced: true });
  });
});
