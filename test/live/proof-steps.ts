/** What real programs do through firewall, NAT and DPI. Each step throws when something is not as it must be, and returns what it saw. */
import assert from 'node:assert/strict';
import type { Report } from 'millrace';
import { reportOf, type Ended } from './lab.js';
import { REJECTED_PORT, SERVER, SERVER6, type Proof } from './proof-hosts.js';
import { hasSshd, sshSession } from './proof-ssh.js';

export interface Step {
  name: string;
  /** Left out: always. */
  isPossible?: () => boolean;
  run: (proof: Proof) => Promise<string>;
}

const CONNECTIONS = 500;
const FETCH_ALL = `const http=require('http');const one=()=>new Promise((y,n)=>http.get({host:'${SERVER}',path:'/small',agent:false},r=>{let t='';r.on('data',d=>t+=d).on('end',()=>y(t))}).on('error',n));`
  + `Promise.all(Array.from({length:${CONNECTIONS}},one)).then(a=>console.log(a.filter(t=>t==='small\\n').length),e=>{console.error(e);process.exit(1)})`;

function succeeded({ code, stdout, stderr }: Ended): string {
  assert.equal(code, 0, (stderr + stdout).slice(0, 1000));
  return stdout;
}

/** A file by curl, with the same hash at both ends. */
async function fetchFile({ lab, extent }: Proof, url: string, ...flags: readonly string[]): Promise<string> {
  const hash = (name: string, path: string): string => lab.run(name, 'sha256sum', path).split(' ')[0];
  const speed = succeeded(await lab.finish('client', 'curl', '-s', '-S', '-m', '55', ...flags, '-w', '%{speed_download}', '-o', `${lab.folder}/got`, url));
  assert.equal(hash('client', `${lab.folder}/got`), hash('server', `${lab.folder}/large`));
  return `${extent.fileBytes} bytes, equal SHA-256, ${((Number(speed) * 8) / 1e6).toFixed(0)} Mbit/s`;
}

interface IperfEnd {
  end: { sum: { bits_per_second: number; lost_percent: number }; sum_sent: { retransmits?: number }; sum_received: { bits_per_second: number } };
}
async function iperf({ lab, extent }: Proof, ...flags: readonly string[]): Promise<string> {
  const { end } = JSON.parse(succeeded(await lab.finish('client', 'iperf3', '-c', SERVER, '-t', String(extent.seconds), '-J', ...flags))) as IperfEnd;
  const megabits = (each: number): string => `${(each / 1e6).toFixed(0)} Mbit/s`;
  if (!flags.includes('-u')) return `${megabits(end.sum_received.bits_per_second)}, ${end.sum_sent.retransmits ?? 0} retransmits`;
  assert.ok(end.sum.lost_percent < 50, `${end.sum.lost_percent} % lost`);
  return `${megabits(end.sum.bits_per_second)}, ${end.sum.lost_percent.toFixed(2)} % lost`;
}

export const STEPS: readonly Step[] = [
  ...[SERVER, SERVER6].map((address): Step => ({
    name: `ping ${address} loses nothing`,
    run: async ({ lab }) => {
      const said = await lab.pings('client', '-c', '5', address);
      assert.match(said, / 0% packet loss/);
      return said.trim().split('\n').at(-1)!;
    },
  })),
  { name: 'curl fetches a large file by HTTP', run: (proof) => fetchFile(proof, `http://${SERVER}/large`) },
  { name: 'curl fetches a large file by HTTPS', run: (proof) => fetchFile(proof, `https://${SERVER}/large`, '-k') },
  { name: 'curl fetches a large file by HTTP over IPv6', run: (proof) => fetchFile(proof, `http://[${SERVER6}]/large`, '-6') },
  {
    name: 'dig looks a name up',
    run: async ({ lab }) => {
      const said = succeeded(await lab.finish('client', 'dig', '+short', '+tries=2', `@${SERVER}`, 'www.example')).trim();
      assert.equal(said, '192.0.2.80');
      return said;
    },
  },
  { name: 'ssh runs a command, and carries its input and output', isPossible: hasSshd, run: (proof) => sshSession(proof) },
  { name: 'iperf3 sends TCP', run: (proof) => iperf(proof) },
  { name: 'iperf3 receives TCP', run: (proof) => iperf(proof, '-R') },
  { name: 'iperf3 sends UDP', run: (proof) => iperf(proof, '-u', '-b', '50M', '-l', '1200') },
  { name: 'iperf3 receives UDP', run: (proof) => iperf(proof, '-u', '-b', '50M', '-l', '1200', '-R') },
  {
    name: `${CONNECTIONS} connections at a time are served`,
    run: async ({ lab }) => {
      const served = succeeded(await lab.finish('client', process.execPath, '-e', FETCH_ALL)).trim();
      assert.equal(served, String(CONNECTIONS));
      return served;
    },
  },
  {
    name: 'a denied port stays shut, and a signature ends its connection',
    run: async ({ lab }) => {
      const timedOut = 28;
      assert.equal((await lab.finish('client', 'curl', '-s', '-m', '1', `http://${SERVER}:81/small`)).code, timedOut);
      assert.equal((await lab.finish('client', 'curl', '-s', '-m', '1', '-d', 'MILLRACE-DROP-SIGNATURE', `http://${SERVER}/small`)).code, timedOut);
      return 'both time out';
    },
  },
  {
    name: 'a rejected port is refused at once',
    run: async ({ lab }) => {
      const couldNotConnect = 7;
      const { code, stderr } = await lab.finish('client', 'curl', '-sS', '-m', '5', `http://${SERVER}:${REJECTED_PORT}/small`);
      assert.equal(code, couldNotConnect, stderr);
      return 'connection refused';
    },
  },
  {
    name: 'a host name is seen',
    run: async ({ lab }) => {
      succeeded(await lab.finish('client', 'curl', '-s', '-k', '-o', '/dev/null', '--resolve', `seen.example:443:${SERVER}`, 'https://seen.example/small'));
      return 'seen.example';
    },
  },
];

/**
 * Drops that the steps mean to see, or that hosts cause by themselves: multicast, and packets behind the end of their connection.
 * And `no-free-slot`: with more threads at work than cores, a live port can be left without a slot for a moment.
 */
const MEANT = ['no-free-slot', 'no-path', 'firewall-denied', 'firewall-rejected', 'dpi-signature', 'firewall-invalid', 'nat-no-binding', 'nat-unsupported'];

/** What must hold after every step: no host saw a wrong checksum, and nothing was dropped that was not meant to be. */
export function checkSoFar({ lab }: Proof, { ledger, drops, bytesCopied }: Report): string {
  const errors = ['client', 'server'].map((name) => lab.checksumErrors(name));
  assert.deepEqual(errors, [0, 0], 'checksum errors of client and server');
  assert.deepEqual(Object.keys(drops).filter((reason) => !MEANT.includes(reason)), [], JSON.stringify(drops));
  assert.equal(bytesCopied, 0);
  const { received, originated, transmitted, dropped, inFlight } = ledger;
  assert.equal(received + originated, transmitted + dropped + inFlight, JSON.stringify(ledger));
  return `${received} + ${originated} = ${transmitted} + ${dropped} + ${inFlight}`;
}

/** Ends Millrace. Its last report has seen what the steps caused. */
export async function checkEnd(proof: Proof): Promise<string> {
  const report = await reportOf(proof.millrace);
  assert.ok(report.hosts['seen.example'] > 0);
  for (const reason of ['firewall-denied', 'firewall-rejected', 'dpi-signature']) assert.ok(report.drops[reason] > 0, reason);
  return `${checkSoFar(proof, report)}; drops: ${JSON.stringify(report.drops)}`;
}
