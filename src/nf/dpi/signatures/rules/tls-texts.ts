/**
 * What rules may ask of a TLS handshake beside the server name: the client's JA4, and of the server's first flight its version and
 * the names in its certificate. Not hot: once a direction, and only where a rule asks.
 */
import { describeClientHello } from '../../protocols/hello-details.js';
import { describeServerFlight } from '../../protocols/server-details.js';
import { afterWarnings, Flight, HandshakeType, inspectFlight } from '../../protocols/server-hello.js';
import { bufferNumber } from './buffers.js';
import { HelloState } from './hello-name.js';
import type { BufferRanges } from './ranges-of-buffers.js';

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
const HANDSHAKE = 22;
const ALERT = 21;
const WARNING_BYTES = 7;
const MAX_FLIGHT_BYTES = 1 << 15;
const JA4 = bufferNumber('ja4.hash');
const VERSION = bufferNumber('tls.version');
const SUBJECT = bufferNumber('tls.cert_subject');
const ISSUER = bufferNumber('tls.cert_issuer');

/** Puts the JA4 of a whole hello, `bytes[0, end)`, into its buffer. */
export function tellJa4(bytes: Uint8Array, end: number, ranges: BufferRanges): void {
  putText(ranges, JA4, describeClientHello(bytes, HANDSHAKE_HEADER_BYTES, end, 't').ja4);
}

export class ServerFlight {
  readonly #bytes = new Uint8Array(MAX_FLIGHT_BYTES);
  #length = 0;

  /** Reads the records at `from`. `more`: the flight goes on behind `end`. */
  read(source: Uint8Array, from: number, end: number): number {
    let at = afterWarnings(source, from, end);
    // A warning alone: what follows it will tell.
    if (end > at && source[at] !== HANDSHAKE) return end - at <= WARNING_BYTES && source[at] === ALERT ? HelloState.more : HelloState.none;
    this.#length = 0;
    while (at + RECORD_HEADER_BYTES <= end && source[at] === HANDSHAKE) {
      const next = at + RECORD_HEADER_BYTES + ((source[at + 3] << 8) | source[at + 4]);
      const to = Math.min(next, end);
      for (let k = at + RECORD_HEADER_BYTES; k < to && this.#length < MAX_FLIGHT_BYTES; k++) this.#bytes[this.#length++] = source[k];
      at = next;
    }
    if (this.#length > 0 && this.#bytes[0] !== HandshakeType.serverHello) return HelloState.none;
    const isFollowed = at < end && source[at] !== HANDSHAKE;
    if (this.#length < HANDSHAKE_HEADER_BYTES) return HelloState.more;
    return inspectFlight(this.#bytes, 0, this.#length, isFollowed) === Flight.whole ? HelloState.whole : HelloState.more;
  }

  /** Puts what the flight tells, as far as it was read, into the buffers. */
  tell(ranges: BufferRanges): void {
    const told = describeServerFlight(this.#bytes, 0, this.#length)['tls'] ?? {};
    const { version, certificateSubject, certificateIssuer } = told;
    putText(ranges, VERSION, typeof version === 'string' ? version.replace(/^TLS /, '') : undefined);
    putText(ranges, SUBJECT, certificateSubject);
    putText(ranges, ISSUER, certificateIssuer);
  }
}

function putText(ranges: BufferRanges, buffer: number, text: unknown): void {
  if (typeof text !== 'string' || text === '') return;
  ranges.open();
  for (const byte of Buffer.from(text)) ranges.put(byte);
  ranges.close(buffer);
}
