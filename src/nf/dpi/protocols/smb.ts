/** Hot: no allocation. SMB over TCP (MS-CIFS, MS-SMB2): the NetBIOS length and the protocol's mark. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (bytes[start] !== 0 || end < start + 8) return Outcome.no;
  const mark = bytes[start + 4];
  if (bytes[start + 5] !== 0x53 || bytes[start + 6] !== 0x4d || bytes[start + 7] !== 0x42) return Outcome.no;
  if (mark === 0xff) return Outcome.done;
  if (mark !== 0xfe && mark !== 0xfd && mark !== 0xfc) return Outcome.no; // plain, encrypted, compressed
  finding.name = 'NetBIOS.SMBv23';
  return Outcome.done;
}

export const smb: Dissector = { name: 'NetBIOS.SMBv1', variants: ['NetBIOS.SMBv23'], over: 'tcp', firstBytes: [0], inspect };
