/**
 * The kernel's own forwarding with nftables against Millrace, in the same namespaces, in turns: `--help` says how it is run. Prints
 * a table in Markdown, each round with figures of its own: what a shared machine can do changes from minute to minute.
 */
import { parseArgs } from 'node:util';
import { canUseNamespaces } from '../test/live/lab.js';
import { FORWARDERS, forward, hosts, SERVER, type ForwarderName } from './against-kernel/forwarders.js';
import { machine, measure, type Figures } from './against-kernel/measurements.js';

const HELP = `npm run build && sudo npx tsx scripts/against-kernel.ts [--rounds 2] [--seconds 5] [--only kernel,af-packet,one-thread,af-xdp] [--placement together] [--wake-up auto]

Builds client - middle - server from network namespaces, lets the middle forward with firewall and NAT by each of them in turns,
and measures UDP packets a second at 64 B and at the MTU, TCP, round trips and CPU. Needs root, ip, nft, iperf3, sockperf and ping.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string', default: FORWARDERS.join(',') },
    placement: { type: 'string', default: 'together' },
    'wake-up': { type: 'string', default: 'auto' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const names = FORWARDERS.filter((name) => values.only.split(',').includes(name));
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seconds) || seconds < 1 || names.length === 0) {
  console.error(HELP);
  process.exit(2);
}
if (!canUseNamespaces('nft', 'iperf3', 'sockperf', 'ping')) process.exit(1);

const ROWS: readonly [string, (figures: Figures) => string][] = [
  ['UDP, frames of 64 B, received packets/s', (f) => Math.round(f.shortPerSecond).toLocaleString('en-US')],
  ['UDP, frames of 1514 B, received packets/s', (f) => Math.round(f.longPerSecond).toLocaleString('en-US')],
  ['TCP, Gbit/s', (f) => f.tcpGigabits.toFixed(2)],
  ['its retransmits', (f) => String(f.retransmits)],
  ['cores busy meanwhile, all programs', (f) => f.tcpCores.toFixed(2)],
  ['core-seconds a gigabyte of TCP', (f) => ((f.tcpCores * 8) / f.tcpGigabits).toFixed(1)],
  ['UDP request and answer, back to back, p50, ms', (f) => f.backToBack.p50.toFixed(3)],
  ['its p99', (f) => f.backToBack.p99.toFixed(3)],
  ['UDP request and answer, 100 a second, p50, ms', (f) => f.spaced.p50.toFixed(3)],
  ['its p99', (f) => f.spaced.p99.toFixed(3)],
  ['ping, 100 a second, p50, ms', (f) => f.ping.p50.toFixed(3)],
  ['its p99', (f) => f.ping.p99.toFixed(3)],
  ['pings lost', (f) => String(f.pingsLost)],
];

const figures = new Map<ForwarderName, Figures[]>(names.map((name) => [name, []]));
const lab = hosts();
try {
  lab.start('server', 'iperf3', '-s');
  lab.start('server', 'sockperf', 'server', '-i', SERVER);
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const forwarder = await forward(lab, name, { placement: values.placement, wakeUp: values['wake-up'] });
      for (let tries = 0; (await lab.finish('client', 'ping', '-c', '1', '-W', '1', SERVER)).code !== 0; tries++) {
        if (tries === 20) throw new Error(`${name} does not forward`);
      }
      figures.get(name)!.push(await measure(lab, seconds));
      console.error(`round ${round + 1}, ${name}: ${await forwarder.end()}`);
    }
  }
} finally {
  await lab.close();
}
console.log(`${new Date().toISOString().slice(0, 10)}; ${machine()}; ${rounds} rounds, ${seconds} s each measurement.\n`);
console.log(`| | ${names.join(' | ')} |\n|---|${names.map(() => '---:|').join('')}`);
for (const [title, text] of ROWS) console.log(`| ${title} | ${names.map((name) => figures.get(name)!.map(text).join(' · ')).join(' | ')} |`);
