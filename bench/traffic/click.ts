/**
 * Click (Kohler et al., The Click Modular Router, TOCS 2000), where its command `click` is installed, over the same packets: a
 * firewall's rules and a translation of addresses and ports in C++, one thread, each packet run to completion. It follows no TCP windows,
 * inspects nothing, and drops what is no TCP or UDP over IPv4, so it is not given that.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EtherType, IpProtocol } from '../../src/packet/protocols.js';
import { formatIpv4 } from '../../src/packet/address.js';
import { allSettled } from '../all-settled.js';
import { InvalidMeasurement, NotHere, type Measured } from '../sample.js';
import { CLICK, CLICK_IN_TWO } from '../settings.js';
import type { Way } from '../way.js';
import { averageOf, toPcap } from './pack.js';
import type { Recorded } from './record.js';

/** Passes over the packets before the first that counts: its connections are known then, and its memory is warm. */
const WARM_PASSES = 2;
/** So that a run lasts long enough to be timed. */
const LEAST_PACKETS = 1_500_000;
const PATIENCE_MS = 60_000;
/** Bytes of a pcap file before its first record. */
const PCAP_HEADER_BYTES = 24;
/** Its NAT may choose another port than ours did, and answers to ours then find nothing: a few in a hundred, or it is another measurement. */
const LEAST_SHARE_OUT = 0.95;

/** Whether it maps its file or reads it. Which costs less depends on what mapping a page costs, and that on how the system's cache lies in memory: the faster run counts. */
const MAPS = [true, false];

const ETHERNET_BYTES = 14;

/** Whole TCP and UDP packets over IPv4, without tags. */
export function isForClick({ bytes }: Recorded): boolean {
  const type = (bytes[12] << 8) | bytes[13];
  const fragment = ((bytes[ETHERNET_BYTES + 6] << 8) | bytes[ETHERNET_BYTES + 7]) & 0x3fff;
  const protocol = bytes[ETHERNET_BYTES + 9];
  return type === EtherType.ipv4 && fragment === 0 && (protocol === IpProtocol.tcp || protocol === IpProtocol.udp);
}

/** The first byte of a frame says by which port it came in: Click reads both from one file, in their order. */
function marked(packet: Recorded): Recorded {
  const bytes = packet.bytes.slice();
  bytes[0] = packet.side;
  return { ...packet, bytes };
}

/**
 * What the chain's firewall and NAT are told, in Click's words. Checksums of IP headers are not verified: many recordings were made
 * before the card had written them, and ours are not verified there either.
 * @param passes over the file in all.
 * @param maps the file, or reads it.
 */
export function clickConfiguration(file: string, external: number, passes: number, maps: boolean): string {
  const again = `write from.filepos ${PCAP_HEADER_BYTES}, write from.active true, exit`;
  return `
from :: FromDump("${file}", STOP false, MMAP ${maps}, END_CALL pass.run);
side :: Classifier(0/00, 0/01);
in :: Counter;
out :: Counter;
nat :: IPRewriter(pattern ${formatIpv4(external)} 1-65535 - - 0 0, drop);
from -> in -> side;
side[0] -> Strip(${ETHERNET_BYTES}) -> CheckIPHeader(CHECKSUM false) -> IPFilter(allow all) -> [0]nat;
side[1] -> Strip(${ETHERNET_BYTES}) -> CheckIPHeader(CHECKSUM false) -> IPFilter(deny tcp dst port 23, allow all) -> [1]nat;
nat -> out -> Discard;
pass :: Script(TYPE PASSIVE,
  set passes $(add $passes 1),
  goto begin $(eq $passes ${WARM_PASSES}),
  goto done $(eq $passes ${passes}),
  ${again},
  label begin, set begun $(now), set i $(in.count), set o $(out.count), ${again},
  label done, print "seconds $(sub $(now) $begun) in $(sub $(in.count) $i) out $(sub $(out.count) $o)", write stop);
`;
}

export interface ClickRun { readonly seconds: number; readonly packets: number; readonly out: number }

/** What the configuration has Click print; null when it did not. */
export function parseClick(text: string): ClickRun | null {
  const found = /^seconds ([\d.]+) in (\d+) out (\d+)/m.exec(text);
  return found === null ? null : { seconds: Number(found[1]), packets: Number(found[2]), out: Number(found[3]) };
}

/** @throws InvalidMeasurement when it did not take `expected` packets and let nearly all of them out. @throws NotHere without Click. */
async function runClick(configuration: string, expected: number): Promise<ClickRun> {
  const { stdout, stderr } = await promisify(execFile)('click', ['-e', configuration], { timeout: PATIENCE_MS }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new NotHere('the Click modular router (click) is not installed') : error;
  });
  const run = parseClick(stdout);
  if (run === null) throw new InvalidMeasurement(`Click said nothing of its time: ${`${stdout}${stderr}`.slice(0, 300)}`);
  if (run.packets !== expected || run.out < LEAST_SHARE_OUT * expected) {
    throw new InvalidMeasurement(`Click: expected ${expected} packets in and at least ${LEAST_SHARE_OUT} of them out, found ${run.packets} and ${run.out}`);
  }
  return run;
}

/** What one Click is given: packets whose answers go to `external`, as our NAT translated; to one address, since Click knows no other way to choose. */
export interface ClickShare {
  readonly packets: readonly Recorded[];
  readonly external: number;
}

/** @param shares a process each, all at the same time. */
export function clickWay(shares: readonly ClickShare[]): Way {
  const bytes = averageOf(shares.flatMap(({ packets }) => packets));
  return {
    way: 'click',
    factors: { bytes, vms: 2, threads: shares.length, touch: shares.length === 1 ? CLICK : CLICK_IN_TWO },
    measure: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-click-'));
      try {
        const ready = shares.map(({ packets, external }, at) => {
          const file = join(folder, `traffic-${at}.pcap`);
          // In one piece: what is written bit by bit lies in small pages of the system's cache, and mapping those took Click half as long again.
          writeFileSync(file, toPcap(packets.map(marked)));
          return { file, external, counted: Math.ceil(LEAST_PACKETS / packets.length), size: packets.length };
        });
        let fastest: ClickRun[] = [];
        for (const maps of MAPS) {
          const runs = await allSettled(ready.map(({ file, external, counted, size }) => runClick(clickConfiguration(file, external, WARM_PASSES + counted, maps), counted * size)));
          if (fastest.length === 0 || rateOf(runs) > rateOf(fastest)) fastest = runs;
        }
        const packets = sumOf(fastest.map((run) => run.packets));
        const seconds = packets / rateOf(fastest);
        const time: Measured = { metric: 'time', unit: 'ns', value: (seconds * 1e9) / packets, packets, seconds };
        return [time, { metric: 'dropped', unit: '%', value: 100 * (1 - sumOf(fastest.map(({ out }) => out)) / packets), packets, seconds }];
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Packets per second of runs at the same time. */
const rateOf = (runs: readonly ClickRun[]): number => sumOf(runs.map(({ packets, seconds }) => packets / seconds));
