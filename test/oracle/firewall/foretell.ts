/**
 * Where the kernel and we say different things of a TCP packet, each must say what is written down of it: in kernel-tcp.ts what the
 * kernel does, in the reference what docs/firewall.md promises. Both are asked about every TCP packet, not only those.
 */
import { firewall, type FirewallInput } from '../../../src/nf/firewall/index.js';
import { harness } from '../../../src/nf/harness.js';
import { TcpFlag } from '../../../src/packet/protocols.js';
import type { Comparison } from './compare.js';
import type { Sent } from './kernel-firewall.js';
import { KernelTcp, kindOf } from './kernel-tcp.js';
import { OurTcp } from './our-tcp.js';
import { quotedBy, tcpPacketOf, type Judged, type Tracker } from './trackers.js';

type Who = 'ours' | 'kernel';

/** @returns a line for each packet about which one of the two said something else than is written down, or both the same and yet not. */
export async function surprises(input: FirewallInput, sent: readonly Sent[], { words, disagreements }: Comparison): Promise<string[]> {
  const trackers: Record<Who, Map<string, Tracker>> = { ours: new Map(), kernel: new Map() };
  const trackerOf = (who: Who, ends: string): Tracker => {
    const tracker = trackers[who].get(ends) ?? (who === 'ours' ? new OurTcp() : new KernelTcp());
    trackers[who].set(ends, tracker);
    return tracker;
  };
  // What the rules say of a packet without a history: each gets a flow of its own.
  const rules = await harness(firewall(input), { flows: 65_536 });
  const doRulesPass = (packet: Sent, flowId: number): boolean => rules.process(packet.frame, { direction: packet.side === 'inside' ? 'forward' : 'reverse', flowId }).verdict === 'forward';
  const differs = new Map(disagreements.map((each) => [each.at, each]));
  const found: string[] = [];
  sent.forEach((packet, at) => {
    const tell = (what: string): void => void found.push(`packet ${at}: ${what}; we said ${words[at].ours}, the kernel ${words[at].kernel}`);
    const tcp = tcpPacketOf(packet);
    if (tcp === null) {
      if (!differs.has(at)) return;
      const quoted = tcpPacketOf(quotedBy(packet));
      if (quoted === null) {
        tell('no TCP');
        return;
      }
      // An error about a connection passes where it is known.
      for (const who of ['ours', 'kernel'] as const) {
        if ((words[at][who] === 'forward') !== trackerOf(who, quoted.ends).isKnown) tell(`error about ${quoted.ends}, by ${who}`);
      }
      return;
    }
    const foretold = (['ours', 'kernel'] as const).map((who) => {
      const judged = trackerOf(who, tcp.ends).judge(tcp.packet);
      judged.seen?.();
      const passes = judged.state === 'established' || (judged.state !== 'invalid' && doRulesPass(judged.state === 'new again' ? inTheMiddle(packet) : packet, at + 1));
      const word = words[at][who];
      if (judged.state === 'invalid' ? word !== 'drop' : (word === 'forward') !== passes) tell(`${judged.state} to ${who === 'ours' ? 'us' : 'the kernel'}`);
      if (word === 'forward') judged.passed();
      return judged.state;
    });
    if (differs.has(at) && same(foretold[0], foretold[1])) tell(`${foretold[0]} to both`);
  });
  return found;
}

const same = (ours: Judged['state'], kernel: Judged['state']): boolean => ours === kernel;

/** The rules see a packet that opens nothing: only what they say of its addresses, ports and flags matters. */
function inTheMiddle({ side, frame }: Sent): Sent {
  const flagsAt = 14 + (frame[14] >>> 4 === 6 ? 40 : (frame[14] & 15) * 4) + 13;
  const kind = kindOf(frame[flagsAt]);
  return kind === 'syn' || kind === 'ack' ? { side, frame } : { side, frame: frame.with(flagsAt, TcpFlag.ack) };
}
