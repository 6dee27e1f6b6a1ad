/** Each kind of mistake in a configuration, once, in the words that the user reads. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { chain } from '../../src/chain/chain.js';
import { forward } from '../../src/nf/contract.js';
import { defineNetworkFunction } from '../../src/nf/define.js';
import { ConfigurationError } from '../../src/runtime/problems.js';
import { planConfiguration } from '../../src/runtime/check.js';
import type { Configuration } from '../../src/runtime/configuration.js';
import { start } from '../../src/runtime/start.js';
import { ttlGuard } from './functions/ttl-guard.js';
import { directory, functions, GUARD, problemsOf, right, type Draft } from './configurations.js';

const base = directory();
afterAll(() => rmSync(base, { recursive: true }));

/** The problems after a change to the configuration that is right. */
async function after(change: (configuration: Draft) => unknown): Promise<string[]> {
  const configuration = right();
  change(configuration);
  return problemsOf(configuration, base);
}

test('a configuration without a mistake has no problems', async () => {
  expect(await problemsOf(right(), base)).toEqual([]);
});

describe('shapes', () => {
  test('a key that means nothing, with the one that was meant', async () => {
    expect(await after((c) => (c.prots = {}))).toEqual([
      "prots: unknown key 'prots', did you mean 'ports'?\n  found 'prots', expected 'captures', 'ports', 'chains', 'paths', 'memory', 'flows', 'mode', 'burst', 'wakeUp' or 'threads' [unknown-key]",
    ]);
  });

  test('a key that is missing', async () => {
    expect(await after((c) => delete c.ports.inside.capture)).toContain("ports.inside.file: 'file' is missing\n  found nothing, expected a text [missing-key]");
    expect(await after((c) => delete c.paths[0].via)).toEqual(["paths[0].via: 'via' is missing\n  found nothing, expected a chain [missing-key]"]);
  });

  test('a value of another type', async () => {
    expect(await after((c) => (c.burst = 'many'))).toEqual(["burst: 'burst' is not a number\n  found 'many', expected a number [wrong-type]"]);
    expect(await after((c) => Object.assign(c, { paths: 'all' }))).toEqual(["paths: 'paths' is not a list\n  found 'all', expected a list [wrong-type]"]);
    expect(await after((c) => Object.assign(c.ports, { inside: [] }))).toContain('ports.inside: a port is not a map\n  found an empty list, expected a map [wrong-type]');
    expect(await problemsOf(null, base)).toEqual(['the configuration is not a map\n  found an empty value, expected a map with ports and paths [wrong-type]']);
  });

  test('a value that is not one of those allowed', async () => {
    expect(await after((c) => (c.mode = 'zero-cpoy'))).toEqual([
      "mode: 'zero-cpoy' is not known here, did you mean 'zero-copy'?\n  found 'zero-cpoy', expected 'zero-copy' or 'copy' [wrong-value]",
    ]);
    expect(await after((c) => (c.ports.outside = { kind: 'sunk' }))).toEqual([
      "ports.outside.kind: there is no kind of port 'sunk', did you mean 'sink'?\n  found 'sunk', expected 'capture', 'generator', 'sink', 'memory', 'module', 'queue', 'vxlan', 'af-packet', 'af-xdp', 'tap' or 'tun' [wrong-value]",
    ]);
    expect(await after((c) => (c.paths = []))).toEqual(['paths: there are no paths: every packet would be dropped\n  found an empty list, expected at least one path [wrong-value]']);
  });

  test('impossible sizes', async () => {
    expect(await after((c) => (c.memory = { slots: 1 }))).toEqual(["memory.slots: 'slots' is too small\n  found 1, expected at least 2 [impossible-size]"]);
    expect(await after((c) => (c.memory = { slotBytes: 3000 }))).toEqual([
      "memory.slotBytes: 'slotBytes' is not a power of two\n  found 3000, expected a power of two, such as 4096 [impossible-size]",
    ]);
    expect(await after((c) => Object.assign(c, { memory: { slotBytes: 8192 }, ports: { ...c.ports, inside: { kind: 'af-xdp', interface: 'eth1' } } }))).toEqual([
      "memory.slotBytes: the slots of an 'af-xdp' port ('inside') are 2048 or 4096 bytes long: the kernel knows no other lengths\n  found 8192, expected 2048 or 4096 [impossible-size]",
    ]);
    expect(await after((c) => (c.memory = { slots: 1_048_576, slotBytes: 8192 }))).toEqual([
      'memory: the region is larger than addresses can reach\n  found 1048576 slots of 8192 B: 8589934592 B, expected at most 4294967296 B [impossible-size]',
    ]);
    expect(await after((c) => (c.flows = 2 ** 22))).toEqual(["flows: 'flows' is too large\n  found 4194304, expected at most 1048576 [impossible-size]"]);
    expect(await after((c) => (c.ports.outside = { kind: 'generator', packets: 1, lengths: new Array(200_000).fill(64) }))).toEqual([]);
    expect(await after((c) => (c.ports.outside = { kind: 'generator', packets: 1, lengths: 60, version: 6, protocol: 'tcp' }))).toEqual([
      'ports.outside.lengths: tcp over IPv6 needs longer frames\n  found 60, expected at least 74 [impossible-size]',
    ]);
  });

  test('more than one runtime holds', async () => {
    expect(await after((c) => (c.chains.edge = Array.from({ length: 65 }, (_, k) => ({ 'ttl-guard': { as: `guard${k}`, minimum: 1 } }))))).toEqual([
      'chains: too many network functions: each is a thread\n  found 65, expected at most 64 [too-many]',
    ]);
  });
});

describe('names', () => {
  test('a name of other characters', async () => {
    expect(await after((c) => (c.ports['in side'] = { kind: 'sink' }))).toEqual([
      `ports["in side"]: 'in side' cannot name a port\n  found 'in side', expected a letter, then up to 63 letters, digits, '.', '-' or '_' [bad-name]`,
    ]);
  });

  test('two network functions of one name', async () => {
    expect(await after((c) => c.chains.edge.push({ 'ttl-guard': { minimum: 2 } }))).toEqual([
      "chains.edge[1]: two network functions are named 'ttl-guard', tell them apart with 'as'\n  found 'ttl-guard' twice, expected a name for each use [duplicate-name]",
    ]);
    expect(await after((c) => c.chains.edge.push({ 'ttl-guard': { as: 'second', minimum: 2 } }))).toEqual([]);
  });

  test('two chains of one name', async () => {
    const other = chain('edge', [ttlGuard({ minimum: 3 }, { as: 'other' })]);
    expect(await after((c) => (c.paths as unknown[]).push({ from: 'inside', to: 'outside', via: other }))).toEqual([
      "chains.edge: two chains are named 'edge'\n  found 'edge' twice, expected a name for each chain [duplicate-name]",
    ]);
  });

  test('names that nothing has', async () => {
    expect(await after((c) => (c.ports.inside.capture = 'trance'))).toEqual([
      "ports.inside.capture: there is no capture 'trance', did you mean 'trace'?\n  found 'trance', expected 'trace' [unknown-capture]",
    ]);
    expect(await after((c) => (c.paths[0].between[1] = 'outsid'))).toEqual([
      "paths[0].between[1]: there is no port 'outsid', did you mean 'outside'?\n  found 'outsid', expected 'inside' or 'outside' [unknown-port]",
    ]);
    expect(await after((c) => (c.paths[0].via = 'egde'))).toEqual([
      "paths[0].via: there is no chain 'egde', did you mean 'edge'?\n  found 'egde', expected 'edge' [unknown-chain]",
    ]);
  });
});

describe('network functions', () => {
  test('a chain without any', async () => {
    expect(await after((c) => (c.chains.edge = []))).toEqual(["chains.edge: the chain 'edge' has no network functions\n  found an empty list, expected at least one network function [empty-chain]"]);
  });

  test('a stock function that does not exist', async () => {
    expect(await after((c) => (c.chains.edge = [{ 'tll-guard': {} }]))).toEqual([
      "chains.edge[0]: there is no stock function 'tll-guard', did you mean 'ttl-guard'?\n  found 'tll-guard', expected 'ttl-guard', or 'from' with the module of your own [unknown-function]",
    ]);
  });

  test('a module that exports another function', async () => {
    expect(await after((c) => (c.chains.edge = [{ 'ttl-gard': { from: GUARD } }]))).toEqual([
      `chains.edge[0]: '${GUARD}' exports no network function 'ttl-gard', did you mean 'ttl-guard'?\n  found 'ttl-gard', expected 'ttl-guard' or 'keeps-functions' [unknown-function]`,
    ]);
  });

  test('a module, or a check of options, that waits for what never comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const inAMinute = async (problems: Promise<string[]>): Promise<string[]> => {
        let found: string[] | null = null;
        void problems.then((all) => (found = all));
        while (found === null) {
          await vi.advanceTimersByTimeAsync(60_000);
          await new Promise(setImmediate);
        }
        return found;
      };
      const why = 'found it has not come to an end in 60 s';
      writeFileSync(join(base, 'waits.mjs'), 'await new Promise(() => {});\n');
      expect(await inAMinute(after((c) => (c.chains.edge = [{ guard: { from: './waits.mjs' } }])))).toEqual([
        `chains.edge[0].from: the module of 'guard' cannot be loaded\n  ${why}, expected a module that exports 'guard' [module-unloadable]`,
      ]);
      const validate = () => new Promise<never>(() => undefined);
      const never = defineNetworkFunction('test:never', { name: 'never', options: { '~standard': { version: 1, vendor: 'test', validate } }, create: () => () => forward });
      expect(await inAMinute(after((c) => (c.chains.edge = [never({}) as never])))).toEqual([
        `chains.edge[0]: 'never' failed while its options were being prepared\n  ${why}, expected problems to be reported, not thrown [function-failed]`,
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('such a module, or check, given as long as functions may take to be created', async () => {
    const validate = (value: unknown) => ({ value });
    const never = defineNetworkFunction('test:never-prepared', { name: 'never-prepared', options: { '~standard': { version: 1, vendor: 'test', validate } }, prepare: () => new Promise<never>(() => undefined), create: () => () => forward });
    writeFileSync(join(base, 'waits.mjs'), 'await new Promise(() => {});\n');
    for (const [use, code] of [[never({}), 'function-failed'], [{ guard: { from: './waits.mjs' } }, 'module-unloadable']] as const) {
      const configuration = right();
      configuration.chains.edge = [use as never];
      await expect(start(configuration as unknown as Configuration, { baseDirectory: base, startTimeoutMs: 40 })).rejects.toMatchObject({ problems: [{ code, found: 'it has not come to an end in 0.04 s' }] });
    }
    await expect(planConfiguration(right(), { startTimeoutMs: 0 })).rejects.toThrow('startTimeoutMs: found 0, expected more than 0');
  });

  test('a module that is not there', async () => {
    expect(await after((c) => (c.chains.edge = [{ guard: { from: './guard.js' } }]))).toEqual([
      "chains.edge[0].from: the module of 'guard' cannot be loaded\n  found there is no file DIR/guard.js, expected a module that exports 'guard' [module-unloadable]",
    ]);
    writeFileSync(join(base, 'throws.mjs'), 'throw null;\n');
    expect(await after((c) => (c.chains.edge = [{ guard: { from: './throws.mjs' } }]))).toEqual([
      "chains.edge[0].from: the module of 'guard' cannot be loaded\n  found null, expected a module that exports 'guard' [module-unloadable]",
    ]);
    expect(await after((c) => Object.assign(c.chains, { edge: [{ function: 'guard', from: 'no-such-package' }] }))).toEqual([
      "chains.edge[0].from: the module of 'guard' cannot be loaded\n  found there is no package 'no-such-package' in DIR or above it, expected a module that exports 'guard' [module-unloadable]",
    ]);
  });

  test('what belongs to a network function and stands as an item of its own, as a list in one line is easily written', async () => {
    expect(await after((c) => (c.chains.edge = [{ function: 'nat' }, { from: './nat.js' }] as never))).toContain(
      "chains.edge[1]: 'from' is said of a network function, and stands here as an item of its own\n  found 'from' by itself, expected one item: { function: NAME, from: FILE, as: NAME, options: {…} } [wrong-type]",
    );
  });

  test('an option that the schema of the function does not know', async () => {
    expect(await after((c) => (c.chains.edge[0]['ttl-guard'] = { minimun: 1 }))).toEqual([
      "chains.edge[0].minimun: unknown key 'minimun', did you mean 'minimum'?\n  found 'minimun', expected 'minimum' or 'texts' [unknown-key]",
    ]);
  });

  test('an option that the function cannot read, with line and column', async () => {
    expect(await after((c) => (c.chains.edge[0]['ttl-guard'].texts = ['good', 'a bad text']))).toEqual([
      "chains.edge[0].texts[1] (line 1:3): 'bad' is not a word\n  found bad, expected good [invalid-option]",
    ]);
  });

  test('a function that throws, and one whose options cannot cross threads', async () => {
    expect(await after((c) => (c.chains.edge[0]['ttl-guard'].texts = ['throw']))).toEqual([
      "chains.edge[0]: 'ttl-guard' failed while its options were being prepared\n  found out of words, expected problems to be reported, not thrown [function-failed]",
    ]);
    expect(await after((c) => (c.chains.edge = [{ 'keeps-functions': { from: GUARD } }]))).toEqual([
      "chains.edge[0]: the options of 'keeps-functions' cannot cross threads\n  found () => 1 could not be cloned., expected plain data [options-not-clonable]",
    ]);
  });
});

describe('files', () => {
  test('a capture that is missing, unreadable or none', async () => {
    expect(await after((c) => (c.captures.trace.file = 'monday.pcap'))).toEqual([
      "captures.trace.file: there is no file 'DIR/monday.pcap'\n  found no file, expected a capture file [file-missing]",
    ]);
    expect(await after((c) => (c.captures.trace.file = '.'))).toEqual([
      "captures.trace.file: 'DIR' is a directory\n  found 'DIR', expected a capture file [file-unreadable]",
    ]);
    expect(await after((c) => (c.captures.trace.file = 'notes.txt'))).toEqual([
      "captures.trace.file: 'DIR/notes.txt' is not a capture\n  found a file that starts with 0x6e6f2063, expected pcap or pcapng, as it is or in gzip [not-a-capture]",
    ]);
  });

  test('prefixes that are none', async () => {
    expect(await after((c) => (c.captures.trace.inside = ['10.0.0.0/8', '10.0.0.0/33']))).toEqual([
      "captures.trace.inside[1]: '10.0.0.0/33' is not a prefix\n  found '10.0.0.0/33', expected a prefix such as 10.0.0.0/8 or fd00::/8 [bad-prefix]",
    ]);
  });

  test('two ports that are the same side, or split one file in two ways', async () => {
    expect(await after((c) => (c.ports.outside.side = 'inside'))).toEqual([
      "ports.outside.side: 'inside' and 'outside' are the same side of one capture\n  found 'inside', expected one port for each side [same-side]",
    ]);
    expect(await after((c) => (c.ports.outside = { file: 'office.pcap', side: 'outside', inside: ['10.0.0.0/8'] }))).toEqual([
      "ports.outside.inside: 'inside' and 'outside' split one capture by different prefixes\n  found 10.0.0.0/8, expected 10.0.0.0/8, fd00::/8 [sides-differ]",
    ]);
    expect(await after((c) => (c.ports.outside = { file: 'office.pcap', inside: ['10.0.0.0/8'] }))).toEqual([
      "ports.outside.side: 'side' is missing: prefixes split a capture in two, and the port is one of them\n  found nothing, expected 'inside' or 'outside' [missing-key]",
    ]);
  });

  test('a file that is read and written, under whatever name', async () => {
    symlinkSync('office.pcap', join(base, 'link.pcap'));
    expect(await after((c) => (c.ports.inside.write = 'link.pcap'))).toEqual([
      "ports.inside.write: 'inside' writes the file that is read\n  found 'DIR/link.pcap', expected another file [write-over-read]",
    ]);
  });

  test('a file that two ports write', async () => {
    expect(await after((c) => (c.ports.outside.write = './in.pcapng'))).toEqual([
      "ports.outside.write: 'inside' and 'outside' write the same file\n  found 'DIR/in.pcapng', expected a file for each port [write-twice]",
    ]);
  });

  test('a place where nothing can be written', async () => {
    mkdirSync(join(base, 'taken'));
    writeFileSync(join(base, 'file'), '');
    expect(await after((c) => (c.ports.inside.write = 'taken'))).toEqual([
      "ports.inside.write: 'DIR/taken' cannot be written: it is a directory\n  found 'DIR/taken', expected a place for a file [write-impossible]",
    ]);
    expect(await after((c) => (c.ports.inside.write = 'file/in.pcap'))).toEqual([
      "ports.inside.write: 'DIR/file/in.pcap' cannot be written: 'DIR/file' is not a directory\n  found 'DIR/file/in.pcap', expected a place for a file [write-impossible]",
    ]);
    expect(await after((c) => (c.ports.inside.write = 'new/deep/in.pcap'))).toEqual([]);
  });
});

describe('paths', () => {
  test('a path that begins and ends at one port', async () => {
    expect(await after((c) => (c.paths[0].between = ['inside', 'inside']))).toEqual([
      "paths[0].between[1]: the path begins and ends at 'inside'\n  found 'inside' twice, expected two ports [same-port]",
    ]);
  });

  test('a match that cannot be parsed', async () => {
    const [problem] = await after((c) => (c.paths[0].match = 'ip and more'));
    expect(problem).toMatch(/^paths\[0\]\.match \(line 1:4\): "and" is not part of a match\n {2}found and, expected .* \[bad-match\]$/);
  });
});

test('all mistakes come at once, in one error', async () => {
  const configuration = right();
  configuration.burst = 0;
  configuration.captures.trace.file = 'monday.pcap';
  configuration.paths[0].via = 'egde';
  const error = await planConfiguration(configuration, { baseDirectory: base, functions }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as ConfigurationError).problems.map(({ code }) => code)).toEqual(['impossible-size', 'file-missing', 'unknown-chain']);
  expect((error as ConfigurationError).message.split('\n')[0]).toBe('3 problems in the configuration');
});

describe('legs of a router', () => {
  const legs = (inside: Record<string, unknown>, outside: Record<string, unknown> = { addresses: ['198.51.100.1/24', '2001:db8::1/64'] }): ((c: Draft) => void) => (c) => {
    c.ports = { inside: { kind: 'af-packet', interface: 'in', ...inside }, outside: { kind: 'vxlan', vni: 1, remote: '192.0.2.1', ...outside } };
  };

  test('that are right', async () => {
    const inside = { addresses: ['10.0.0.1/24', 'fd00::1/64', '10.9.0.0/31'], mac: '02:00:5e:10:00:01', mtu: 1400, clampMss: 1200 };
    expect(await after(legs({ ...inside, routes: [{ to: 'default', via: '10.0.0.254' }, { to: '10.2.0.0/16' }, { to: '::/0', via: 'fe80::1' }] }))).toEqual([]);
  });

  test('with every mistake at once', async () => {
    const routes = [{ to: '10.0.0.0/40' }, { to: 'default' }, { to: '0.0.0.0/0', via: 'fd00::2' }, { to: 'default', via: '10.7.0.1' }, { to: '10.0.0.0/8', via: 'gateway' }];
    const addresses = ['10.0.0.1', '10.0.0.255/24', '10.0.0.3/24', '10.0.0.3/24'];
    expect((await after(legs({ addresses, mac: '01:00:5e:00:00:01', routes }))).map((problem) => problem.split('\n')[0])).toEqual([
      "ports.inside.addresses[0]: '10.0.0.1' is not an address with a prefix length",
      "ports.inside.addresses[1]: '10.0.0.255/24' is no address that a host can have",
      "ports.inside.addresses[3]: '10.0.0.3/24' is there twice",
      "ports.inside.routes[0].to: '10.0.0.0/40' is not a prefix",
      "ports.inside.routes[1].via: 'default' has no IP version without 'via'",
      "ports.inside.routes[2].via: 'to' and 'via' are of different IP versions",
      "ports.inside.routes[3].via: the next hop '10.7.0.1' is in no network of this port",
      "ports.inside.routes[4].via: 'gateway' is not an address",
      "ports.inside.mac: '01:00:5e:00:00:01' is not the address of one host",
    ]);
  });

  test('that are none, or are in one network, or half a router', async () => {
    expect(await after(legs({ routes: [] }, {}))).toEqual([
      "ports.inside.routes: 'routes' is for a port with 'addresses': this one is a bump in the wire\n  found no addresses, expected 'addresses' beside it, such as [10.0.0.1/24] [missing-key]",
    ]);
    expect(await after(legs({ addresses: ['198.51.100.2/28'] }))).toEqual([
      "ports.outside.addresses[0]: 'inside' and 'outside' have addresses in one network\n  found the network of 'inside', expected a network for each port [same-network]",
    ]);
    expect(await after(legs({}))).toEqual([
      "paths[0]: 'outside' has addresses, so it routes, and 'inside' has none\n  found a path between 'inside' and 'outside', expected 'addresses' for both ports, or for neither [half-a-router]",
    ]);
    expect(await after(legs({ adresses: ['10.0.0.1/24'] }, {}))).toEqual([
      "ports.inside.adresses: unknown key 'adresses', did you mean 'addresses'?\n  found 'adresses', expected 'kind', 'interface', 'mtu', 'addresses', 'mac', 'routes', 'clampMss' or 'detectDuplicates' [unknown-key]",
    ]);
  });
});
