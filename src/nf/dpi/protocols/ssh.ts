/** Hot: no allocation. SSH (RFC 4253, 4.2): the identification string that either side begins with. */
import { Outcome } from '../dissector.js';
import { detailText } from '../detail-text.js';
import type { Describer, Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match, valueEnd } from '../text.js';

const BANNER = literal('SSH-');

const describeClient: Describer = (bytes, start, end) => ({ ssh: { client: detailText(bytes, start, valueEnd(bytes, start, end)) } });
const describeServer: Describer = (bytes, start, end) => ({ ssh: { server: detailText(bytes, start, valueEnd(bytes, start, end)) } });

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const banner = match(bytes, start, end, BANNER);
  if (banner === Match.no) return Outcome.no;
  if (banner === Match.partly || end < start + 6) return Outcome.more;
  // Versions 1.3, 1.5, 1.99 and 2.0 have been seen in the wild.
  const isVersion = (bytes[start + 4] === 0x31 || bytes[start + 4] === 0x32) && bytes[start + 5] === 0x2e;
  if (!isVersion) return Outcome.no;
  finding.tell(facts.fromClient ? describeClient : describeServer, bytes, start, end);
  return Outcome.doneHere;
}

export const ssh: Dissector = { name: 'SSH', over: 'tcp', firstBytes: [0x53], inspect };
