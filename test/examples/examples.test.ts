/** Every example is run, as a user runs it: a process of its own, in its own folder. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfiguration, run, type Configuration, type NetworkFunctionUse } from 'millrace';
import { harness } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { ROOT, read } from '../tidy/source-files.js';

/** What a program prints on stdout. Fails when it prints anything on stderr, or ends with another code than 0. */
async function output(folder: string, ...args: string[]): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: join(ROOT, folder), env: { ...env, NO_COLOR: '1' }, timeout: 50_000 });
  expect(stderr).toBe('');
  return stdout;
}

/** `live` by test/live/end-to-end.test.ts. */
const TESTED = ['echo-responder', 'live', 'own-network-function', 'queue-port', 'single-file'];

describe('examples', () => {
  it('are all tested here, and named in their README', () => {
    const folders = readdirSync(join(ROOT, 'examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folders.sort()).toEqual(TESTED);
    for (const name of TESTED) expect(read('examples/README.md')).toContain(`| \`${name}/\` |`);
  });

  it('own-network-function drops what has too little time to live', async () => {
    expect(await output('examples/own-network-function', 'main.js')).toMatch(/'ttl-guard' +│ \d+ +│ \d+ +│ [1-9]\d* +│\n/);
  });

  it('own-network-function tests its function', async () => {
    expect(await output('examples/own-network-function', '--test', '--test-reporter=tap')).toContain('# pass 1\n# fail 0');
  });

  it('own-network-function runs the same from YAML', async () => {
    const { document, ...options } = await readConfiguration(join(ROOT, 'examples/own-network-function/chain.yaml'));
    const report = await run(document as Configuration, options);
    expect(report.error).toBeUndefined();
    expect(report.ledger.balanced).toBe(true);
    expect(report.drops['ttl-expired']).toBeGreaterThan(0);
    expect(report.vms.map(({ name, restarts }) => [name, restarts])).toEqual([['ttl-guard', 0], ['nat', 0]]);
  });

  it('queue-port sends and reads packets', async () => {
    expect(await output('examples/queue-port', 'main.js')).toBe("47 bytes left, to port 7\n{ 'firewall-denied': 1 }\n");
  });

  it('echo-responder answers from where the ping went to', async () => {
    const printed = await output('examples/echo-responder', 'main.js');
    expect(printed).toContain('reply of type 0 from 203.0.113.1 to 10.0.0.1\n');
    expect(printed).toMatch(/received: 1,\s+originated: 1,\s+transmitted: 1,\s+dropped: 1,\s+inFlight: 0,\s+balanced: true/);
  });

  it('single-file does not start again in its VM', async () => {
    expect(await output('examples/single-file', 'main.js')).toBe('5000 of 10000 packets transmitted, 5000 too long\n');
  });
});

describe('the answer of the echo responder', () => {
  it('is what a host would send', async () => {
    const { echoResponder } = (await import(join(ROOT, 'examples/echo-responder/echo-responder.js'))) as { echoResponder: (options: { address: string }) => NetworkFunctionUse };
    const { icmpEcho4 } = await import('../support/packets.js');
    const nf = await harness(echoResponder({ address: '203.0.113.1' }));
    const ends = { source: '10.0.0.1', destination: '203.0.113.1' };
    const ping = icmpEcho4({ ...ends, ttl: 9, identifier: 7, sequenceNumber: 8, payload: 'hello' });
    const pong = icmpEcho4({
      source: ends.destination, destination: ends.source, request: false, identifier: 7, sequenceNumber: 8, payload: 'hello',
      sourceMac: 0x020000000002, destinationMac: 0x020000000001,
    });
    expect(nf.process(ping)).toMatchObject({ verdict: 'reply', reason: 'echo-answered', bytes: pong });
    expect(nf.process(icmpEcho4({ ...ends, destination: '203.0.113.2' })).verdict).toBe('forward');
  });
});

describe('TypeScript under a loader', () => {
  it('runs a network function from its .ts file, in the VM too', async () => {
    expect(JSON.parse(await output('test/examples/typescript', '--import', 'tsx', 'main.ts'))).toEqual({ drops: { 'too-large': 50 }, counters: { seen: 100 } });
  });
});
