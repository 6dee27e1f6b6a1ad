/** What a dying VM leaves behind: every slot home, the books exact, the packet in hand kept as it was found. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chain, generator, run, sink, start, type Configuration, type RuntimeEvent } from 'millrace';
import { simulate } from 'millrace/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fail, forgetful, touch } from '../support/trace-function.mjs';

const through = (packets: number, ...uses: Parameters<typeof chain>[1]): Configuration => ({
  ports: { source: generator({ packets }), out: sink() },
  paths: [{ from: 'source', to: 'out', via: chain('edge', uses) }],
  memory: { slots: 128 },
});

describe('a network function that fails', () => {
  it.each(['throw', 'exit', 'memory'] as const)('by %s loses the packet in hand to nf-crash, and the chain stops with a clear error', async (how) => {
    const events: RuntimeEvent[] = [];
    const report = await run(through(20_000, touch({}), fail({ at: 1000, how })), { onEvent: (event) => events.push(event) });
    expect(report.error?.message).toMatch(/network function 'fail' of chain 'edge' failed: /);
    expect(report.error?.packet).toMatchObject({ chain: 'edge', vm: 'fail', length: 64 });
    expect(report.error?.packet?.hex).toMatch(/^[0-9a-f]{128}$/);
    expect(report.drops['nf-crash']).toBe(1);
    expect(report.vms[1].returned).toBe(999);
    expect(report.ledger.balanced).toBe(true);
    expect(report.ledger.inFlight).toBe(0);
    expect(events.filter(({ type }) => type === 'vm-crashed')).toHaveLength(1);
  }, 60_000);

  it('by an endless loop is ended by stop(), with the books exact', async () => {
    const runtime = await start(through(20_000, touch({}), fail({ at: 500, how: 'loop' })));
    await vi.waitFor(() => { expect(runtime.stats().vms[1].received).toBeGreaterThanOrEqual(500); }, { timeout: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 200)); // until it loops
    const report = await runtime.stop({ drainMs: 200 });
    expect(report.ledger.balanced).toBe(true);
    expect(report.ledger.inFlight).toBe(0);
    expect(report.drops['nf-crash']).toBe(1);
  });

  it('while its module is imported is told by start()', async () => {
    await expect(start(through(10, touch({}), { ...touch({}), name: 'broken', module: 'data:text/javascript,throw new Error("no such luck")', function: 'x' }))).rejects.toThrow(/no such luck/);
  });
});

describe('a thread that ends before it has come to its VM', () => {
  it('is told by start(), and no other is left behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-preload-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [preload, program] = ['exit.cjs', 'program.mjs'].map((name) => join(folder, name));
    // Of all threads only those of VMs have this much memory (src/runtime/threads.ts).
    await writeFile(preload, 'if (require("node:worker_threads").resourceLimits.maxOldGenerationSizeMb === 512) process.exit(7);\n');
    await writeFile(program, `
      import { chain, firewall, generator, sink, start } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url))};
      const configuration = {
        ports: { source: generator({ packets: 10 }), out: sink() },
        paths: [{ between: ['source', 'out'], via: chain('edge', [firewall({ rules: ['allow any'] })]) }],
      };
      await start(configuration).then(() => console.log('started'), ({ name, message }) => console.log(name, message));`);
    // It ends by itself only when all threads have.
    const { stdout } = await promisify(execFile)(process.execPath, ['-r', preload, program], { timeout: 30_000 });
    expect(stdout).toMatch(/^StartError network function 'firewall' of chain 'edge' failed: its thread exited with code 7/);
  }, 60_000);
});

describe('a worker that is ended at any instant', () => {
  it('leaves every slot in one place and exact books', async () => {
    for (let round = 0; round < 4; round++) {
      const runtime = await start(through(3_000_000, touch({}), touch2, touch({}, { as: 'third' })));
      await new Promise((resolve) => setTimeout(resolve, 5 + round * 7));
      (runtime as unknown as { killVm(name: string): void }).killVm('second');
      const report = await runtime.finished;
      expect(report.error?.vm).toBe('second');
      expect(report.ledger, JSON.stringify(report.drops)).toMatchObject({ balanced: true, inFlight: 0 });
    }
  });

  const touch2 = touch({}, { as: 'second' });
});

describe('a VM that dies before or after any of its atomic stores', () => {
  it.each(['before', 'after'] as const)('%s: nothing is lost, doubled or counted twice', async (when) => {
    const configuration = through(60, touch({}), touch({}, { as: 'second' }), touch({}, { as: 'third' }));
    let points = 0;
    for (let store = 1; ; store++) {
      const result = await simulate({ ...configuration, burst: 8 }, { seed: store, crash: { vm: 'second', store, when } });
      expect(result.census, `store ${store}`).toMatchObject({ balanced: true, faults: [], inFlight: 0 });
      const spare = Object.values(result.census.vms).reduce((sum, vm) => sum + vm.spare, 0);
      expect(result.census.free + spare, `store ${store}`).toBe(128);
      expect(result.ledger).toMatchObject({ balanced: true });
      if (!result.crashed) break;
      points++;
      expect(result.drops['nf-crash'] ?? 0).toBeLessThanOrEqual(1);
      expect(result.vms[1].returned + (result.vms[1].drops['nf-crash'] ?? 0) + (result.vms[1].drops['chain-stopped'] ?? 0)).toBe(result.vms[1].received);
    }
    // Three stores a burst: the journal, the publication, the release.
    expect(points).toBeGreaterThan(20);
  });
});

describe('a network function that returns no verdict', () => {
  it('does not let the packet pass', async () => {
    const report = await run(through(100, forgetful({ at: 10 })));
    expect(report.error?.message).toMatch(/'forgetful' of chain 'edge' failed: it returned undefined, expected forward/);
    expect(report.error?.stack).toContain('TypeError');
    expect(report.drops['nf-crash']).toBe(1);
    expect(report.ports.out.transmitted).toBe(9);
    expect(report.ledger.balanced).toBe(true);
  });
});
