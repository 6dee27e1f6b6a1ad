/** The two policies of examples/, over any capture, with what leaves written where a test wants it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { openCapture } from '../../src/port/capture/open-capture.js';
import type { CapturePortSpec, Configuration, MemoryShape } from '../../src/runtime/configuration.js';
import { readConfiguration } from '../../src/runtime/yaml.js';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

/** The capture that the repository carries. */
export const EXAMPLE_CAPTURE = join(examples, 'office.pcapng');

export type Policy = 'office' | 'permit';
export const POLICIES: readonly Policy[] = ['office', 'permit'];

/** A folder of this test file's own, gone after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-captures-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A configuration that has capture ports and nothing else, so that the sources and the built package both take it. */
export type CaptureConfiguration = Omit<Configuration, 'ports'> & { ports: Readonly<Record<string, CapturePortSpec>> };

const documents = new Map<Policy, Promise<Configuration>>();
/** What `examples/<name>.yaml` holds, read once: a passive value. */
function documentOf(name: Policy): Promise<Configuration> {
  const known = documents.get(name) ?? readConfiguration(join(examples, `${name}.yaml`)).then(({ document }) => document as Configuration);
  documents.set(name, known);
  return known;
}

export interface PolicyChoices {
  /** What leaves is written to `inside.pcapng` and `outside.pcapng` here. Without it, it is counted and let go. */
  folder?: string;
  memory?: MemoryShape;
  flows?: number;
}

/** The policy of `examples/<name>.yaml` over `capture`. Pass `EXAMPLES` as base directory, for the signatures. */
export async function policyOver(name: Policy, capture: string, { folder, memory, flows }: PolicyChoices = {}): Promise<CaptureConfiguration> {
  const { captures = {}, ports, ...rest } = await documentOf(name);
  const port = (side: 'inside' | 'outside'): CapturePortSpec => {
    const { write: _, ...spec } = ports[side] as CapturePortSpec;
    return folder === undefined ? spec : { ...spec, write: join(folder, `${side}.pcapng`) };
  };
  return {
    ...rest,
    captures: { trace: { ...captures['trace'], file: capture } },
    ports: { inside: port('inside'), outside: port('outside') },
    ...(memory !== undefined && { memory }),
    ...(flows !== undefined && { flows }),
  };
}

/** Paths in the policies are relative to it. */
export const EXAMPLES = examples;

export interface CaptureFacts {
  /** Packets that the file has, also those of link types that are not read. */
  records: number;
  /** Those that are handed out. */
  packets: number;
  problems: Record<string, number>;
}

/** What a second reading of a file finds in it. */
export function factsOf(path: string): CaptureFacts {
  const reader = openCapture(path);
  let packets = 0;
  while (reader.next()) packets++;
  const problems = Object.fromEntries(reader.problems.map(({ kind, count }) => [kind, count]));
  reader.close();
  return { records: reader.records, packets, problems };
}

export interface CapturedRecord {
  bytes: Uint8Array;
  seconds: number;
  nanos: number;
  originalLength: number;
  linkType: number;
}

/** Everything in a file, copied out. */
export function recordsOf(path: string): CapturedRecord[] {
  const reader = openCapture(path);
  const records: CapturedRecord[] = [];
  while (reader.next()) {
    const { dataOffset, length, seconds, nanos, originalLength, linkType } = reader;
    records.push({ bytes: reader.buffer.slice(dataOffset, dataOffset + length), seconds, nanos, originalLength, linkType });
  }
  reader.close();
  return records;
}

/** A nanosecond pcap of Ethernet packets. */
export function pcapOf(records: readonly Omit<CapturedRecord, 'linkType'>[]): Uint8Array {
  const bytes = new Uint8Array(24 + records.reduce((sum, record) => sum + 16 + record.bytes.length, 0));
  const view = new DataView(bytes.buffer);
  [0xa1b23c4d, 0x00040002, 0, 0, 262_144, 1].forEach((word, at) => view.setUint32(4 * at, word, true));
  let at = 24;
  for (const record of records) {
    [record.seconds, record.nanos, record.bytes.length, record.originalLength].forEach((word, k) => view.setUint32(at + 4 * k, word, true));
    bytes.set(record.bytes, at + 16);
    at += 16 + record.bytes.length;
  }
  return bytes;
}

/** One number for what was written: the same whatever the order in which independent connections were sent. */
export function digestOf(path: string): { packets: number; sha256: string } {
  const lines = recordsOf(path).map(({ bytes, seconds, nanos, originalLength, linkType }) =>
    `${seconds}.${String(nanos).padStart(9, '0')} ${originalLength} ${linkType} ${Buffer.from(bytes).toString('hex')}`).sort();
  return { packets: lines.length, sha256: createHash('sha256').update(lines.join('\n')).digest('hex') };
}
