/** What real programs do through firewall, NAT and DPI. Each step throws when something is not as it must be, and returns what it saw. */
import assert from 'node:assert/strict';
import type { Report } from 'millrace';
import { reportOf, type Ended } from './lab.js';
import { REJECTED_PORT, SERVER, SERVER6, type Proof } from './proof-hosts.js';
import { missingForSsh, sshSession } from './proof-ssh.js';

export interface Step {
  name: string;
  /** Why it cannot be done here; null: it can. Left out: it always can. */
  missing?: () => string | null;
  /** Reasons for which it means packets to be dropped: for each of them some are, in this step. */
  causes?: readonly string[];
  /** As much as the machine can, for as long as it lasts. */
  isFullSpeed?: boolean;
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
  { name: 'curl fetches a large file by HTTP', isFullSpeed: true, run: (proof) => fetchFile(proof, `http://${SERVER}/large`) },
  { name: 'curl fetches a large file by HTTPS', isFullSpeed: true, run: (proof) => fetchFile(proof, `https://${SERVER}/large`, '-k') },
  { name: 'curl fetches a large file by HTTP over IPv6', isFullSpeed: true, run: (proof) => fetchFile(proof, `http://[${SERVER6}]/large`, '-6') },
  {
    name: 'dig looks a name up',
    run: async ({ lab }) => {
      const said = succeeded(await lab.finish('client', 'dig', '+short', '+tries=2', `@${SERVER}`, 'www.example')).trim();
      assert.equal(said, '192.0.2.80');
      return said;
    },
  },
  { name: 'ssh runs a command, and carries its input and output', missing: missingForSsh, run: (proof) => sshSession(proof) },
  { name: 'iperf3 sends TCP', isFullSpeed: true, run: (proof) => iperf(proof) },
  { name: 'iperf3 receives TCP', isFullSpeed: true, run: (proof) => iperf(proof, '-R') },
  { name: 'iperf3 sends UDP', run: (proof) => iperf(proof, '-u', '-b', '50M', '-l', '1200') },
  { name: 'iperf3 receives UDP', run: (proof) => iperf(proof, '-u', '-b', '50M', '-l', '1200', '-R') },
  {
    name: `${CONNECTIONS} connections at a time are served`,
    isFullSpeed: true,
    run: async ({ lab }) => {
      const served = succeeded(await lab.finish('client', process.execPath, '-e', FETCH_ALL)).trim();
      assert.equal(served, String(CONNECTIONS));
      return served;
    },
  },
  {
    name: 'a denied port stays shut, and a signature ends its connection',
    causes: ['firewall-denied', 'dpi-signature'],
    run: async ({ lab }) => {
      const timedOut = 28;
      assert.equal((await lab.finish('client', 'curl', '-s', '-m', '1', `http://${SERVER}:81/small`)).code, timedOut);
      assert.equal((await lab.finish('client', 'curl', '-s', '-m', '1', '-d', 'MILLRACE-DROP-SIGNATURE', `http://${SERVER}/small`)).code, timedOut);
      return 'both time out';
    },
  },
  {
    name: 'a rejected port is refused at once',
    causes: ['firewall-rejected'],
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
 * Drops that no step means and that come all the same, in no number that can be foretold: the line of a step has their count.
 * Everything else must be none.
 */
const BESIDE: Readonly<Partial<Record<string, (proof: Proof, step: Pick<Step, 'isFullSpeed'>, before: Drops) => boolean>>> = {
  // The server's system asks for routers and tells its groups by itself (RFC 4861 section 6.3.7, RFC 3810): `deny in any`.
  'firewall-denied': () => true,
  // TCP sends again, ever more rarely, what the signature had dropped: also when curl has given up.
  'dpi-signature': (_proof, _step, before) => (before['dpi-signature'] ?? 0) > 0,
  // There are more threads at work than cores: the manager fetches new slots, or a port its frames, too late.
  'no-free-slot': (_proof, { isFullSpeed = false }) => isFullSpeed,
  'ingress-overflow': (_proof, { isFullSpeed = false }) => isFullSpeed,
  // What a host sends again, or answers late, behind the end of its connection.
  'firewall-invalid': (_proof, { isFullSpeed = false }) => isFullSpeed,
  'nat-no-binding': (_proof, { isFullSpeed = false }) => isFullSpeed,
};

export type Drops = Report['drops'];

/**
 * What must hold after a step: no host saw a wrong checksum, the books balance, and since `before` packets were dropped for all reasons
 * that the step means and for no other, but for what is beside any step.
 * @returns the books, with what was dropped in this step.
 */
export function checkStep(proof: Proof, step: Pick<Step, 'causes' | 'isFullSpeed'>, report: Report, before: Drops): string {
  const { causes = [] } = step;
  const dropped = Object.entries(report.drops).map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const).filter(([, count]) => count > 0);
  const said = dropped.length === 0 ? 'nothing' : dropped.map(([reason, count]) => `${count} ${reason}`).join(', ');
  const reasons = dropped.map(([reason]) => reason);
  const isMeant = (reason: string): boolean => causes.includes(reason) || (BESIDE[reason]?.(proof, step, before) ?? false);
  assert.deepEqual(reasons.filter((reason) => !isMeant(reason)), [], `dropped in this step: ${said}`);
  assert.deepEqual(causes.filter((reason) => !reasons.includes(reason)), [], `the step means these, and dropped ${said}`);
  return `${books(proof, report)}; dropped in this step: ${said}`;
}

function books({ lab }: Proof, { ledger, bytesCopied }: Report): string {
  const errors = ['client', 'server'].map((name) => lab.checksumErrors(name));
  assert.deepEqual(errors, [0, 0], 'checksum errors of client and server');
  assert.equal(bytesCopied, 0);
  const { received, originated, transmitted, dropped, inFlight } = ledger;
  assert.equal(received + originated, transmitted + dropped + inFlight, JSON.stringify(ledger));
  return `${received} + ${originated} = ${transmitted} + ${dropped} + ${inFlight}`;
}

/** Ends Millrace. Its last report has seen what the steps caused, and since the last of them no more than what is beside any step. */
export async function checkEnd(proof: Proof, before: Drops): Promise<string> {
  const report = await reportOf(proof.millrace);
  assert.ok(report.hosts['seen.example'] > 0);
  return `${checkStep(proof, {}, report, before)}; all drops: ${JSON.stringify(report.drops)}`;
}
