/** The two policies of examples/, over any capture, with what leaves written where a test wants it. */
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

export interface PolicyChoices {
  /** What leaves is written to `inside.pcapng` and `outside.pcapng` here. Without it, it is counted and let go. */
  folder?: string;
  memory?: MemoryShape;
  flows?: number;
}

/** The policy of `examples/<name>.yaml` over `capture`. Pass `EXAMPLES` as base directory, for the signatures. */
export async function policyOver(name: Policy, capture: string, { folder, memory, flows }: PolicyChoices = {}): Promise<CaptureConfiguration> {
  const { document } = await readConfiguration(join(examples, `${name}.yaml`));
  const { captures = {}, ports, ...rest } = document as Configuration;
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
