/**
 * Where the control sockets of a user's instances lie: `<name>.<pid>.sock` in `$XDG_RUNTIME_DIR/millrace`, else in
 * `millrace-<uid>` of the folder for temporary files. The folder is nobody else's. With the pid in its name, no socket that is left
 * over is ever taken for another's.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Names are typed, and stand in the path of a socket, which the system keeps below 108 bytes. */
export const INSTANCE_NAME = /^[A-Za-z0-9][\w.-]{0,39}$/;
const SOCKET_FILE = /^(.+)\.(\d+)\.sock$/;
/** Of `sun_path`: 104 bytes on BSD and macOS, with the zero at the end. */
export const MAX_SOCKET_PATH_BYTES = 103;

export interface SocketFile {
  readonly name: string;
  readonly pid: number;
  readonly path: string;
}

/** The folder, whether it is there or not. */
export function controlDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { XDG_RUNTIME_DIR: runtime } = env;
  return runtime !== undefined && isAbsolute(runtime) && isMine(runtime) ? join(runtime, 'millrace') : join(tmpdir(), `millrace-${userId()}`);
}

/** Makes the folder where it is not there. @throws Error when it is somebody else's, or open to others. */
export function makeControlDirectory(): string {
  const path = controlDirectory();
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== userId() || (found.mode & 0o077) !== 0) {
    throw new Error(`${path} has to be a directory of this user's that nobody else may enter (mode 700): remove it, or set XDG_RUNTIME_DIR`);
  }
  return path;
}

/** Sockets of this user's instances, also of those that have ended without removing theirs. */
function socketFiles(): SocketFile[] {
  const directory = controlDirectory();
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return []; // nothing has ever run
  }
  return names.flatMap((file) => {
    const [, name, pid] = SOCKET_FILE.exec(file) ?? [];
    return name === undefined ? [] : [{ name, pid: Number(pid), path: join(directory, file) }];
  }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The same, without those that nobody listens at. Where their process has ended too, they are removed. */
export async function liveSocketFiles(): Promise<SocketFile[]> {
  const files = socketFiles();
  const live = await Promise.all(files.map(({ path }) => isListenedTo(path)));
  return files.filter(({ pid, path }, at) => {
    // Another process of that pid may be about to listen; this one would be doing so already.
    if (!live[at] && (pid === process.pid || !isRunning(pid))) rmSync(path, { force: true });
    return live[at];
  });
}

/** Pids alone do not tell: an instance in a container may share the folder and not the pids. */
function isListenedTo(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    const say = (live: boolean): void => {
      socket.destroy();
      resolve(live);
    };
    socket.once('connect', () => { say(true); });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => { say(code !== 'ECONNREFUSED' && code !== 'ENOENT'); });
  });
}

/** Whether there is a process of that pid, be it another user's. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isMine(path: string): boolean {
  try {
    return statSync(path).uid === userId();
  } catch {
    return false;
  }
}

/** 0 where there are no users: then there are no others either. */
function userId(): number {
  return process.getuid?.() ?? 0;
}
