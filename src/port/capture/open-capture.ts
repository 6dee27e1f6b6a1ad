/** Opens a capture of either format by its first bytes, or says what it is instead. */
import { openSource } from './byte-source.js';
import { CaptureError } from './capture-error.js';
import { PcapReader, type PcapVariant } from './pcap-reader.js';
import { PcapngReader } from './pcapng-reader.js';
import { Availability, ReadWindow } from './read-window.js';
import { DEFAULT_KEEP_BYTES, type CaptureReader } from './reader.js';

export interface OpenOptions {
  /** Bytes of records that may wait in memory; see `CaptureReader.retainFrom`. */
  keepBytes?: number;
  /** Most bytes that a gzip file may inflate to. */
  inflateLimitBytes?: number;
}

const EXPECTED = 'pcap or pcapng, as it is or in gzip';

/** Formats that are told by name, by the first four bytes as in the file. */
const FOREIGN: Record<string, string> = {
  'a1b2cd34': 'modified pcap (0xa1b2cd34)',
  '34cdb2a1': 'modified pcap (0xa1b2cd34)',
  '28b52ffd': 'zstd: decompress it first (unzstd)',
  '04224d18': 'lz4: decompress it first (unlz4)',
  '02214c18': 'lz4: decompress it first (unlz4)',
  'fd377a58': 'xz: decompress it first (unxz)',
  '504b0304': 'a zip archive: unpack it first',
  '736e6f6f': 'snoop',
};

const VARIANTS = new Map<string, PcapVariant>(Object.entries({
  'd4c3b2a1': { littleEndian: true, nanosPerUnit: 1000 },
  'a1b2c3d4': { littleEndian: false, nanosPerUnit: 1000 },
  '4d3cb2a1': { littleEndian: true, nanosPerUnit: 1 },
  'a1b23c4d': { littleEndian: false, nanosPerUnit: 1 },
}));
const PCAPNG = '0a0d0d0a';
const BZIP2 = '425a68';

function describe(magic: string, compressed: boolean): string {
  const inside = compressed ? 'in gzip, ' : '';
  if (magic === '') return `${inside}an empty file`;
  if (magic.startsWith(BZIP2)) return `${inside}bzip2: decompress it first (bunzip2)`;
  return inside + (FOREIGN[magic] ?? `a file that starts with 0x${magic}`);
}

/**
 * Opens a capture for reading.
 * @throws CaptureError when it cannot be opened, is no capture, or is compressed in a way that is not read here.
 */
export function openCapture(path: string, options: OpenOptions = {}): CaptureReader {
  const source = openSource(path, options.inflateLimitBytes);
  const window = new ReadWindow(source, options.keepBytes ?? DEFAULT_KEEP_BYTES);
  const found = window.ensure(4);
  const magic = Buffer.from(window.buffer.subarray(0, Math.min(4, window.available))).toString('hex');
  const variant = VARIANTS.get(magic);
  const isCapture = found === Availability.ready && (variant !== undefined || magic === PCAPNG);
  if (isCapture) {
    const reader = variant !== undefined ? new PcapReader(path, source, window, variant) : new PcapngReader(path, source, window);
    // Whoever opens a stream waits for its beginning; who reads it looks again.
    source.hasten();
    return reader;
  }
  source.close();
  if (window.failure !== null) throw new CaptureError('capture-unreadable', path, 'the capture cannot be read', window.failure, 'a readable capture file');
  throw new CaptureError('capture-format', path, 'not a capture that can be read', describe(magic, source.compressed), EXPECTED);
}

/** What keeps a file from being read as a capture, or null. For configuration checks: reads a few bytes and closes it. */
export function probeCapture(path: string, options: OpenOptions = {}): CaptureError | null {
  try {
    openCapture(path, options).close();
    return null;
  } catch (error) {
    if (error instanceof CaptureError) return error;
    throw error;
  }
}
