/** Captures that come and go by pipes, as `tcpdump -w -` and `wireshark -i -` have them. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report } from 'millrace';
import { ROOT } from '../tidy/source-files.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-streams-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const RUN = `node dist/cli/main.js run examples/permit.yaml --json --write inside=${folder}/inside.pcapng`;
async function shell(command: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)('sh', ['-c', command], { cwd: ROOT, timeout: 50_000, maxBuffer: 1 << 26, env: { ...process.env, NO_COLOR: '1' } });
}
const summary = ({ ledger, ports }: Report): unknown => [ledger, ports.outside.transmitted, ports.inside.received, ports.outside.received];

it('a capture that comes in pieces gives what the file gives, and goes out as one', async () => {
  const whole = JSON.parse((await shell(`${RUN} --capture trace=examples/office.pcapng --write outside=${folder}/whole.pcapng`)).stdout) as Report;
  // Cut inside of a record, and inside of a block's header.
  const pieces = '(head -c 5000; sleep 0.3; head -c 70003; sleep 0.3; cat) < examples/office.pcapng';
  const { stderr } = await shell(`${pieces} | ${RUN} --capture trace=- --write outside=- > ${folder}/streamed.pcapng`);
  const streamed = JSON.parse(stderr) as Report;
  expect(summary(streamed)).toEqual(summary(whole));
  const again = await shell(`node dist/cli/main.js inspect --json ${folder}/streamed.pcapng`);
  expect((JSON.parse(again.stdout) as Report).ledger.received).toBe(streamed.ports.outside.transmitted);
});

it('what comes is passed on while more is awaited', async () => {
  writeFileSync(join(folder, 'begun'), '');
  const begin = `(head -c 60000 examples/office.pcapng; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.3; [ -s ${folder}/early.pcapng ] && break; done; wc -c < ${folder}/early.pcapng > ${folder}/begun)`;
  await shell(`${begin} | ${RUN} --capture trace=- --write outside=- > ${folder}/early.pcapng 2>/dev/null`);
  expect(Number(readFileSync(join(folder, 'begun'), 'utf8'))).toBeGreaterThan(1000);
});

describe('a reader that has had enough', () => {
  const ENDLESS = `
ports: { source: { kind: generator, packets: 1000000000000, flows: 100 }, rest: { kind: sink } }
chains: { edge: [dpi] }
paths: [{ from: source, to: rest, via: edge }]
`;
  writeFileSync(join(folder, 'endless.yaml'), ENDLESS);

  it.each([
    ['the EVE log', '--eve -', `${ROOT}/examples/office.yaml --write inside=${folder}/i.pcapng --write outside=${folder}/o.pcapng`],
    ['stories', "--trace 'ip'", `${folder}/endless.yaml`],
    ['dropped packets', '--write-drops -', `${ROOT}/examples/office.yaml --write inside=${folder}/i.pcapng --write outside=${folder}/o.pcapng`],
    ['packets', '--write rest=-', `${folder}/endless.yaml`],
  ])('of %s ends the run without a word, as SIGPIPE would, and leaves no socket', async (_, flags, run) => {
    const sockets = mkdtempSync(join(folder, 'run-'));
    const command = `XDG_RUNTIME_DIR=${sockets} node dist/cli/main.js run ${run} ${flags} | head -c 100 >/dev/null; echo \${PIPESTATUS[0]}`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], { cwd: ROOT, timeout: 30_000 });
    expect([stdout, stderr]).toEqual(['141\n', '']);
    expect(readdirSync(join(sockets, 'millrace'))).toEqual([]);
  });

  it('of stderr too, without a stack', async () => {
    const { stdout } = await promisify(execFile)('bash', ['-c', `(node dist/cli/main.js run none.yaml; echo $? >&3) 2>&1 3>${folder}/code | true; cat ${folder}/code`], { cwd: ROOT });
    expect(['141\n', '2\n']).toContain(stdout);
  });
});

it.skipIf(!existsSync('/dev/full'))('packets that a full disk has no room for are told of while the run goes on, dropped by name, and its failure', async () => {
  const child = spawn('sh', ['-c', `exec node dist/cli/main.js run ${folder}/endless.yaml --write rest=- --json --no-control > /dev/full`], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = "not written: packets of port 'rest' to /dev/stdout: ENOSPC: no space left on device; they are dropped as egress-failed from here on\n";
  while (!told.includes('not written') && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(told).toContain(line);
  // It is not why the run ends.
  expect(child.exitCode).toBeNull();
  child.kill('SIGINT');
  expect(await ended).toBe(1);
  const { error, drops, ledger } = JSON.parse(told.slice(told.indexOf('{'), told.lastIndexOf('}') + 1)) as Report;
  expect(error).toMatchObject({ code: 'write-failed', port: 'rest' });
  expect(drops['egress-failed']).toBe(ledger.received);
  expect(ledger).toMatchObject({ balanced: true, inFlight: 0 });
});

it('a stream that is no capture is refused with its name', async () => {
  await expect(shell(`echo no capture here | ${RUN} --capture trace=-`)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/\/dev\/stdin/) as unknown });
});
