/** Dropped packets as pcapng: the port that they came in by is the interface, the reason and who dropped it the comment. Main thread. */
import { VerdictKind } from '../../memory/slot-layout.js';
import type { BuiltInDrop } from '../../observe/drop-reasons.js';
import { NO_FUNCTION, type WatchedPacket } from '../../watch/record.js';
import { CaptureStream, type CaptureTarget } from './capture-stream.js';
import type { Names, Watcher } from './watcher.js';

/** Built-in reasons for which a packet is dropped by the port that it was to leave by. */
const AT_EGRESS: readonly (string | undefined)[] = ['link-type-mismatch', 'egress-failed', 'offload-invalid', 'mtu-exceeded', 'port-down'] satisfies BuiltInDrop[];

export class DropLog implements Watcher {
  readonly #output: CaptureStream;
  readonly #names: Names;
  /** Drops that are counted where no packet is at hand: read at the end. */
  readonly #uncaught: () => number;
  #skipped = 0;

  /** @throws CaptureError when the file cannot be created. */
  constructor(target: CaptureTarget, names: Names, reading: readonly string[], uncaught: () => number) {
    this.#output = new CaptureStream(target, names.ports, reading);
    this.#names = names;
    this.#uncaught = uncaught;
  }

  get written(): number {
    return this.#output.written;
  }

  get skipped(): number {
    return this.#skipped + (this.#output.failure?.lost ?? 0);
  }

  /** Why the file ends early; null: it does not. */
  get failure(): { why: string; lost: number } | null {
    const { failure } = this.#output;
    return failure === null ? null : { why: failure.why, lost: this.skipped };
  }

  hasRoom(): boolean {
    const has = this.#output.hasRoom;
    if (!has) this.#skipped++;
    return has;
  }

  take(record: WatchedPacket): void {
    const { functions, drops, ports } = this.#names;
    const reason = drops[record.reason];
    const isAnswer = record.verdict === VerdictKind.reply;
    const isAtEgress = isAnswer || AT_EGRESS.includes(reason);
    const by = record.function !== NO_FUNCTION ? functions[record.function] : isAtEgress ? ports[record.egressPort] : '';
    const comment = [by === '' ? reason : `${reason} (${by})`, ...(isAnswer ? ['the bytes are those of the answer'] : [])].join('; ');
    this.#output.write(record, record.ingressPort, comment);
  }

  settle(): void {
    this.#output.flush();
  }

  end(skippedInRings: number): void {
    this.#skipped += skippedInRings + this.#uncaught();
    this.#output.end(this.#skipped);
  }
}
