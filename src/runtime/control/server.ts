/**
 * The control socket of a running instance: who may connect to it may do with the instance what its owner may, so nobody else
 * may. Main thread.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { ControlCommands, Instance } from './command.js';
import { CONTROL_COMMANDS } from './commands/index.js';
import { ControlConnection } from './connection.js';
import type { ControlOptions } from './control-options.js';
import { INSTANCE_NAME, MAX_SOCKET_PATH_BYTES, liveSocketFiles, makeControlDirectory } from './directory.js';
import { ControlError } from './protocol.js';

/** Clients at a time: a person, a script and a few taps. */
const MAX_CONNECTIONS = 32;
/** How long clients may take at the end to read their last answers. */
const LAST_WORDS_MS = 1000;
const DEFAULT_NAME = 'millrace';

export class ControlServer {
  readonly name: string;
  readonly path: string;
  readonly #server: Server;
  readonly #connections = new Set<ControlConnection>();
  #resolveInstance!: (instance: Instance) => void;
  #rejectInstance!: (error: Error) => void;
  readonly #instance = new Promise<Instance>((resolve, reject) => {
    this.#resolveInstance = resolve;
    this.#rejectInstance = reject;
  });

  private constructor(name: string, path: string, server: Server, commands: ControlCommands) {
    this.name = name;
    this.path = path;
    this.#server = server;
    this.#instance.catch(() => undefined);
    server.on('connection', (socket) => {
      const connection = new ControlConnection(socket, this.#instance, commands);
      if (this.#connections.size >= MAX_CONNECTIONS) {
        connection.refuse(new ControlError('too-many-connections', `${MAX_CONNECTIONS} clients are connected, and no more are served at a time`));
        return;
      }
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
    });
  }

  /**
   * Listens, before there is anything to be controlled: requests wait for `serve`.
   * @throws Error when the name is taken or is none, the folder is not the user's own, or the path cannot be used.
   */
  static async open({ name = DEFAULT_NAME, nameIsFixed = false, path }: ControlOptions, commands: ControlCommands = CONTROL_COMMANDS): Promise<ControlServer> {
    if (!INSTANCE_NAME.test(name)) throw new Error(`'${name}' is no name of an instance: expected a letter or digit, then letters, digits, '_', '.' and '-', at most 40 in all`);
    if (path !== undefined) return ControlServer.#at(name, path, commands);
    const directory = makeControlDirectory();
    const others = await liveSocketFiles();
    const holder = others.find((file) => file.name === name);
    if (holder !== undefined && nameIsFixed) throw new Error(`an instance named '${name}' is running already, with pid ${holder.pid}`);
    const taken = new Set(others.map((file) => file.name));
    for (;;) {
      const free = freeName(name, taken);
      try {
        return await ControlServer.#at(free, join(directory, `${free}.${process.pid}.sock`), commands);
      } catch (error) {
        // Another runtime of this process was faster.
        if (nameIsFixed || ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code !== 'EADDRINUSE') throw error;
        taken.add(free);
      }
    }
  }

  static async #at(name: string, path: string, commands: ControlCommands): Promise<ControlServer> {
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) throw new Error(`the path of a control socket has at most ${MAX_SOCKET_PATH_BYTES} bytes: ${path}`);
    const server = createServer({ allowHalfOpen: true });
    // The socket comes into being with its mode; workers cannot set the mask of the process, and the folder protects it there.
    const mask = isMainThread ? process.umask(0o177) : null;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, () => {
          server.off('error', reject);
          resolve();
        });
        if (mask !== null) process.umask(mask);
      });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new Error(`the control socket ${path} cannot be opened: ${code === 'EADDRINUSE' ? 'there is something of that name' : (cause as Error).message}`, { cause });
    }
    chmodSync(path, 0o600);
    return new ControlServer(name, path, server, commands);
  }

  /** From now on requests are answered. */
  serve(instance: Instance): void {
    this.#resolveInstance(instance);
  }

  /** Answers what is being answered, then closes every connection and removes the socket. */
  async close(): Promise<void> {
    this.#rejectInstance(new ControlError('over', 'the instance has ended'));
    const closed = new Promise<void>((resolve) => this.#server.close(() => { resolve(); }));
    // Node removes the socket when it closes; one that another made since at a path of the user's own stays.
    for (const connection of this.#connections) connection.end();
    const late = setTimeout(() => { for (const connection of this.#connections) connection.destroy(); }, LAST_WORDS_MS);
    await closed;
    clearTimeout(late);
    rmSync(this.path, { force: true });
  }
}

/** The name itself, else with the pid behind it; one process may run several instances, so with a number too. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let k = 1; taken.has(free); k++) free = k === 1 ? `${name}-${process.pid}` : `${name}-${process.pid}-${k}`;
  return free;
}
