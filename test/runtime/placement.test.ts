/** Where functions run changes nothing of what happens to packets: placed together, or replicated, the books are the same. */
import { existsSync, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { chain, type ConfigurationError, generator, nat, queuePort, run, sink, start, vxlan, type ChainOptions, type Configuration, type Runtime, type RuntimeEvent } from 'millrace';
import { simulate } from 'millrace/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CheckedChain } from '../../src/runtime/check-chains.js';
import { checkConfiguration } from '../../src/runtime/check.js';
import { place } from '../../src/runtime/placement.js';
import { pickReplica } from '../../src/flow/rendezvous.js';
import { dropEvery, echoing, fail, hang, meter, orderGuard, refuse, touch, unmade } from '../support/trace-function.mjs';

/** Of this process. */
const threadCount = (): number => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);

const configure = (packets: number, options: ChainOptions, ...uses: Parameters<typeof chain>[1]): Configuration => ({
  ports: { source: generator({ packets, flows: 40 }), out: sink() },
  paths: [{ between: ['source', 'out'], via: chain('c', uses, options) }],
  memory: { slots: 256 },
});

/** With slots enough that nobody's allowance runs out. */
const everything = (options: ChainOptions): Configuration => ({
  ...configure(2000, options, meter({}), refuse({ nth: 10 }), meter({}, { as: 'middle' }), dropEvery({ nth: 7 }), orderGuard({}), echoing({ nth: 100 })),
  memory: { slots: 4096 },
});

describe.each(['together', 'inline'] as const)('functions placed %s', (placement) => {
  it.each([['on real threads', run], ['in one thread', simulate]])('count, drop, answer and make packets as they do apart, %s', async (_, go) => {
    const [apart, together] = [await go(everything({ placement: 'per-vm' })), await go(everything({ placement }))];
    expect(together.vms).toEqual(apart.vms);
    expect(together.ports).toEqual(apart.ports);
    expect(together.ledger).toEqual(apart.ledger);
    expect(together.ledger).toMatchObject({ balanced: true, inFlight: 0 });
    // All that can happen did.
    expect(together.drops).toEqual({ chosen: 257, refused: 200 });
    expect(together.vms[5].originated).toBeGreaterThan(10);
    expect(together.vms[0].counters).toEqual({ forward: 2000, reverse: 200 });
  });

  it('are one VM', async () => {
    const result = await simulate(everything({ placement }));
    expect(Object.keys(result.census.vms)).toEqual(['c']);
  });

  it('tell which of them failed, and lose only its packet', async () => {
    for (const [place, name] of ['first', 'second', 'third'].entries()) {
      const uses = ['first', 'second', 'third'].map((as, at) => (at === place ? fail({ at: 100, how: 'throw' }, { as }) : touch({}, { as })));
      const report = await run(configure(5000, { placement }, ...uses));
      expect(report.error).toMatchObject({ chain: 'c', vm: name, packet: { vm: name, length: 64 } });
      expect(report.vms.map((vm) => vm.drops['nf-crash'] ?? 0)).toEqual([0, 1, 2].map((at) => Number(at === place)));
      expect(report.vms.map(({ returned }) => returned)).toEqual([0, 1, 2].map((at) => (at < place ? 100 : 99)));
      expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
    }
  });

  it.each(['before', 'after'] as const)('may die %s any store of their VM', async (when) => {
    const configuration = { ...configure(60, { placement }, touch({}), dropEvery({ nth: 5 }), touch({}, { as: 'last' })), burst: 8 };
    for (let store = 1; ; store++) {
      const { crashed, census, ledger, drops } = await simulate(configuration, { seed: store, crash: { vm: 'c', store, when } });
      expect(census, `store ${store}`).toMatchObject({ balanced: true, faults: [], inFlight: 0 });
      expect(ledger).toMatchObject({ balanced: true });
      if (!crashed) break;
      expect(drops['nf-crash'] ?? 0).toBeLessThanOrEqual(1);
    }
  });
});

describe('inline', () => {
  const threadsOf = (runtime: Runtime): string[] => runtime.counters().threads.map(({ name }) => name);

  it('is the packet manager\'s thread, beside VMs that have their own', async () => {
    const [port, out, back] = [queuePort(), queuePort(), queuePort()];
    const configuration: Configuration = {
      ports: { port, out, back },
      paths: [{ from: 'port', to: 'out', match: 'udp', via: chain('in', [touch({})], { placement: 'inline' }) }, { from: 'port', to: 'back', via: chain('own', [touch({}, { as: 'other' })]) }],
    };
    const runtime = await start(configuration);
    expect(threadsOf(runtime)).toEqual(['manager', 'other']);
    await port.send(new Uint8Array(60).fill(1));
    expect((await back.receive())?.bytes).toHaveLength(60);
    const report = await runtime.stop();
    expect(report.ledger).toMatchObject({ balanced: true, transmitted: 1 });
  });

  it('a function that cannot be created is an error of the start', async () => {
    await expect(start(configure(10, { placement: 'inline' }, unmade({})))).rejects.toThrow("network function 'unmade' of chain 'c' failed: it was not to be");
  });

  it('a VM that is ended under way gives back what it held', async () => {
    const [port, out] = [queuePort(), queuePort()];
    const runtime = await start({ ports: { port, out }, paths: [{ from: 'port', to: 'out', via: chain('c', [touch({})], { placement: 'inline' }) }] });
    await port.send(new Uint8Array(60));
    expect(await out.receive()).not.toBeNull();
    (runtime as unknown as { killVm(name: string): void }).killVm('touch');
    const report = await runtime.finished;
    expect(report.error).toMatchObject({ message: "network function 'touch' of chain 'c' failed: it was ended", vm: 'touch' });
    expect(report.ledger).toMatchObject({ balanced: true, received: 1, transmitted: 1 });
  });

  it('what it throws is told, whatever that is', async () => {
    const report = await run(configure(1000, { placement: 'inline' }, touch({}), fail({ at: 500, how: 'strange' })));
    expect(report.error).toMatchObject({ vm: 'fail', message: "network function 'fail' of chain 'c' failed: it failed strangely" });
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  });

  /** Beside another inline chain, which has no packets. */
  const besideAnother = (how: 'loop' | 'exit'): Configuration => {
    const { ports, paths, memory } = configure(20_000, { placement: 'inline' }, touch({}), fail({ at: 500, how }));
    return { ports, memory: memory!, paths: [{ between: ['source', 'out'], match: 'tcp', via: chain('idle', [touch({}, { as: 'idle' })], { placement: 'inline' }) }, ...paths] };
  };

  it('a function that ends the thread is named', async () => {
    const report = await run(besideAnother('exit'));
    expect(report.error).toMatchObject({ vm: 'fail', chain: 'c', message: expect.stringMatching(/'fail' of chain 'c' ended the packet manager with it/) as string });
    expect(report.ledger.balanced).toBe(false);
  });

  it('a function that does not come back ends the packet manager, and is named', async () => {
    const runtime = await start(besideAnother('loop'));
    await vi.waitFor(() => { expect(runtime.counters().vms[1].received).toBeGreaterThan(400); }, 5000);
    const report = await runtime.stop({ drainMs: 50 });
    expect(report.error).toMatchObject({ vm: 'fail', chain: 'c', message: expect.stringMatching(/'fail' of chain 'c' did not come back, and ended the packet manager/) as string });
    expect(report.ledger.balanced).toBe(false);
  });
});

describe('a function that does not come back', () => {
  /** Starts it, and waits until somebody says that it stands still. */
  const stalled = async (configuration: Configuration): Promise<{ runtime: Runtime; event: RuntimeEvent }> => {
    let tell: (event: RuntimeEvent) => void = () => undefined;
    const told = new Promise<RuntimeEvent>((resolve) => (tell = resolve));
    const runtime = await start(configuration, { onEvent: (event) => { if (event.type === 'vm-stalled') tell(event); } });
    return { runtime, event: await told };
  };

  it.each(['per-vm', 'together'] as const)('is told of, and is the failure of a run that has to end it (%s)', async (placement) => {
    const { runtime, event } = await stalled(configure(20_000, { placement }, touch({}), fail({ at: 500, how: 'loop' })));
    expect(event).toEqual({ type: 'vm-stalled', vm: 'fail', chain: 'c', doing: 'packet' });
    const report = await runtime.stop({ drainMs: 50 });
    expect(report.error).toMatchObject({ vm: 'fail', chain: 'c', message: "network function 'fail' of chain 'c' did not come back", packet: { vm: 'fail', length: 64 } });
    expect(report.drops).toMatchObject({ 'nf-crash': 1 });
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  });

  it.each(['per-vm', 'inline'] as const)('is named where it is about no packet either (%s)', async (placement) => {
    const { runtime, event } = await stalled(configure(1e9, { placement }, touch({}, { as: 'before' }), hang({ from: 'expire' })));
    expect(event).toEqual({ type: 'vm-stalled', vm: 'hang', chain: 'c', doing: 'expire' });
    const report = await runtime.stop({ drainMs: 50 });
    expect(report.error).toMatchObject({ vm: 'hang', message: expect.stringMatching(/^network function 'hang' of chain 'c' did not come back from expire\(\)/) as string });
  });

  it('is named where it takes new options', async () => {
    const of = (from: string): Configuration => configure(1e9, { placement: 'inline' }, touch({}, { as: 'before' }), hang({ from }));
    let tell: (event: RuntimeEvent) => void = () => undefined;
    const told = new Promise<RuntimeEvent>((resolve) => (tell = resolve));
    const runtime = await start(of('nowhere'), { onEvent: (event) => { tell(event); } });
    const applied = runtime.apply(of('update')).catch((error: unknown) => error);
    expect(await told).toEqual({ type: 'vm-stalled', vm: 'hang', chain: 'c', doing: 'update' });
    const report = await runtime.stop({ drainMs: 50 });
    expect(report.error?.message).toMatch(/'hang' of chain 'c' did not come back from update\(\), and ended the packet manager/);
    expect(await applied).toMatchObject({ message: report.error!.message });
  });

  it('is named where it is never made, when the time for that is over', async () => {
    const neverMade = (placement: 'per-vm' | 'together'): Promise<Runtime> => start(configure(10, { placement }, hang({ from: 'create' })), { startTimeoutMs: 2000 });
    await run(configure(1, {}, touch({}))); // what the system starts once, is there
    await stat('.'); // libuv's pool of threads is there for good from its first use on
    const threads = threadCount();
    let begun = 0;
    const count = (): number => begun++;
    process.on('worker', count);
    onTestFinished(() => { process.off('worker', count); });
    const why = "was not created within 2 s: its create() was expected to return or throw, and has done neither";
    await expect(neverMade('per-vm')).rejects.toMatchObject({ name: 'StartError', code: 'create-timeout', vm: 'hang', chain: 'c', message: `network function 'hang' of chain 'c' ${why}` });
    await expect(neverMade('together')).rejects.toMatchObject({ code: 'create-timeout', vm: 'hang', message: `network function 'hang' of chain 'c' (VM 'c') ${why}` });
    expect(begun).toBe(2 * 2); // a manager and a VM each time: nobody put another in the place of what was ended
    await vi.waitFor(() => { expect(threadCount()).toBeLessThanOrEqual(threads); }, { timeout: 10_000 });
    await expect(start(configure(1, {}, touch({})), { startTimeoutMs: 0 })).rejects.toThrow('startTimeoutMs: found 0, expected more than 0');
  });

  it('is named where its thread can never make it', async () => {
    await expect(start(configure(10, { placement: 'inline' }, touch({}, { as: 'before' }), hang({ from: 'create' })))).rejects.toThrow("network function 'hang' of chain 'c' ended the packet manager with it, as they share a thread: its create() never came to an end");
  });
});

describe('one thread', () => {
  const inOne = (configuration: Configuration): Configuration => ({ ...configuration, threads: 'one' });

  it('runs every chain inline, and the books are the same', async () => {
    for (const options of [{}, { placement: 'together' }] as const) {
      const [apart, one] = [await run(everything(options)), await run(inOne(everything(options)))];
      expect(one.vms).toEqual(apart.vms);
      expect(one.ports).toEqual(apart.ports);
      expect(one.drops).toEqual({ chosen: 257, refused: 200 });
      expect(one.threads.map(({ kind }) => kind)).toEqual(['manager']);
    }
  });

  it('has no room for a port that needs a thread of its own', async () => {
    const tunnel = { ports: { source: generator({ packets: 1 }), out: vxlan({ vni: 1, remote: '127.0.0.1' }) }, paths: [{ from: 'source', to: 'out', via: chain('c', [touch({})]) }] };
    const problems = await start(inOne(tunnel)).then(() => [], (error: unknown) => (error as ConfigurationError).problems);
    expect(problems).toMatchObject([{ code: 'wrong-value', place: 'threads', found: "'one'", message: "a port of kind 'vxlan' ('out') needs a thread of its own" }]);
  });
});

describe('auto', () => {
  const placed = (cores: number, isOne: boolean, ...chains: readonly [name: string, count: number, options: ChainOptions][]): string[] => {
    const checked = chains.map(([name, count, { replicas = 1, ...options }]) => ({
      name,
      functions: Array.from({ length: count }, (_, at) => ({ name: `${name}${at}`, spread: { by: 'connection' } })),
      names: Array.from({ length: count }, (_, at) => `${name}${at}`),
      options: { placement: 'auto', routing: 'hub', ...options },
      replicas: typeof replicas === 'number' ? { count: replicas, only: null, named: [] } : { count: Math.max(...Object.values(replicas)), only: new Set(Object.keys(replicas)), named: [] },
    })) as unknown as CheckedChain[];
    return place(checked, isOne, 4, cores).vms.map(({ name }) => name);
  };

  it('puts functions together where there would be more threads than cores: those that there are, live ports\' too', () => {
    // The manager, four of ports, two functions.
    expect(placed(7, false, ['a', 2, {}])).toEqual(['a0', 'a1']);
    expect(placed(6, false, ['a', 2, {}])).toEqual(['a']);
    // A chain whose functions are together has a thread for each replica, one that is inline has none.
    expect(placed(9, false, ['a', 2, {}], ['b', 8, { placement: 'together', replicas: 2 }], ['c', 8, { placement: 'inline' }])).toEqual(['a0', 'a1', 'b.1', 'b.2', 'c']);
    expect(placed(8, false, ['a', 2, {}], ['b', 8, { placement: 'together', replicas: 2 }])).toEqual(['a', 'b.1', 'b.2']);
    // In one thread nothing is gained by VMs apart.
    expect(placed(64, true, ['a', 2, {}])).toEqual(['a']);
    // Functions that exist in different numbers cannot be together.
    expect(placed(1, false, ['a', 2, { replicas: { a1: 2 } }])).toEqual(['a0', 'a1.1', 'a1.2']);
  });
});

describe('replicas', () => {
  it.each([['per-vm' as const], ['together' as const], ['inline' as const]])('share the connections, each keeping to one, in order (%s)', async (placement) => {
    const report = await simulate(configure(4000, { placement, replicas: 3 }, meter({}), orderGuard({})));
    expect(report.vms.map(({ name }) => name)).toEqual(['meter.1', 'order-guard.1', 'meter.2', 'order-guard.2', 'meter.3', 'order-guard.3']);
    expect(report.drops).toEqual({});
    const shares = [0, 2, 4].map((at) => report.vms[at].received);
    expect(shares.reduce((sum, share) => sum + share)).toBe(4000);
    // 40 flows of 100 packets: whole flows, and no replica goes without.
    expect(shares.every((share) => share > 0 && share % 100 === 0), shares.join(', ')).toBe(true);
    expect(report.ledger).toMatchObject({ balanced: true, transmitted: 4000 });
  });

  it.each([['hub' as const], ['mesh' as const]])('of one function share the connections between them, and the other functions have all (%s)', async (routing) => {
    const chained = [touch({}), meter({}), orderGuard({})];
    const whole = await simulate(configure(4000, { routing }, ...chained));
    const { vms, drops, ledger, census } = await simulate(configure(4000, { routing, replicas: { meter: 3 } }, ...chained));
    expect(vms.map(({ name }) => name)).toEqual(['touch', 'meter.1', 'meter.2', 'meter.3', 'order-guard']);
    expect([vms[0], vms[4]]).toEqual([whole.vms[0], whole.vms[2]]);
    const shares = [1, 2, 3].map((at) => vms[at].received);
    expect(shares.reduce((sum, share) => sum + share)).toBe(4000);
    expect(shares.every((share) => share > 0 && share % 100 === 0), shares.join(', ')).toBe(true);
    expect(drops).toEqual({});
    expect(ledger).toEqual(whole.ledger);
    expect(census).toMatchObject({ balanced: true, faults: [], inFlight: 0 });
  });

  it('of a function behind NAT see both directions of a connection, answers of a function behind them too', async () => {
    const report = await run(configure(1000, { replicas: { meter: 2 } }, nat({ external: '203.0.113.1' }), meter({}), refuse({ nth: 5 })));
    for (const at of [1, 2]) expect(report.vms[at].counters.reverse).toBeGreaterThan(0);
    expect(report.vms[1].counters.reverse + report.vms[2].counters.reverse).toBe(report.drops.refused);
    expect(report.ledger).toMatchObject({ balanced: true, originated: report.drops.refused });
  });

  it('are read by name: each a function of the chain, all the same number, each in a VM of its own', async () => {
    const problems = async (options: ChainOptions): Promise<readonly unknown[]> => {
      const result = await checkConfiguration(configure(1, options, touch({}), meter({}), orderGuard({})));
      return 'problems' in result ? result.problems : [result.plan.paths[0].replicas];
    };
    expect(await problems({ replicas: { meter: 2, touch: 1 } })).toEqual([[[0, 1, 3], [0, 2, 3]]]);
    expect(await problems({ replicas: { meter: 2, touch: 2, 'order-guard': 2 } })).toEqual([[[0, 1, 2], [3, 4, 5]]]);
    expect(await problems({ replicas: {} })).toEqual([[[0, 1, 2]]]);
    expect(await problems({ replicas: { metre: 2 } })).toMatchObject([{ code: 'unknown-key', place: 'chains.c.replicas.metre', found: "'metre'", message: "the chain has no function 'metre', did you mean 'meter'?" }]);
    expect(await problems({ replicas: { meter: 2, touch: 3 } })).toMatchObject([{ code: 'impossible-size', place: 'chains.c.replicas', found: 'meter: 2, touch: 3', expected: 'one number for all of them, or 1' }]);
    expect(await problems({ replicas: { meter: 2 }, placement: 'together' })).toMatchObject([{ code: 'impossible-size', place: 'chains.c.replicas', found: "a map, with placement 'together'" }]);
    expect(await problems({ replicas: { meter: 0 } })).toMatchObject([{ place: 'chains.c.replicas.meter' }]);
    expect(await problems({ replicas: 'two' as unknown as number })).toMatchObject([{ place: 'chains.c.replicas' }]);
  });

  it('answer on the replica that the packet came through', async () => {
    const report = await run(configure(1000, { replicas: 2 }, meter({}), refuse({ nth: 5 })));
    for (const at of [0, 2]) expect(report.vms[at].counters.reverse).toBe(report.vms[at + 1].drops.refused);
    expect(report.ledger).toMatchObject({ balanced: true, originated: report.drops.refused });
  });

  it('give up only the share that one more replica takes', () => {
    const flows = Array.from({ length: 20_000 }, (_, k) => Math.imul(k + 1, 0x9e3779b1) >>> 0);
    for (let count = 1; count < 8; count++) {
      const moved = flows.filter((hash) => pickReplica(hash, count) !== pickReplica(hash, count + 1));
      expect(moved.every((hash) => pickReplica(hash, count + 1) === count)).toBe(true);
      const share = flows.length / (count + 1);
      expect(Math.abs(moved.length - share)).toBeLessThan(0.1 * share);
    }
  });
});
