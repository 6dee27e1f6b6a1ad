/** The same rules and the same packets through the kernel's firewall and through ours. */
import { firewall, type FirewallInput } from '../../../src/nf/firewall/index.js';
import { printNftables } from '../../../src/nf/firewall/nft/print-rules.js';
import { firewallSchema, prepareRules } from '../../../src/nf/firewall/options.js';
import { harness, type HarnessResult } from '../../../src/nf/harness.js';
import { runKernelFirewall, type KernelChoices, type KernelVerdict, type Sent } from './kernel-firewall.js';

export interface Comparison {
  packets: number;
  /** Packets about whom both say the same, by what they say. */
  agreed: Record<string, number>;
  disagreements: Disagreement[];
  /** What each packet became, in a word: here and in the kernel. */
  words: { ours: string; kernel: string }[];
  /** Packets that each rule matched, `established` and the like: ours, and those of the kernel. */
  ours: Record<string, number>;
  kernel: Record<string, number>;
}

export interface Disagreement {
  at: number;
  packet: Sent;
  ours: string;
  kernel: string;
  counter: string;
}

const PORTS = ['inside', 'outside'];

/** What an answer says: its kind, and all of it that is not the answerer's own. */
function answerText(frame: Uint8Array): string {
  const isIpv6 = frame[14] >>> 4 === 6;
  const at = 14 + (isIpv6 ? 40 : (frame[14] & 15) * 4);
  const protocol = isIpv6 ? frame[20] : frame[23];
  const to = Buffer.from(isIpv6 ? frame.slice(38, 54) : frame.slice(30, 34)).toString('hex');
  // A RST: ports, numbers and flags. An ICMP error: type, code, and the front of the packet that it quotes, but for what a
  // router changes in it (TTL, checksum).
  if (protocol === 6) return `reset to ${to} ${Buffer.from(frame.slice(at, at + 14)).toString('hex')}`;
  const quoted = frame.slice(at + 8, at + 8 + (isIpv6 ? 48 : 28));
  if (isIpv6) quoted[7] = 0;
  else quoted.fill(0, 8, 9).fill(0, 10, 12);
  return `error ${frame[at]}/${frame[at + 1]} to ${to} ${Buffer.from(quoted).toString('hex')}`;
}

function ourText({ verdict, bytes }: HarnessResult): string {
  return verdict === 'forward' ? 'forward' : verdict === 'drop' ? 'drop' : answerText(bytes);
}

function kernelText({ forwarded, answers }: KernelVerdict): string {
  if (forwarded.length > 0) return 'forward';
  return answers.length > 0 ? answerText(answers[0]) : 'drop';
}

export async function compare(input: FirewallInput, packets: readonly Sent[], choices: KernelChoices): Promise<Comparison> {
  const options = prepareRules(firewallSchema.parse(input), {
    ports: PORTS, resolve: (path) => path, problem: (problem) => { throw new Error(JSON.stringify(problem)); },
  });
  const rules = printNftables('firewall', options, { ports: PORTS, inside: ['inside'], outside: ['outside'] });
  const kernel = runKernelFirewall(rules, 'firewall', packets, choices);
  const nf = await harness(firewall(input), { flows: 65_536 });
  const result: Comparison = { packets: packets.length, agreed: {}, disagreements: [], words: [], ours: {}, kernel: kernel.counters };
  packets.forEach((packet, at) => {
    const before = nf.counters;
    const got = nf.process(packet.frame, { direction: packet.side === 'inside' ? 'forward' : 'reverse', timestampMs: 1_700_000_000_000 + Math.floor(at / 100) });
    const after = nf.counters;
    const counter = Object.keys(after).filter((name) => after[name] !== before[name]).join(', ');
    const [ours, theirs] = [ourText(got), kernelText(kernel.verdicts[at])];
    result.words.push({ ours: ours.split(' ')[0], kernel: theirs.split(' ')[0] });
    if (ours !== theirs) result.disagreements.push({ at, packet, ours, kernel: theirs, counter });
    else result.agreed[ours.split(' ')[0]] = (result.agreed[ours.split(' ')[0]] ?? 0) + 1;
  });
  result.ours = Object.fromEntries(Object.entries(nf.counters).map(([name, value]) => [name.replace(/^(rule \d+):.*/, '$1'), value]));
  return result;
}
