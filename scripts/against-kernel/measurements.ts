/** What is measured of a forwarder: by iperf3, sockperf and ping, from the client to the server. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Lab } from '../../test/live/lab.js';
import { SERVER } from './forwarders.js';

/** From the request to its answer, milliseconds. */
export interface RoundTrip {
  p50: number;
  p99: number;
}

export interface Figures {
  /** Datagrams a second that arrived, of those in a frame of 64 B (60 without its check sequence) and in one of 1514 B. */
  shortPerSecond: number;
  longPerSecond: number;
  tcpGigabits: number;
  retransmits: number;
  /** Cores that were busy meanwhile, of both hosts and the forwarder. */
  tcpCores: number;
  /** Of a request by UDP and its answer, the next request as soon as the answer is there. */
  backToBack: RoundTrip;
  /** The same with 100 requests a second. */
  spaced: RoundTrip;
  /** Of pings, 100 a second. Here the server's kernel answers, no program. */
  ping: RoundTrip;
  pingsLost: number;
}

/** In a frame of 64 B and in one that fills the MTU of 1500. */
const SHORT_BYTES = 18;
const LONG_BYTES = 1472;
const PINGS = 300;
/** As fast as they come back, before those that are measured. */
const PINGS_BEFORE = 10_000;
/** Below a hundredth ping waits by looking all the time, and takes a core for that. */
const PING_PERIOD_S = '0.01';

interface IperfEnd {
  end: {
    sum: { packets: number; lost_packets: number; seconds: number };
    sum_sent: { retransmits: number };
    sum_received: { bits_per_second: number };
  };
}

export async function measure(lab: Lab, seconds: number): Promise<Figures> {
  const tcp = await iperf(lab, seconds);
  const short = await iperf(lab, seconds, '-u', '-b', '0', '-l', String(SHORT_BYTES));
  const long = await iperf(lab, seconds, '-u', '-b', '0', '-l', String(LONG_BYTES));
  // A router that has done nothing yet is slower: its code is not compiled. That of ICMP is another than that of UDP.
  await lab.finish('client', 'ping', '-f', '-q', '-c', String(PINGS_BEFORE), SERVER);
  const { ping, pingsLost } = await pings(lab);
  const backToBack = await requests(lab, seconds, 'ping-pong');
  return {
    ping,
    pingsLost,
    backToBack,
    spaced: await requests(lab, seconds, 'under-load', '--mps', '100', '--reply-every', '1'),
    tcpGigabits: tcp.end.sum_received.bits_per_second / 1e9,
    retransmits: tcp.end.sum_sent.retransmits,
    tcpCores: tcp.cores,
    shortPerSecond: arrived(short),
    longPerSecond: arrived(long),
  };
}

function arrived({ end: { sum } }: IperfEnd): number {
  return (sum.packets - sum.lost_packets) / sum.seconds;
}

async function iperf(lab: Lab, seconds: number, ...flags: readonly string[]): Promise<IperfEnd & { cores: number }> {
  for (let tries = 0; ; tries++) {
    const before = busySeconds();
    const began = performance.now();
    const { code, stdout } = await lab.finish('client', 'iperf3', '-c', SERVER, '-t', String(seconds), '-J', ...flags);
    const cores = ((busySeconds() - before) * 1000) / (performance.now() - began);
    if (code === 0) return { ...(JSON.parse(stdout) as IperfEnd), cores };
    if (tries === 3) throw new Error(`iperf3 ${flags.join(' ')}: ${stdout.slice(0, 500)}`);
  }
}

/** Seconds of all cores that were not idle, since the machine was started. */
function busySeconds(): number {
  // After the name: user, nice, system, idle, waiting, interrupts, soft interrupts, in hundredths.
  const times = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number);
  return [0, 1, 2, 5, 6].reduce((sum, at) => sum + times[at], 0) / 100;
}

async function pings(lab: Lab): Promise<Pick<Figures, 'ping' | 'pingsLost'>> {
  const { stdout } = await lab.finish('client', 'ping', '-i', PING_PERIOD_S, '-c', String(PINGS), '-W', '1', SERVER);
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)].map(([, text]) => Number(text)).toSorted((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
  return { ping: { p50: at(0.5), p99: at(0.99) }, pingsLost: PINGS - times.length };
}

async function requests(lab: Lab, seconds: number, ...mode: readonly string[]): Promise<RoundTrip> {
  const { code, stdout, stderr } = await lab.finish('client', 'sockperf', ...mode, '-i', SERVER, '-t', String(seconds), '--full-rtt');
  const at = (percentile: string): number => Number(new RegExp(`percentile ${percentile} = +([\\d.]+)`).exec(stdout)?.[1] ?? NaN) / 1000;
  const roundTrip = { p50: at('50\\.000'), p99: at('99\\.000') };
  if (code !== 0 || Number.isNaN(roundTrip.p50 + roundTrip.p99)) throw new Error(`sockperf ${mode.join(' ')}: ${stdout.slice(-500)}${stderr}`);
  return roundTrip;
}

/** For the head of the table. */
export function machine(): string {
  const model = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'a processor without a name';
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  return `${model}, ${availableParallelism()} cores, Linux ${kernel}, Node ${process.versions.node}`;
}
