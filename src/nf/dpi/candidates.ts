/**
 * Hot: `candidatesFor` does not allocate. Which dissectors are asked about a payload of a flow that has no name yet. By what
 * carries it, its first byte, its length and the ports, most of them can be left out: a payload meets six to ten of a hundred.
 */
import type { Dissector, Facts } from './dissector.js';
import { DISSECTORS, protocolNumber } from './protocol-table.js';

/** A dissector with every field in place: one shape for all, so that the loop over them stays fast. */
export class Candidate {
  readonly inspect: Dissector['inspect'];
  /** Number of its name. */
  readonly number: number;
  readonly leastBytes: number;

  constructor({ name, inspect, leastBytes = 1 }: Dissector) {
    this.inspect = inspect;
    this.number = protocolNumber(name);
    this.leastBytes = leastBytes;
  }
}

type ByFirstByte = readonly (readonly Candidate[])[];

/** The two ways to be asked: with a port that some dissector needs, or without. */
interface Lists {
  readonly onPort: ByFirstByte;
  readonly elsewhere: ByFirstByte;
}

const CANDIDATES: ReadonlyMap<Dissector, Candidate> = new Map(DISSECTORS.map((dissector) => [dissector, new Candidate(dissector)]));

export function candidateOf(dissector: Dissector): Candidate {
  return CANDIDATES.get(dissector) ?? new Candidate(dissector);
}

type Carrier = 'tcp' | 'udp';

function limitsOver(carrier: Carrier, dissector: Dissector): Pick<Dissector, 'firstBytes' | 'ports'> {
  return (carrier === 'tcp' ? dissector.overTcp : dissector.overUdp) ?? dissector;
}

function byFirstByte(dissectors: readonly Dissector[], carrier: Carrier): ByFirstByte {
  return Array.from({ length: 256 }, (_, byte) => dissectors.filter((each) => limitsOver(carrier, each).firstBytes?.includes(byte) ?? true).map(candidateOf));
}

function listsOver(carrier: Carrier): Lists {
  const dissectors = DISSECTORS.filter(({ over }) => over === carrier || over === 'both');
  return { onPort: byFirstByte(dissectors, carrier), elsewhere: byFirstByte(dissectors.filter((each) => limitsOver(carrier, each).ports === undefined), carrier) };
}

const OF_STREAMS = listsOver('tcp');
const OF_DATAGRAMS = listsOver('udp');
/** 1 for the ports that some dissector needs. */
const IS_NEEDED = new Uint8Array(65_536);
for (const each of DISSECTORS) for (const carrier of ['tcp', 'udp'] as const) for (const port of limitsOver(carrier, each).ports ?? []) IS_NEEDED[port] = 1;

/** In the order of asking. Some of them may need more bytes than there are: `leastBytes`. */
export function candidatesFor(firstByte: number, { isStream, serverPort, clientPort }: Facts): readonly Candidate[] {
  const lists = isStream ? OF_STREAMS : OF_DATAGRAMS;
  return ((IS_NEEDED[serverPort] | IS_NEEDED[clientPort]) !== 0 ? lists.onPort : lists.elsewhere)[firstByte];
}
