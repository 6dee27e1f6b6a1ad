/** One client of the control socket: its requests, answered one after the other. */
import type { Socket } from 'node:net';
import type { z } from 'zod';
import { ConfigurationError } from '../problems.js';
import type { ControlCommands, Instance, Reply } from './command.js';
import { LineReader } from './line-reader.js';
import { CONTROL_VERSION, ControlError, MAX_REQUEST_BYTES, chunkHeader, decodeRequest, encodeLine, type ControlAnswer, type ControlFailure, type ControlRequest } from './protocol.js';
import { StreamSink } from './stream-sink.js';

/** Without a word for so long, a client makes room for another. */
const IDLE_MS = 60_000;

export class ControlConnection {
  /** Settles when the connection is closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #instance: Promise<Instance>;
  readonly #commands: ControlCommands;
  readonly #lines = new LineReader(MAX_REQUEST_BYTES, 'request-too-long');
  readonly #gone = new AbortController();
  /** The client will ask nothing more. */
  #isHalfClosed = false;
  #isAnswering = false;
  /** What the client says meanwhile is of no use. */
  #isStreaming = false;
  #isEnding = false;

  constructor(socket: Socket, instance: Promise<Instance>, commands: ControlCommands) {
    this.#socket = socket;
    this.#commands = commands;
    this.#instance = instance;
    this.closed = new Promise((resolve) => socket.once('close', () => { resolve(); }));
    socket.on('error', () => undefined); // a client that is gone is told by 'close'
    socket.on('close', () => { this.#gone.abort(); });
    socket.on('data', (bytes) => {
      if (this.#isStreaming) return;
      this.#lines.push(bytes);
      void this.#answerAll();
    });
    socket.on('end', () => {
      this.#isHalfClosed = true;
      // Whoever reads a stream keeps its side open as long as it wants more.
      this.#gone.abort();
      void this.#answerAll();
    });
    socket.setTimeout(IDLE_MS, () => { if (!this.#isAnswering) this.end(); });
  }

  /** Takes no more requests; what is being answered still is. */
  end(): void {
    this.#isEnding = true;
    this.#gone.abort();
    if (!this.#isAnswering) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Refuses a client that came in vain. */
  refuse(error: ControlError): void {
    this.#send({ v: CONTROL_VERSION, id: null, ok: false, error: failureOf(error) });
    this.end();
  }

  async #answerAll(): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    try {
      while (!this.#isEnding) {
        const line = this.#lines.line();
        if (line === null) break;
        // Nothing more is read meanwhile, so that nothing piles up.
        this.#socket.pause();
        if (line.trim() !== '') await this.#answer(line);
        if (this.#socket.writableNeedDrain) await this.#drained();
        this.#socket.resume();
      }
    } catch (error) {
      // Where a line ends is not known any more.
      this.#send({ v: CONTROL_VERSION, id: null, ok: false, error: failureOf(error) });
      this.#isEnding = true;
    } finally {
      this.#isAnswering = false;
    }
    if (this.#isEnding || this.#isHalfClosed) this.#socket.end();
  }

  async #answer(line: string): Promise<void> {
    let id: string | number | null = null;
    try {
      const request = decodeRequest(line);
      ({ id } = request);
      const stream = (result: unknown): StreamSink => {
        if (this.#isStreaming) throw new Error('a request is answered by one stream');
        this.#isStreaming = true;
        this.#send({ v: CONTROL_VERSION, id, ok: true, stream: true, result });
        this.#socket.resume(); // so that the client's end is noticed
        return new StreamSink(this.#socket, this.#gone.signal);
      };
      const result = await this.#run(request, { stream });
      this.#finish({ v: CONTROL_VERSION, id, ok: true, result: result ?? null });
    } catch (error) {
      this.#finish({ v: CONTROL_VERSION, id, ok: false, error: failureOf(error) });
    }
  }

  async #run({ command, args }: ControlRequest, reply: Reply): Promise<unknown> {
    if (!Object.hasOwn(this.#commands, command)) {
      throw new ControlError('unknown-command', `there is no command '${command}', only ${Object.keys(this.#commands).join(', ')}`);
    }
    const { arguments: schema, run } = this.#commands[command];
    const checked = schema.safeParse(args);
    if (!checked.success) throw new ControlError('bad-argument', checked.error.issues.map(issueText).join('; '));
    return run(await this.#instance, checked.data, reply);
  }

  /** A stream ends the connection with it: a client that reads chunks reads no requests of its own. */
  #finish(answer: ControlAnswer): void {
    if (this.#isStreaming) {
      this.#isEnding = true;
      if (this.#socket.writable) this.#socket.write(chunkHeader(0));
    }
    this.#send(answer);
  }

  #send(answer: ControlAnswer): void {
    if (this.#socket.writable) this.#socket.write(encodeLine(answer));
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('drain', resolve);
      void this.closed.then(resolve);
    });
  }
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

function failureOf(error: unknown): ControlFailure {
  if (error instanceof ConfigurationError) return { code: 'configuration', message: error.message, problems: error.problems };
  if (error instanceof ControlError) return { code: error.code, message: error.message };
  return { code: 'failed', message: error instanceof Error ? error.message : String(error) };
}
