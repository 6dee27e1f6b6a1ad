/** What a runtime serves to others while it runs: the control socket, and metrics by HTTP. Opened before the first thread, closed when all has ended. */
import type { Changes } from './compare-plans.js';
import type { Instance } from './control/command.js';
import type { ControlOptions } from './control/control-options.js';
import { ControlServer } from './control/server.js';
import { FileInForce } from './file-in-force.js';
import { MetricsServer } from './metrics/metrics-server.js';
import type { Runtime } from './runtime.js';
import type { StartOptions } from './start-options.js';

interface Control {
  server: ControlServer;
  options: ControlOptions;
}

export class Services {
  readonly #control: Control | null;
  readonly #metrics: MetricsServer | null;

  private constructor(control: Control | null, metrics: MetricsServer | null) {
    this.#control = control;
    this.#metrics = metrics;
  }

  /** @throws Error when something cannot be opened; nothing is open then. */
  static async open({ control = false, metrics }: StartOptions): Promise<Services> {
    const metricsServer = metrics === undefined ? null : await MetricsServer.open(metrics);
    try {
      return new Services(await openControl(control), metricsServer);
    } catch (error) {
      await metricsServer?.close();
      throw error;
    }
  }

  /** Name and socket of the instance; null: it cannot be reached. */
  get control(): { name: string; path: string } | null {
    return this.#control === null ? null : { name: this.#control.server.name, path: this.#control.server.path };
  }

  /** Where metrics are served; null: nowhere. */
  get metrics(): string | null {
    return this.#metrics?.url ?? null;
  }

  serve(runtime: Runtime): void {
    this.#metrics?.serve(runtime, this.control?.name ?? '');
    if (this.#control === null) return;
    const { server, options } = this.#control;
    server.serve(new ServedInstance(server.name, runtime, options));
  }

  async close(): Promise<void> {
    await Promise.all([this.#control?.server.close(), this.#metrics?.close()]);
  }
}

async function openControl(control: NonNullable<StartOptions['control']>): Promise<Control | null> {
  if (control === false) return null;
  const options = control === true ? {} : typeof control === 'string' ? { path: control } : control;
  try {
    return { server: await ControlServer.open(options), options };
  } catch (error) {
    if (options.unavailable === undefined) throw error;
    options.unavailable(error as Error);
    return null;
  }
}

class ServedInstance implements Instance {
  readonly name: string;
  readonly runtime: Runtime;
  #inForce: FileInForce | null;

  constructor(name: string, runtime: Runtime, { file, inForce }: ControlOptions) {
    this.name = name;
    this.runtime = runtime;
    this.#inForce = inForce ?? (file === undefined ? null : new FileInForce(file));
  }

  get file(): string | null {
    return this.#inForce?.file ?? null;
  }

  async apply(file?: string, shown?: string): Promise<Changes> {
    const inForce = this.#inForce ?? (file === undefined ? null : new FileInForce(file));
    if (inForce === null) throw new Error(`'${this.name}' was started from a program, not from a chain file: say which one to apply`);
    const changes = await inForce.apply(this.runtime, file, shown);
    this.#inForce = inForce;
    return changes;
  }
}
