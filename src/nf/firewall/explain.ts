/** Why the firewall gave the packet its verdict, in words: for packets that are traced. */
import { forward, type Verdict } from '../contract.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import type { Connections } from './connections.js';
import { NOT_ASKED, type Judge } from './judge.js';
import { Role, roleOf } from './role.js';
import { NO_RULE } from './rule-set.js';
import { ConnectionState } from './rule.js';
import { TcpState } from './tcp-state.js';

const nameOf = (table: Readonly<Record<string, number>>, value: number): string => Object.keys(table).find((name) => table[name] === value) ?? String(value);
/** `synSent` as `syn sent`. */
const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** @param judge and `connections` as `process` left them. */
export function explainVerdict(judge: Judge, connections: Connections, packet: Packet, verdict: Verdict): string {
  if (judge.askedAbout !== NOT_ASKED) {
    const state = nameOf(ConnectionState, judge.askedAbout);
    const { decidedBy } = judge;
    if (decidedBy === NO_RULE) return `no rule matches, default ${verdict === forward ? 'allow' : 'deny'} (${state})`;
    return `rule ${decidedBy + 1}: ${judge.textOf(decidedBy)} (${state})`;
  }
  if (verdict !== forward) {
    if (packet.isMalformed) return 'malformed';
    return packet.isFragment ? 'a fragment that may not pass' : 'belongs to no connection and can open none';
  }
  const role = roleOf(packet);
  if (role === Role.error) return 'related: about a connection that is known';
  if (role === Role.fragment) return 'established: of a connection that is known';
  if (packet.l4 === IpProtocol.tcp) return `established: TCP ${spaced(nameOf(TcpState, connections.tcpState))}`;
  return `established: ${connections.isAnswered ? 'answered' : 'not answered yet'}`;
}
