/** The other end of the control socket: finds instances, asks them, reads streams. Used by the command line, and by programs. */
import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { ConfigurationError } from '../problems.js';
import { LineReader } from './line-reader.js';
import { liveSocketFiles, type SocketFile } from './directory.js';
import { CONTROL_VERSION, ControlError, MAX_ANSWER_BYTES, encodeLine, type ControlAnswer } from './protocol.js';

/** Answers of more than one line: chunks, then what the command came to. */
export interface ControlStream<Begin, End> {
  /** What the instance said of the stream before its first byte. */
  readonly begin: Begin;
  /** The bytes, in chunks as they were written. Read them to the end. */
  readonly chunks: () => AsyncGenerator<Buffer, End>;
  /** Says that no more is wanted: the instance ends the stream, `chunks` comes to its end. */
  readonly stop: () => void;
  /** Leaves at once: what has not come yet does not come any more. */
  readonly destroy: () => void;
}

/** There is no such instance, or it cannot be reached. */
export class InstanceError extends Error {
  override name = 'InstanceError';
}

/**
 * The instance that a person means: by name, by pid, or by the path of its socket.
 * @throws InstanceError when there is none, or more than one.
 */
export async function findInstance(text: string): Promise<{ path: string; label: string }> {
  if (text.includes('/')) return { path: text, label: text };
  const all = await liveSocketFiles();
  const found = all.filter(({ name }) => name === text);
  const meant = found.length > 0 ? found : all.filter(({ pid }) => String(pid) === text);
  if (meant.length === 1) return { path: meant[0].path, label: meant[0].name };
  if (meant.length > 1) throw new InstanceError(`'${text}' could be ${meant.map(named).join(' or ')}: say it by ${found.length > 0 ? 'pid' : 'name'}`);
  const others = all.length === 0 ? 'none is running' : `running: ${all.map(named).join(', ')}`;
  throw new InstanceError(`there is no instance '${text}'; ${others}`);
}

function named({ name, pid }: SocketFile): string {
  return `${name} (pid ${pid})`;
}

/**
 * Asks one thing and returns the result.
 * @param timeoutMs how long the instance may be silent; default: as long as it likes.
 * @throws ControlError; ConfigurationError when a configuration was refused; InstanceError when the socket cannot be reached.
 */
export async function ask<Result>(path: string, command: string, args: Record<string, unknown> = {}, timeoutMs = 0): Promise<Result> {
  const socket = await connect(path);
  socket.setTimeout(timeoutMs, () => { socket.destroy(); });
  try {
    const lines = new LineReader(MAX_ANSWER_BYTES, 'failed');
    socket.write(encodeLine({ v: CONTROL_VERSION, id: 1, command, args }));
    return resultOf(await readLine(socket, lines)) as Result;
  } finally {
    socket.destroy();
  }
}

/** Asks for a stream. @throws as `ask`. */
export async function askStream<Begin, End>(path: string, command: string, args: Record<string, unknown> = {}): Promise<ControlStream<Begin, End>> {
  const socket = await connect(path);
  const lines = new LineReader(MAX_ANSWER_BYTES, 'failed');
  try {
    socket.write(encodeLine({ v: CONTROL_VERSION, id: 1, command, args }));
    const answer = await readLine(socket, lines);
    const begin = resultOf(answer) as Begin;
    if (!('stream' in answer)) throw new ControlError('bad-request', `'${command}' is not answered by a stream`);
    return { begin, chunks: () => readChunks<End>(socket, lines), stop: () => { socket.end(); }, destroy: () => { socket.destroy(); } };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function connect(path: string): Promise<Socket> {
  const socket = createConnection({ path, allowHalfOpen: true });
  try {
    await once(socket, 'connect');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such socket' : code === 'ECONNREFUSED' ? 'nobody listens there' : code === 'EACCES' ? 'it belongs to another user' : (cause as Error).message;
    throw new InstanceError(`cannot reach the instance at ${path}: ${why}`, { cause });
  }
  socket.on('error', () => undefined); // 'close' follows, and says as much
  return socket;
}

async function readLine(socket: Socket, lines: LineReader): Promise<ControlAnswer> {
  const line = await readUntil(socket, () => lines.line(), lines, 'before it had answered');
  return JSON.parse(line) as ControlAnswer;
}

async function* readChunks<End>(socket: Socket, lines: LineReader): AsyncGenerator<Buffer, End> {
  try {
    for (;;) {
      const chunk = await readUntil(socket, () => lines.chunk(), lines, 'before the stream had ended');
      if (chunk.length === 0) return resultOf(await readLine(socket, lines)) as End;
      yield chunk;
    }
  } finally {
    socket.destroy();
  }
}

/** Reads until `take` finds what it wants. Nothing is read ahead of who takes it: a slow reader is felt at the other end. */
async function readUntil<Part>(socket: Socket, take: () => Part | null, lines: LineReader, when: string): Promise<Part> {
  for (;;) {
    const part = take();
    if (part !== null) return part;
    const bytes = socket.read() as Buffer | null;
    if (bytes !== null) lines.push(bytes);
    else if (socket.readableEnded || socket.destroyed) throw new InstanceError(`the instance closed the connection ${when}`);
    else await readable(socket);
  }
}

function readable(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['readable', 'end', 'close'] as const) socket.off(event, done);
      resolve();
    };
    for (const event of ['readable', 'end', 'close'] as const) socket.on(event, done);
  });
}

function resultOf(answer: ControlAnswer): unknown {
  if (answer.ok) return answer.result;
  const { code, message, problems } = answer.error;
  if (code === 'configuration' && problems !== undefined) throw new ConfigurationError(problems);
  throw new ControlError(code, message);
}
