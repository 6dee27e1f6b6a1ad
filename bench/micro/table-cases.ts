/** Lookups: flow key with connection, flow table, state table; and the scan for signatures. */
import { ConnectionTable } from '../../src/flow/connection-table.js';
import { FlowKey } from '../../src/flow/flow-key.js';
import { FlowTable } from '../../src/flow/flow-table.js';
import { allocateControl } from '../../src/memory/control-memory.js';
import { SignatureSet } from '../../src/nf/dpi/signatures/signature-set.js';
import { signatureSchema } from '../../src/nf/dpi/signatures/signature.js';
import { StateTable } from '../../src/nf/tables.js';
import { Packet } from '../../src/packet/packet.js';
import { parsePacket } from '../../src/packet/parse.js';
import type { FrameMemory } from '../frames.js';
import { InvalidMeasurement } from '../sample.js';
import { OPERATIONS, type MicroCase } from './micro-case.js';
import { packets } from './packet-cases.js';

const SLOT_BYTES = 512;
/** Odd, so that it visits every entry of a table whose size is a power of two, far from the one before. */
const STRIDE = 40503;
const IPV4_SOURCE_AT = 26;
/** Share of connections that may have lost their bucket to others while the table was filled. */
const MAX_LOST = 0.01;

function onePacket(seed: number): { packet: Packet; memory: FrameMemory } {
  const memory = packets({ lengths: 128, seed }, 1);
  parsePacket(memory.region, memory.start(0), memory.length(0), memory.headers, 0);
  const packet = new Packet(memory.headers, SLOT_BYTES);
  packet.moveTo(memory.region, memory.start(0), 0);
  return { packet, memory };
}

/** One packet, whose source address is written anew for each operation: the table is cold, the packet is not. */
export function connectionCase(connections: number, seed: number): MicroCase {
  const { packet, memory } = onePacket(seed);
  const { region } = memory;
  const at = memory.start(0) + IPV4_SOURCE_AT;
  const table = new ConnectionTable(allocateControl(ConnectionTable.bytes(connections)), 0, connections);
  const key = new FlowKey();
  const mask = connections - 1;
  const become = (flow: number): void => {
    region[at + 1] = flow >>> 16;
    region[at + 2] = flow >>> 8;
    region[at + 3] = flow;
  };
  for (let flow = 0; flow < connections; flow++) {
    become(flow);
    key.read(packet);
    table.insert(key.words, key.hash, 1, key.isFromFirst, false);
  }
  let flow = 0;
  const call = (): number => {
    let found = 0;
    for (let k = 0; k < OPERATIONS; k++) {
      flow = (flow + STRIDE) & mask;
      become(flow);
      key.read(packet);
      if (table.find(key.words, key.hash) >= 0) found++;
    }
    return found;
  };
  let all = 0;
  for (let done = 0; done < connections; done += OPERATIONS) all += call();
  if (all < connections * (1 - MAX_LOST)) throw new InvalidMeasurement(`${all} of ${connections} connections are found`);
  return { name: 'flow key and lookup', bytes: null, burst: null, flows: connections, operations: OPERATIONS, unit: 'packet', call };
}

function flowKeyCase(seed: number): MicroCase {
  const { packet } = onePacket(seed);
  const key = new FlowKey();
  const call = (): number => {
    let read = 0;
    for (let k = 0; k < OPERATIONS; k++) if (key.read(packet)) read++;
    return read;
  };
  return { name: 'flow key', bytes: null, burst: null, operations: OPERATIONS, unit: 'packet', call, expected: OPERATIONS };
}

/** The last entry matches: the worst of a list. */
function flowTableCase(entries: number, seed: number): MicroCase {
  const { packet } = onePacket(seed);
  const table = new FlowTable<number>({ name: 'bench', default: 0 });
  table.replaceAll(Array.from({ length: entries }, (_, k) => {
    const port = k === entries - 1 ? 53 : 1000 + k;
    return { match: { protocol: [17], destinationPorts: [{ from: port, to: port }] }, target: k + 1 };
  }));
  const call = (): number => {
    let targets = 0;
    for (let k = 0; k < OPERATIONS; k++) targets += table.lookup(packet);
    return targets;
  };
  return { name: `flow table, entry ${entries} matches`, bytes: null, burst: null, operations: OPERATIONS, unit: 'packet', call, expected: OPERATIONS * entries };
}

function stateTableCase(entries: number): MicroCase {
  const spec = { kind: 'keyed', keyWords: 4, valueWords: 4, capacity: entries } as const;
  const table = new StateTable(spec, allocateControl(StateTable.bytes(spec)), 0);
  const { key } = table;
  const become = (entry: number): void => {
    key[0] = 0x0a000000 + entry;
    key[1] = 0xc6120001;
    key[2] = (entry << 16) | 53;
    key[3] = 17;
  };
  for (let entry = 0; entry < entries; entry++) {
    become(entry);
    table.insert();
  }
  let entry = 0;
  const call = (): number => {
    let found = 0;
    for (let k = 0; k < OPERATIONS; k++) {
      entry = (entry + STRIDE) & (entries - 1);
      become(entry);
      if (table.find() >= 0) found++;
    }
    return found;
  };
  return { name: 'state table find', bytes: null, burst: null, flows: entries, operations: OPERATIONS, unit: 'lookup', call, expected: OPERATIONS };
}

/** Signatures of twelve letters that do not occur, half of them in either case, over bytes that look random. */
function signatureCase(signatures: number, seed: number): MicroCase {
  const letter = (k: number, at: number): string => String.fromCharCode(97 + ((Math.imul(k * 12 + at + seed, 0x9e3779b1) >>> 8) % 26));
  const set = new SignatureSet(Array.from({ length: signatures }, (_, k) => signatureSchema.parse({
    name: `s${k}`,
    content: Array.from({ length: 12 }, (_value, at) => letter(k, at)).join(''),
    nocase: k % 2 === 0,
  })));
  const bytes = 1460;
  const text = Uint8Array.from({ length: bytes }, (_, at) => Math.imul(at + seed, 0x85ebca6b) >>> 24);
  const call = (): number => {
    set.begin();
    set.scan(text, 0, bytes, 0);
    return set.hitCount;
  };
  return { name: `signature scan, ${signatures} signatures`, bytes, burst: null, operations: bytes, unit: 'byte', call, expected: 0 };
}

export function stateTableCases(entries: readonly number[]): MicroCase[] {
  return entries.map(stateTableCase);
}

export function tableCases(seed: number): MicroCase[] {
  return [
    flowKeyCase(seed),
    flowTableCase(1, seed),
    flowTableCase(16, seed),
    signatureCase(16, seed),
    signatureCase(256, seed),
  ];
}
