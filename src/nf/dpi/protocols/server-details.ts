/** Details of a TLS server's first flight: version, cipher, the protocol it chose, and its certificate. Not hot. */
import type { DetailValue, FlowDetails } from '../../contract.js';
import { read16 } from '../bytes.js';
import { detailText, hex16 } from '../detail-text.js';
import { describeCertificate } from './certificate.js';
import { versionName } from './hello-details.js';
import { extensionsAt, findCertificate, HANDSHAKE_HEADER_BYTES, leafEnd, selectedVersion } from './server-hello.js';

const ALPN = 16;

/** `bytes[start, end)`: handshake messages that begin with a ServerHello, perhaps cut. */
export function describeServerFlight(bytes: Uint8Array, start: number, end: number): FlowDetails {
  const body = start + HANDSHAKE_HEADER_BYTES;
  const helloEnd = Math.min(end, body + ((bytes[start + 1] << 16) | (bytes[start + 2] << 8) | bytes[start + 3]));
  if (helloEnd < body + 38) return {};
  const details: Record<string, DetailValue> = { version: versionName(selectedVersion(bytes, body, helloEnd)) };
  const cipherAt = body + 35 + bytes[body + 34];
  if (cipherAt + 2 <= helloEnd) details.cipher = `0x${hex16(read16(bytes, cipherAt))}`;
  const at = extensionsAt(bytes, body, helloEnd);
  for (let from = at + 2; at > 0 && from + 4 <= helloEnd; from += 4 + read16(bytes, from + 2)) {
    const to = from + 7 + bytes[from + 6];
    if (read16(bytes, from) === ALPN && from + 7 <= helloEnd && to <= helloEnd) details.alpnSelected = detailText(bytes, from + 7, to);
  }
  const certificate = findCertificate(bytes, start, end);
  if (certificate > 0) Object.assign(details, describeCertificate(bytes, certificate, Math.min(end, leafEnd)));
  return { tls: details };
}
