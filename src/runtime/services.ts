/** What a runtime serves to others while it runs: the control socket. Opened before the first thread, closed when all has ended. */
import type { Changes } from './compare-plans.js';
import type { Configuration } from './configuration.js';
import type { Instance } from './control/command.js';
import type { ControlOptions } from './control/control-options.js';
import { ControlServer } from './control/server.js';
import type { Runtime, StartOptions } from './runtime.js';
import { readConfiguration } from './yaml.js';

interface Control {
  server: ControlServer;
  options: ControlOptions;
}

export class Services {
  readonly #control: Control | null;

  private constructor(control: Control | null) {
    this.#control = control;
  }

  /** @throws Error when something cannot be opened; nothing is open then. */
  static async open({ control = false }: StartOptions): Promise<Services> {
    if (control === false) return new Services(null);
    const options = control === true ? {} : typeof control === 'string' ? { path: control } : control;
    return new Services({ server: await ControlServer.open(options), options });
  }

  /** Name and socket of the instance; null: it cannot be reached. */
  get control(): { name: string; path: string } | null {
    return this.#control === null ? null : { name: this.#control.server.name, path: this.#control.server.path };
  }

  serve(runtime: Runtime): void {
    if (this.#control === null) return;
    const { server, options } = this.#control;
    server.serve(new ServedInstance(server.name, runtime, options));
  }

  async close(): Promise<void> {
    await this.#control?.server.close();
  }
}

class ServedInstance implements Instance {
  readonly name: string;
  readonly runtime: Runtime;
  file: string | null;
  readonly #override: (document: unknown) => unknown;

  constructor(name: string, runtime: Runtime, { file = null, override = (document) => document }: { file?: string | null } & Pick<ControlOptions, 'override'>) {
    this.name = name;
    this.runtime = runtime;
    this.file = file;
    this.#override = override;
  }

  async apply(file = this.file ?? undefined, shown = file): Promise<Changes> {
    if (file === undefined) throw new Error(`'${this.name}' was started from a program, not from a chain file: say which one to apply`);
    const { document, source, baseDirectory } = await readConfiguration(file, shown);
    const changes = await this.runtime.apply(this.#override(document) as Configuration, { source, baseDirectory });
    this.file = file;
    return changes;
  }
}
