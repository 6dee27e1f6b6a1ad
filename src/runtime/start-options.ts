/** What `start` and `run` take beside the configuration. */
import type { ControlOptions } from './control/control-options.js';
import type { EveTarget } from './eve/eve-output.js';
import type { RuntimeEvent } from './events.js';
import type { WatchOptions } from './watch/watch-options.js';

export interface StartOptions extends WatchOptions {
  /** Directory that relative file names start from. Default: the working directory. */
  baseDirectory?: string;
  /** Report every flow: `report.flows`. */
  flows?: boolean;
  /** Called with each event, on the main thread. */
  onEvent?: (event: RuntimeEvent) => void;
  /** Whether `onEvent` wants to hear what functions say of flows, `describe-flow`: without, less is put together for it. Default: true. */
  describeFlows?: boolean;
  /** Where a log in the form of Suricata's EVE JSON goes (docs/eve.md): a file name, or something with `write(text)`. */
  eve?: string | EveTarget;
  /**
   * How long network functions may take to be created, in milliseconds: at the start, which then fails with the code `create-timeout`,
   * and when one is replaced under traffic, which ends the run. Importing each module and each check of its options may take as long
   * before that; what takes longer is a problem of the configuration. Default: 60 000.
   */
  startTimeoutMs?: number;
  /**
   * Opens a control socket (docs/operating.md), by which `millrace ps`, `stats`, `apply` and `stop` reach the runtime: `true`
   * in the user's folder, a text at that path. Default: none.
   */
  control?: boolean | string | ControlOptions;
  /**
   * Serves Prometheus metrics at `/metrics` and the report at `/stats`, by HTTP at this `[host]:port`; without a host on
   * loopback. Port 0: any that is free, see `runtime.metrics`. Default: nothing is served.
   */
  metrics?: string;
}
