/** Creates the writer that a file name asks for. */
import type { InterfaceDirectory } from './interfaces.js';
import { PcapWriter } from './pcap-writer.js';
import { PcapngWriter } from './pcapng-writer.js';
import type { CaptureWriter } from './writer.js';

/** The standard output as a file. */
export const STANDARD_OUTPUT = '/dev/stdout';

/**
 * Creates (or overwrites) a capture: classic pcap when the name ends in `.pcap`, else pcapng.
 * @param reading captures that are being read: none of them is overwritten.
 * @throws CaptureError when the file cannot be created.
 */
export function createCapture(path: string, reading: readonly string[], directory: InterfaceDirectory): CaptureWriter {
  return path.endsWith('.pcap') ? new PcapWriter(path, reading) : new PcapngWriter(path, reading, directory);
}
