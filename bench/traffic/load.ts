/** Captures, read into memory as packets that come in by two ports: inside and outside. */
import { chain } from '../../src/chain/chain.js';
import type { NetworkFunctionUse } from '../../src/nf/contract.js';
import type { CaptureSpec } from '../../src/runtime/configuration.js';
import { capture } from '../../src/runtime/port-values.js';
import { simulate } from '../../src/runtime/simulate.js';
import { CaptureError } from '../../src/port/capture/capture-error.js';
import { openCapture } from '../../src/port/capture/open-capture.js';
import { LinkType } from '../../src/memory/slot-layout.js';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotHere } from '../sample.js';
import { copies } from './copies.js';
import { averageOf, toPcap } from './pack.js';
import { record, recorded, type Recorded } from './record.js';

const OFFICE_INSIDE = ['10.0.0.0/8', 'fd00::/8'];
const OFFICE = fileURLToPath(new URL('../../examples/office.pcapng', import.meta.url));
/** The longest frame of Ethernet, with a tag. What a network card put together is not what a wire carries. */
const LONGEST_FRAME = 1518;
/** Every length that a capture may hold. */
const MEMORY = { slots: 512, slotBytes: 131_072 };
const CAPTURE_NAME = /\.pcap(ng)?(\.gz)?$/;

export interface Traffic {
  readonly name: string;
  readonly packets: readonly Recorded[];
  /** Captures that could not be used, and packets that were left out because no wire carries them. */
  readonly leftOut: number;
  readonly averageBytes: number;
}

/**
 * @param uses what the packets pass between the two recorders, made anew for each capture.
 * @param externals of the NAT among them. Without any, each capture is taken as it is.
 * @param count copies of each capture (copies.ts); by default one for each external address.
 */
export async function loadTraffic(folder: string | null, uses: () => readonly NetworkFunctionUse[], externals: readonly number[] = [], count = externals.length): Promise<Traffic> {
  const files = folder === null ? [OFFICE] : readdirSync(folder).filter((name) => CAPTURE_NAME.test(name)).toSorted().map((name) => join(folder, name));
  if (files.length === 0) throw new NotHere(`${folder ?? ''} holds no captures`);
  const inside = folder === null ? { inside: OFFICE_INSIDE } : {};
  const packets: Recorded[] = [];
  let leftOut = 0;
  for (const [at, file] of files.entries()) {
    if (!isEthernet(file)) {
      leftOut++;
      continue;
    }
    const all = await recordCapture(file, inside, externals.length === 0 ? uses() : []);
    const kept = all.filter(({ bytes }) => bytes.length <= LONGEST_FRAME);
    leftOut += all.length - kept.length;
    const taken = externals.length === 0 || kept.length === 0 ? kept : await recordPackets(copies(kept, externals, count), inside, uses());
    for (const each of taken) packets.push({ ...each, connection: at * 2 ** 32 + (each.connection ?? 0) });
  }
  if (packets.length === 0) throw new NotHere('no capture holds packets of Ethernet that can be replayed');
  return { name: folder === null ? 'office' : 'folder', packets, leftOut, averageBytes: averageOf(packets) };
}

async function recordPackets(packets: readonly Recorded[], options: Omit<CaptureSpec, 'file'>, uses: readonly NetworkFunctionUse[]): Promise<Recorded[]> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-copies-'));
  try {
    const file = join(folder, 'copies.pcap');
    await writeFile(file, toPcap(packets));
    return await recordCapture(file, options, uses);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every packet of a capture, as it comes in by its port: those from outside are addressed to what `uses` translate to. */
async function recordCapture(file: string, options: Omit<CaptureSpec, 'file'>, uses: readonly NetworkFunctionUse[]): Promise<Recorded[]> {
  recorded.length = 0;
  const trace = capture(file, options);
  await simulate({
    ports: { inside: trace.side('inside'), outside: trace.side('outside') },
    paths: [{ between: ['inside', 'outside'], match: 'ip', via: chain('recording', [record({ side: 0 }, { as: 'inside' }), ...uses, record({ side: 1 }, { as: 'outside' })]) }],
    memory: MEMORY,
  });
  return recorded.splice(0);
}

/** A replay has one link type; a capture of another, or one that cannot be read at all, is left out and counted. */
function isEthernet(file: string): boolean {
  try {
    const reader = openCapture(file);
    try {
      return reader.next() && reader.linkType === LinkType.ethernet && reader.interfaces.every(({ linkType }) => linkType === LinkType.ethernet);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (error instanceof CaptureError) return false;
    throw error;
  }
}
