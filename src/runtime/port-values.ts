/** Builds the ports of a configuration in TypeScript. All are passive values: no file is opened here. */
import type { GeneratorOptions } from '../port/generator.js';
import type { CapturePortSpec, CaptureSpec, GeneratorPortSpec, MemoryPortSpec, Side, SinkPortSpec, VxlanPortSpec } from './configuration.js';

/** What a port on a capture may be told. */
export interface CaptureOutput {
  /** File for what leaves by this port. */
  write?: string;
}

/** A capture file: it gives ports, and is itself what `captures` of a configuration holds. */
export class Capture implements CaptureSpec {
  readonly file: string;
  declare readonly inside?: readonly string[];

  constructor({ file, inside }: CaptureSpec) {
    this.file = file;
    if (inside !== undefined) this.inside = [...inside];
  }

  /** A port on one side: packets from that side come in by it, packets to that side leave by it. */
  side(side: Side, { write }: CaptureOutput = {}): CapturePortSpec {
    const { file, inside } = this;
    return { kind: 'capture', file, ...(inside !== undefined && { inside }), side, ...(write !== undefined && { write }) };
  }

  /** A port by which the whole capture comes in. */
  port({ write }: CaptureOutput = {}): CapturePortSpec {
    return { kind: 'capture', file: this.file, ...(write !== undefined && { write }) };
  }
}

/**
 * A capture file to be read: pcap or pcapng, plain or gzipped.
 * @param file relative to the working directory, or to `baseDirectory` where one is given.
 * @param options `inside`: prefixes of the inside, such as `['10.0.0.0/8', 'fd00::/8']`. Without them, who opened a
 * connection is inside.
 */
export function capture(file: string, options: Omit<CaptureSpec, 'file'> = {}): Capture {
  return new Capture({ file, ...options });
}

/** A port that takes every packet and lets it go, or writes it to a capture. Receives nothing. */
export function sink({ write }: CaptureOutput = {}): SinkPortSpec {
  return { kind: 'sink', ...(write !== undefined && { write }) };
}

/** A port that makes packets of its own. */
export function generator(options: GeneratorOptions): GeneratorPortSpec {
  return { kind: 'generator', ...options };
}

/** A port that receives the given packets, in order. */
export function memory(packets: readonly Uint8Array[] = [], options: Pick<MemoryPortSpec, 'linkType'> = {}): MemoryPortSpec {
  return { kind: 'memory', packets, ...options };
}

/** A port at one end of a VXLAN tunnel (RFC 7348). Needs no privileges. */
export function vxlan(options: Omit<VxlanPortSpec, 'kind'>): VxlanPortSpec {
  return { kind: 'vxlan', ...options };
}
