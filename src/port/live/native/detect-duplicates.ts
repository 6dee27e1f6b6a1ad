/** Runs duplicate address detection for legs on interfaces, before their ports have slots: frames go into memory of its own. */
import { DuplicateDetection, LISTEN_MS } from '../../router/duplicate-detection.js';
import type { LegSpec } from '../../router/leg.js';
import type { FrameOutlet } from '../../router/responder.js';
import type { FrameIo } from './frame-io.js';
import type { Libc } from './libc.js';
import { MessageVector } from './message-vector.js';
import { OFFLOAD_BYTES } from './offload.js';

/** A leg that may want its addresses looked for. */
export interface Candidate {
  leg: LegSpec;
  io: FrameIo;
  outlet: FrameOutlet;
}

/** Neighbour discovery is far shorter; of longer frames only the beginning is read. */
const FRAME_BYTES = 2048;
const FRAME_AT = 16;

/**
 * Asks for all addresses at once and listens for a second.
 * @returns for each of them what was found, null when nothing; at once when there is nothing to be asked.
 */
export function detectDuplicates(libc: Libc, candidates: readonly Candidate[]): (string | null)[] {
  const detections = candidates.map(({ leg }) => (leg.detectDuplicates ? new DuplicateDetection(leg) : null));
  const asking = candidates.flatMap((candidate, at) => {
    const detection = detections[at];
    return detection === null || detection.isEmpty ? [] : [{ ...candidate, detection }];
  });
  if (asking.length === 0) return candidates.map(() => null);
  const bytes = new Uint8Array(new SharedArrayBuffer(FRAME_AT + FRAME_BYTES));
  const base = libc.addressOf(bytes);
  const vector = new MessageVector(libc, 1, 2);
  vector.setPiece(0, 0, base, OFFLOAD_BYTES);
  vector.setPiece(0, 1, base + FRAME_AT, FRAME_BYTES);
  const hears = ({ detection, io }: (typeof asking)[number], mayWait: boolean): boolean => {
    if (io.receive(vector, 1, mayWait) <= 0) return false;
    // What carried a VLAN tag came from another link.
    if (io.vlanTag(vector, 0) === 0) detection.hear(bytes, FRAME_AT, Math.min(FRAME_BYTES, io.length(vector, 0)));
    return true;
  };
  for (const { detection, outlet } of asking) detection.ask(outlet);
  let turn = 0;
  for (const until = performance.now() + LISTEN_MS; performance.now() < until; ) {
    // A link that is silent may not keep a busy one waiting, or the answer there stands too far behind.
    const heard = asking.filter((each) => hears(each, false)).length;
    if (heard === 0) hears(asking[turn++ % asking.length], true);
  }
  return detections.map((detection) => detection?.conflict ?? null);
}
