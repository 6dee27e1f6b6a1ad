/** What tests of watching share: the office example without files, and a chain of test functions in every way of placing and routing it. */
import { chain, generator, sink, type ChainOptions, type Configuration } from 'millrace';
import { openCapture } from '../../src/port/capture/open-capture.js';
import { EXAMPLE_CAPTURE, policyOver, type CaptureConfiguration } from './captures.js';
import { dropEvery, refuse, touch } from './trace-function.mjs';

export const office = (): Promise<CaptureConfiguration> => policyOver('office', EXAMPLE_CAPTURE);

/** Three functions, of which the second answers every tenth packet and the third drops every seventh that it sees. */
export function three(packets: number, options: ChainOptions = {}, mode: Configuration['mode'] = 'zero-copy'): Configuration {
  return {
    ports: { source: generator({ packets, flows: 10, lengths: 100 }), out: sink() },
    paths: [{ between: ['source', 'out'], via: chain('c', [touch({}, { as: 'first' }), refuse({ nth: 10 }), dropEvery({ nth: 7 })], options) }],
    mode,
  };
}

/** Each way that a chain can run. */
export const WAYS: readonly (readonly [string, ChainOptions, Configuration['mode']])[] = [
  ['by the hub', {}, 'zero-copy'],
  ['in a mesh', { routing: 'mesh' }, 'zero-copy'],
  ['together', { placement: 'together' }, 'zero-copy'],
  ['with copies', {}, 'copy'],
];

export interface KeptPacket {
  /** Name of its interface in the file. */
  interface: string;
  bytes: Uint8Array;
  originalLength: number;
  seconds: number;
  nanos: number;
}

/** What the project's own reader finds in a capture. */
export function keptIn(path: string): KeptPacket[] {
  const reader = openCapture(path);
  const packets: KeptPacket[] = [];
  while (reader.next()) {
    const { dataOffset, length, originalLength, seconds, nanos, interfaceId } = reader;
    packets.push({ interface: reader.interfaces[interfaceId].name, bytes: reader.buffer.slice(dataOffset, dataOffset + length), originalLength, seconds, nanos });
  }
  reader.close();
  return packets;
}

/** Comments of the packets of a pcapng, and the counts of its interface statistics: what no reader here looks at. */
export function notesIn(file: Uint8Array): { comments: string[]; received: number; dropped: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const comments: string[] = [];
  let [received, dropped] = [-1, -1];
  for (let at = 0; at < file.length; at += view.getUint32(at + 4, true)) {
    const type = view.getUint32(at, true);
    const end = at + view.getUint32(at + 4, true) - 4;
    if (type !== 6 && type !== 5) continue;
    let option = type === 5 ? at + 20 : at + 28 + ((view.getUint32(at + 20, true) + 3) & ~3);
    while (option < end && view.getUint16(option, true) !== 0) {
      const [code, length] = [view.getUint16(option, true), view.getUint16(option + 2, true)];
      if (type === 6 && code === 1) comments.push(Buffer.from(file.subarray(option + 4, option + 4 + length)).toString());
      if (type === 5 && code === 4) received = Number(view.getBigUint64(option + 4, true));
      if (type === 5 && code === 5) dropped = Number(view.getBigUint64(option + 4, true));
      option += 4 + ((length + 3) & ~3);
    }
  }
  return { comments, received, dropped };
}
