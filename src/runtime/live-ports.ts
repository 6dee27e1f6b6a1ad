/** Which ports are live, what a plan holds of them, and which threads they need. */
import type { LiveBackend, VxlanBackend } from '../port/live/backend.js';
import type { PortHalf } from '../port/live/thread-spec.js';

/** As a plan holds it: complete, nothing opened yet. */
export type LivePortSpec = VxlanBackend;

const LIVE_KINDS: readonly string[] = ['vxlan'] satisfies LivePortSpec['kind'][];

export function isLive(spec: { kind: string }): spec is LivePortSpec {
  return LIVE_KINDS.includes(spec.kind);
}

/** The threads of a port: one where it can wait for both directions. The one that receives comes first. */
export function halvesOf(_spec: LivePortSpec): readonly PortHalf[] {
  return ['both'];
}

/** Opens what a port needs of the system. Its threads get the descriptors by number. */
export function openLivePort(spec: LivePortSpec): LiveBackend {
  return spec;
}
