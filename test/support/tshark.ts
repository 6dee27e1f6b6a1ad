/** tshark as a third opinion on checksums. Tests that need it skip themselves, saying so, where it is missing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Of Wireshark; not of any package. */
const [TSHARK, MERGECAP] = ['tshark', 'mergecap'] as const;

export function hasTshark(): boolean {
  if (spawnSync(TSHARK, ['--version']).status === 0 && spawnSync(MERGECAP, ['--version']).status === 0) return true;
  console.warn('skipped: there is no tshark, or no mergecap, on this machine');
  return false;
}

const KINDS = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'] as const;
/** What tshark calls a checksum that it found wrong. */
const BAD = '0';
/** Merged in one go: below the descriptors that a process may have, and few starts of tshark all the same. */
const MERGE_FILES = 400;

export interface Checksums {
  packets: number;
  /** Packets with a wrong checksum: its kind, the packet's time to the nanosecond and its length. All that stays through a chain. */
  bad: string[];
}

/** Looks at the checksums of all packets of some captures, merged into one file in `folder`. */
export function checksumsOf(captures: readonly string[], folder: string): Checksums {
  const result: Checksums = { packets: 0, bad: [] };
  for (let at = 0; at < captures.length; at += MERGE_FILES) {
    const merged = join(folder, 'merged.pcapng');
    execFileSync(MERGECAP, ['-w', merged, ...captures.slice(at, at + MERGE_FILES)], { stdio: 'pipe' });
    const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
    const fields = ['frame.time_epoch', 'frame.len', ...KINDS.map((kind) => `${kind}.checksum.status`)].flatMap((name) => ['-e', name]);
    const text = execFileSync(TSHARK, ['-n', '-r', merged, ...checks, '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,', ...fields], {
      encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const line of text.split('\n')) {
      if (line === '') continue;
      result.packets++;
      const [time, length, ...statuses] = line.split('\t');
      statuses.forEach((status, kind) => {
        if (status.split(',').includes(BAD)) result.bad.push(`${KINDS[kind]} ${time} ${length}`);
      });
    }
  }
  return result;
}

/** Wrong checksums that are not in the list of those that were wrong before. */
export function newlyBad(before: Checksums, after: Checksums): string[] {
  const known = new Map<string, number>();
  for (const key of before.bad) known.set(key, (known.get(key) ?? 0) + 1);
  return after.bad.filter((key) => {
    const left = known.get(key) ?? 0;
    known.set(key, left - 1);
    return left <= 0;
  });
}
