/** Everything that is watched in one runtime, from its start to its end. Main thread. */
import { counterBlock, dropsByName } from '../../observe/counters.js';
import type { PathRow } from '../../packet-manager/manager-spec.js';
import type { WatchSpec } from '../../watch/watch-spec.js';
import type { Layout } from '../layout.js';
import type { Plan } from '../plan.js';
import { ConfigurationError } from '../problems.js';
import type { WatchReport } from '../report.js';
import type { WriteFailure } from '../write-failures.js';
import { DropLog } from './drop-log.js';
import { Links } from './links.js';
import { Tap, type TapOptions } from './tap.js';
import { TraceLog } from './trace-log.js';
import { WatchDesk, type TellWatches } from './watch-desk.js';
import { asProblem, checkFilter, filesOf, type CheckedWatches } from './watch-options.js';
import type { Names, Watcher } from './watcher.js';

export class Watches {
  readonly #links: Links;
  readonly #names: Names;
  readonly #checked: CheckedWatches;
  readonly #trace: TraceLog | null;
  readonly #drops: DropLog | null;
  #desk: WatchDesk | null = null;
  readonly #layout: Layout;
  readonly #linkOf = new Map<Watcher, string>();

  /** @throws ConfigurationError when the file for dropped packets cannot be written. */
  constructor(plan: Plan, layout: Layout, checked: CheckedWatches) {
    const { manager, functions, drops } = layout;
    this.#layout = layout;
    this.#checked = checked;
    this.#links = new Links(layout);
    this.#names = { ports: manager.ports.map(({ name }) => name), functions: functions.map(({ name }) => name), drops: drops.names };
    this.#trace = checked.trace === null ? null : new TraceLog(this.#names, this.#links, checked.trace.tell);
    const { reading, writing } = filesOf(plan);
    const target = checked.drops?.target;
    if (typeof target === 'string' && writing.includes(target)) {
      throw new ConfigurationError([{ code: 'write-twice', place: 'writeDrops', found: target, expected: 'a file of its own', message: 'a port writes to the file for dropped packets' }]);
    }
    this.#drops = target === undefined ? null : asProblem(() => new DropLog(target, this.#names, reading, () => this.#uncaught()), 'writeDrops');
  }

  /** The threads are there to be told. */
  begin(tell: TellWatches): void {
    const { specs, trace, drops } = this.#checked;
    const watcherOf = ({ id }: WatchSpec): Watcher | null => (id === trace?.id ? this.#trace : id === drops?.id ? this.#drops : null);
    this.#desk = new WatchDesk(this.#layout, tell, specs.flatMap((spec) => {
      const watcher = watcherOf(spec);
      return watcher === null ? [] : [{ spec, watcher }];
    }));
  }

  /** Nothing will run: the file for dropped packets is closed. */
  abandon(): void {
    this.#drops?.end(0);
  }

  get links(): readonly string[] {
    return this.#links.names;
  }

  /** @returns the tap, once it is in force. @throws Error when there is no such link, ConfigurationError when the filter is none. */
  async tap(link: string, options: TapOptions): Promise<Tap> {
    const { filter = '', snapLength = 0 } = options;
    const { points, answers } = this.#links.pointsOf(link);
    checkFilter(filter, 'filter');
    const tap = new Tap(link, this.#names, options);
    this.#linkOf.set(tap, link);
    const id = await this.#desk!.add({ kind: 'tap', filter, snapLength, points, answers }, tap);
    tap.endsBy(() => this.#desk!.remove(id));
    return tap;
  }

  /** Paths are about to be replaced: taps are where their links will be. */
  async replacePaths(rows: readonly PathRow[]): Promise<void> {
    this.#links.replacePaths(rows);
    await this.#desk!.change((spec, watcher) => (spec.kind === 'tap' ? { ...spec, ...this.#links.pointsOf(this.#linkOf.get(watcher)!) } : spec));
  }

  drain(): number {
    return this.#desk!.drain();
  }

  finish(): void {
    this.#desk!.finish();
  }

  /** The file for dropped packets, if it cannot be written on. */
  get failure(): WriteFailure | null {
    const target = this.#checked.drops?.target;
    const failure = this.#drops?.failure ?? null;
    return failure === null ? null : { what: 'writeDrops', file: typeof target === 'string' ? target : 'a stream', ...failure };
  }

  /** Nothing when nothing was ever watched. */
  report(): WatchReport | undefined {
    const bytesCopied = this.#desk?.copied ?? 0;
    if (bytesCopied === 0 && this.#trace === null && this.#drops === null) return undefined;
    const target = this.#checked.drops?.target;
    return {
      bytesCopied,
      ...(this.#trace !== null && { trace: { packets: this.#trace.told, skipped: this.#trace.skipped } }),
      ...(this.#drops !== null && { drops: { written: this.#drops.written, skipped: this.#drops.skipped, ...(typeof target === 'string' && { file: target }) } }),
    };
  }

  /** What threads of live ports dropped by themselves: there is no packet to keep. */
  #uncaught(): number {
    const { portThreads, shared, drops } = this.#layout;
    const blocks = portThreads.map(({ countersOffset }) => dropsByName(counterBlock(shared.control, countersOffset), drops.names));
    return blocks.flatMap((block) => Object.values(block)).reduce((sum, count) => sum + count, 0);
  }
}
