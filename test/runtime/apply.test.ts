/** Changes under traffic: generation words, quiesce and re-point, mailboxes. Every packet is delivered once, in order. */
import { chain, ConfigurationError, generator, nat, queuePort, sink, start, type Chain, type Configuration, type Placement, type QueuePort, type Routing, type StartOptions } from 'millrace';
import { simulate } from 'millrace/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { changesText } from '../../src/cli/changes-text.js';
import { planConfiguration } from '../../src/runtime/check.js';
import { Findings } from '../../src/runtime/place.js';
import { parseConfiguration } from '../../src/runtime/yaml.js';
import { comparePlans } from '../../src/runtime/compare-plans.js';
import type { Plan } from '../../src/runtime/plan.js';
import { brittle, fail, hesitant, orderGuard, stamp, touch } from '../support/trace-function.mjs';

function udp(port: number): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, port >> 8, port & 255, 0, 26, 0, 0]);
  return bytes;
}

describe('quiesce and re-point, in one thread', () => {
  it('delivers every packet once and in order, whenever VMs are replaced', async () => {
    const configuration: Configuration = {
      ports: { source: generator({ packets: 400, flows: 7 }), out: sink() },
      paths: [{ from: 'source', to: 'out', via: chain('c', [touch({}), touch({}, { as: 'second' }), orderGuard({})]) }],
      memory: { slots: 64 },
      burst: 8,
    };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), fc.array(fc.record({ vm: fc.constantFrom('touch', 'second', 'order-guard'), step: fc.integer({ min: 0, max: 400 }) }), { minLength: 1, maxLength: 4 }), async (seed, replace) => {
        const result = await simulate(configuration, { seed, replace });
        expect(result.ports.out.transmitted).toBe(400);
        expect(result.drops).toEqual({});
        expect(result.census).toMatchObject({ balanced: true, faults: [] });
        expect(result.vms.map(({ received, returned }) => [received, returned])).toEqual([[400, 400], [400, 400], [400, 400]]);
      }),
      { numRuns: 30 },
    );
  });

  it('really replaces them', async () => {
    const configuration: Configuration = { ports: { source: generator({ packets: 2000 }), out: sink() }, paths: [{ from: 'source', to: 'out', via: chain('c', [touch({})]) }] };
    expect((await simulate(configuration, { replace: [{ vm: 'touch', step: 3 }, { vm: 'touch', step: 30 }] })).replaced).toBe(2);
  });

  it('says nothing any more once the run is over: the memory is the next run\'s', async () => {
    // More replacements than there is time for, so that one of them is under way at the end.
    const replace = Array.from({ length: 12 }, (_, k) => ({ vm: k % 2 === 0 ? 'touch' : 'second', step: 0 }));
    for (let seed = 1; seed <= 12; seed++) {
      const configuration: Configuration = { ports: { source: generator({ packets: seed }), out: sink() }, paths: [{ from: 'source', to: 'out', via: chain('c', [touch({}), touch({}, { as: 'second' })]) }] };
      const result = await simulate(configuration, { seed, replace });
      expect(result.replaced).toBeLessThan(replace.length);
      const sending = vi.spyOn(Atomics, 'add');
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(sending).not.toHaveBeenCalled();
      sending.mockRestore();
    }
  });
});

describe('apply', () => {
  const configure = (port: QueuePort, out: QueuePort, value: number, live: boolean, { match = 'any', placement = 'per-vm' }: { match?: string; placement?: Placement } = {}): Configuration => ({
    ports: { port, out },
    paths: [{ from: 'port', to: 'out', match, via: chain('edge', [stamp({ value, live }), orderGuard({})], { placement }) }],
  });

  it.each([
    ['updates', true, 'per-vm'], ['replaces', false, 'per-vm'], ['updates', true, 'inline'], ['replaces', false, 'inline'],
  ] as const)('%s a network function under traffic, and no packet is lost (%s, %s)', async (_, live, placement) => {
    const [port, out] = [queuePort(), queuePort()];
    const runtime = await start(configure(port, out, 1, live, { placement }));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { bytes } of out) seen.push(bytes[42]);
    })();
    let sending = true;
    let sent = 0;
    const traffic = (async () => {
      for (; sending; sent++) await port.send(udp(sent % 5), { timestampMs: 1000 + sent });
    })();
    const arrived = async (count: number): Promise<void> => {
      while (seen.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await arrived(50);
    const changes = await runtime.apply(configure(port, out, 2, live, { placement }));
    expect(changes).toEqual(live ? { updated: ['stamp'], replaced: [], paths: false, spread: false } : { updated: [], replaced: ['stamp'], paths: false, spread: false });
    await arrived(sent + 50);
    sending = false;
    await traffic;
    port.end();
    out.end();
    const report = await runtime.finished;
    await reading;
    expect(report.drops).toEqual({});
    expect(report.ledger).toMatchObject({ received: sent, transmitted: sent, balanced: true });
    expect(seen).toHaveLength(sent);
    // First all ones, then all twos: no packet sees half of each.
    expect(seen.lastIndexOf(1)).toBeLessThan(seen.indexOf(2));
    expect(new Set(seen)).toEqual(new Set([1, 2]));
  });

  it('puts new paths in force for connections that already have one', async () => {
    const [port, out] = [queuePort(), queuePort()];
    const runtime = await start(configure(port, out, 1, true));
    await port.send(udp(9), { timestampMs: 1 });
    expect(await out.receive()).not.toBeNull();
    expect(await runtime.apply(configure(port, out, 1, true, { match: 'tcp' }))).toEqual({ updated: [], replaced: [], paths: true, spread: false });
    await port.send(udp(9), { timestampMs: 2 });
    port.end();
    out.end();
    const report = await runtime.finished;
    expect(report.drops).toEqual({ 'no-path': 1 });
    expect(report.ledger.balanced).toBe(true);
  });

  it('says what changed, not what follows from it: with other addresses of the NAT, paths stay what they are', async () => {
    const plan = async (external: string, replicas: number): Promise<Plan> => planConfiguration({
      ports: { a: sink(), b: sink() },
      paths: [{ between: ['a', 'b'], via: chain('edge', [nat({ external })], { replicas }) }],
    });
    expect(comparePlans(await plan('203.0.113.1', 1), await plan('203.0.113.2', 1))).toEqual({ functions: [0], paths: false, spread: false });
    expect(comparePlans(await plan('203.0.113.0/29', 2), await plan('203.0.113.8/29', 2))).toEqual({ functions: [0, 1], paths: false, spread: true });
    expect(changesText({ updated: [], replaced: ['nat'], paths: false, spread: false })).toBe('nat replaced');
    expect(changesText({ updated: [], replaced: ['nat.1', 'nat.2'], paths: false, spread: true })).toBe('nat.1, nat.2 replaced; connections are spread over replicas by the new addresses');
    expect(changesText({ updated: [], replaced: [], paths: false, spread: false })).toBe('nothing has changed');
  });

  it('refuses what needs a restart, all of it at once, and changes nothing', async () => {
    const [port, out] = [queuePort(), queuePort()];
    const runtime = await start(configure(port, out, 1, true));
    const other = { ...configure(port, out, 2, true), memory: { slots: 64 }, mode: 'copy' as const };
    const error = await runtime.apply(other).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).problems.map(({ code, place }) => [code, place])).toEqual([['needs-restart', 'memory'], ['needs-restart', 'mode']]);
    await port.send(udp(1));
    expect((await out.receive())?.bytes[42]).toBe(1);
    await runtime.stop();
  });

  it('says of a port what is wanted and what runs, key by key, and where that stands', async () => {
    const yaml = (lan: string, more = '', chainOf = '[firewall: { rules: [allow any] }]', rest = ''): string => `
chains: { edge: ${chainOf} }
ports:
  lan: { kind: vxlan, vni: 7, remote: 192.0.2.9, ${lan} }
  wan: { kind: vxlan, vni: 8, remote: 192.0.2.10, addresses: [203.0.113.1/24, "2001:db8::1/64"], local: "0.0.0.0:4790" }${more}
paths: [{ between: [lan, wan], via: edge }]
${rest}`;
    const read = async (text: string): Promise<{ plan: Plan; findings: Findings }> => {
      const { document, source, baseDirectory } = parseConfiguration(text, 'edge.yaml');
      return { plan: await planConfiguration(document, { source, baseDirectory }), findings: new Findings(source) };
    };
    const running = (await read(yaml('addresses: [10.0.0.1/24]'))).plan;
    const refusals = async (text: string): Promise<unknown[]> => {
      const { plan, findings } = await read(text);
      expect(() => comparePlans(running, plan, findings)).toThrow('[needs-restart]');
      return findings.problems.map(({ code, file, line, column, place, found, expected, message }) => {
        expect([code, file]).toEqual(['needs-restart', 'edge.yaml']);
        expect(message).toMatch(/ cannot change while the chain runs: it takes a restart$/);
        return [place, `${line}:${column}`, found, expected];
      });
    };
    expect(await refusals(yaml('addresses: [10.0.0.2/24, "fd00::2/64"], routes: [{ to: default, via: 10.0.0.254 }], mac: "02:00:00:00:00:07"'))).toEqual([
      ['ports.lan.addresses', '4:61', '10.0.0.2/24, fd00::2/64', '10.0.0.1/24, as it runs'],
      ['ports.lan.routes', '4:98', '0.0.0.0/0 via 10.0.0.254', 'nothing, as it runs'],
      ['ports.lan.mac', '4:139', '02:00:00:00:00:07', 'nothing, as it runs'],
    ]);
    expect(await refusals(yaml('addresses: [10.0.0.1/24], mtu: 1400', '\n  dmz: { kind: sink }'))).toEqual([
      ['ports.lan.mtu', '4:81', '1400', '1450, as it runs'],
      ['ports.dmz', '6:8', "a new port 'dmz'", "'lan', 'wan', as it runs"],
    ]);
    expect(await refusals(yaml('addresses: [10.0.0.1/24]', '', '[firewall: { rules: [allow any] }, dpi]', 'memory: { slots: 512 }'))).toEqual([
      ['memory', '7:9', '{slots: 512, slotBytes: 2048}', '{slots: 4096, slotBytes: 2048}, as it runs'],
      ['chains.edge', '2:17', 'firewall -> dpi', 'firewall, as it runs'],
    ]);
    expect(await refusals(yaml('addresses: [10.0.0.1/24]', '', '{ functions: [firewall: { rules: [allow any] }], placement: inline }'))).toEqual([
      ['chains.edge', '2:17', "firewall, in the packet manager's thread", 'firewall, in a thread of its own, as it runs'],
    ]);
  });
});

describe('a change that a network function does not survive', () => {
  it('is no success, and the books stay exact', async () => {
    const [port, out] = [queuePort(), queuePort()];
    const configure = (value: number): Configuration => ({ ports: { port, out }, paths: [{ from: 'port', to: 'out', via: chain('c', [brittle({ value })]) }] });
    const runtime = await start(configure(1));
    await expect(runtime.apply(configure(2))).rejects.toThrow(/network function 'brittle' of chain 'c' failed: it takes no other value/);
    const report = await runtime.finished;
    expect(report.error?.vm).toBe('brittle');
    expect(report.ledger.balanced).toBe(true);
    expect(runtime.stats()).toEqual(report);
  });
});

describe('packets that wait for a VM which is being replaced', () => {
  /** A packet is with the VM to be replaced, and at least one waits for its successor. */
  async function replacing(routing: Routing, configure: (isNext: boolean) => Chain, options: StartOptions = {}) {
    const [port, out] = [queuePort(), queuePort()];
    const configuration = (isNext: boolean): Configuration => ({ ports: { port, out }, paths: [{ from: 'port', to: 'out', via: { ...configure(isNext), routing } }] });
    const runtime = await start(configuration(false), options);
    await port.send(udp(1));
    const applied = runtime.apply(configuration(true)).then(() => null, (error: unknown) => (error as Error).message);
    await vi.waitFor(async () => {
      await port.send(udp(1));
      expect(Object.values((await runtime.audit()).vms).reduce((sum, { held }) => sum + held, 0)).toBeGreaterThan(0);
    }, { timeout: 5000, interval: 5 });
    return { runtime, applied };
  }

  it.each(['hub', 'mesh'] as const)('are dropped when another one dies meanwhile (%s)', async (routing) => {
    const { runtime, applied } = await replacing(routing, (isNext) => chain('c', [hesitant({ holdMs: isNext ? 1 : 400 }), touch({})]));
    (runtime as unknown as { killVm(name: string): void }).killVm('touch');
    expect(await applied).toContain("network function 'touch' of chain 'c' failed");
    const report = await runtime.finished;
    expect(report.error).toMatchObject({ vm: 'touch' });
    expect(report.drops['chain-stopped']).toBeGreaterThan(0);
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  });

  it.each(['hub', 'mesh'] as const)('are dropped when its successor cannot be created (%s)', async (routing) => {
    const { runtime, applied } = await replacing(routing, (isNext) => chain('c', [touch({}), hesitant({ holdMs: 400, isSound: !isNext })]));
    expect(await applied).toContain("network function 'hesitant' of chain 'c' failed: it is not sound");
    const report = await runtime.finished;
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  });

  it('are dropped when the time for creating its successor is over', async () => {
    const options = { startTimeoutMs: 4000 };
    const { runtime, applied } = await replacing('hub', (isNext) => chain('c', [touch({}), hesitant({ holdMs: 400, isEndless: isNext })], { placement: 'per-vm' }), options);
    const why = "network function 'hesitant' of chain 'c' was not created within 4 s: its create() was expected to return or throw, and has done neither";
    expect(await applied).toBe(why);
    const report = await runtime.finished;
    expect(report.error).toMatchObject({ code: 'create-timeout', vm: 'hesitant', message: why });
    expect(report.drops['chain-stopped']).toBeGreaterThan(0);
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  });
});

describe('stop', () => {
  it('lets through what the application has sent', async () => {
    const port = queuePort();
    const runtime = await start({ ports: { port, out: sink() }, paths: [{ from: 'port', to: 'out', via: chain('c', [touch({})]) }] });
    for (let k = 0; k < 3000; k++) await port.send(udp(k % 5));
    const { ledger } = await runtime.stop();
    expect(ledger).toMatchObject({ received: 3000, transmitted: 3000, balanced: true });
  });

  it.each(['stop', 'failure'] as const)('counts every packet that a port has taken, also while it ends by a %s', async (how) => {
    const port = queuePort();
    const uses = how === 'failure' ? [fail({ at: 2000, how: 'throw' })] : [touch({})];
    const runtime = await start({ ports: { port, out: sink() }, paths: [{ from: 'port', to: 'out', via: chain('c', uses) }] });
    let accepted = 0;
    let why = '';
    const sending = (async () => {
      try {
        for (;;) {
          await port.send(udp(1));
          accepted++;
        }
      } catch (error) {
        why = (error as Error).message;
      }
    })();
    if (how === 'stop') await vi.waitFor(() => { expect(accepted).toBeGreaterThan(500); }, 5000);
    const report = await (how === 'stop' ? runtime.stop() : runtime.finished);
    await sending;
    expect(why).toBe('this port takes no more packets: its runtime is being stopped, or has failed');
    expect(report.ledger).toMatchObject({ received: accepted, balanced: true, inFlight: 0 });
    expect(report.drops).toEqual(how === 'stop' ? {} : { 'nf-crash': 1, 'chain-stopped': accepted - report.ledger.transmitted - 1 });
    expect(report.ledger.transmitted).toBeGreaterThanOrEqual(how === 'stop' ? accepted : 1900);
  });
});

describe('a queue port', () => {
  const configure = (port: QueuePort, out: QueuePort): Configuration => ({ ports: { port, out }, paths: [{ from: 'port', to: 'out', via: chain('c', [touch({})]) }] });

  it('gives what has left to its readers, in order and each packet once, then ends their loops', async () => {
    const [port, out] = [queuePort(), queuePort()];
    const runtime = await start(configure(port, out));
    const seen: number[] = [];
    const readers = [1, 2, 3].map(async () => { for await (const { bytes } of out) seen.push(bytes[37]); });
    for (let k = 0; k < 200; k++) await port.send(udp(k));
    port.end();
    await expect(port.send(udp(1))).rejects.toThrow('this port has ended');
    out.end();
    await Promise.all([runtime.finished, ...readers]);
    expect(seen).toEqual(Array.from({ length: 200 }, (_, k) => k));
  });

  it('keeps what has left for a reader that comes late, says null then, and stops a loop that does not look', async () => {
    const [port, out] = [queuePort(), queuePort()];
    const runtime = await start(configure(port, out));
    for (let k = 0; k < 20; k++) await port.send(udp(k));
    await runtime.stop();
    for (let k = 0; k < 20; k++) expect((await out.receive())?.bytes[37]).toBe(k);
    expect(await out.receive()).toBeNull();
    const turning = (async () => { for (;;) await out.receive(); })();
    await expect(turning).rejects.toThrow('the runtime of this port is over: receive() has said so 1000 times, by null');
  });

  it('makes senders wait for readers, and lets a waiting sender go when the port ends', async () => {
    const [port, out] = [queuePort(), queuePort({ readAhead: 1 })];
    const runtime = await start({ ...configure(port, out), memory: { slots: 64 } });
    let accepted = 0;
    const sending = (async () => { for (;;) { await port.send(udp(accepted)); accepted++; } })().catch((error: unknown) => (error as Error).message);
    await vi.waitFor(async () => {
      const before = accepted;
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect([accepted > 0, accepted]).toEqual([true, before]);
    }, 5000);
    expect(accepted).toBeLessThanOrEqual(65);
    expect((await out.receive())?.bytes[37]).toBe(0);
    await vi.waitFor(() => { expect(accepted).toBeGreaterThan(1); }, 5000);
    port.end();
    expect(await sending).toBe('this port has ended: end() was called, or its runtime is over');
    const report = runtime.stop();
    let read = 1;
    for await (const { bytes } of out) expect(bytes[37]).toBe(read++ & 255);
    expect(read).toBe(accepted);
    expect((await report).ledger).toMatchObject({ received: accepted, transmitted: accepted, balanced: true });
  });
});
