/** Serves what a run has counted by HTTP: /metrics for Prometheus, /stats as JSON. Main thread; nothing is summed before it is asked for. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import type { Runtime } from '../runtime.js';
import { packageVersion } from '../version.js';
import { CONTENT_TYPE, exposition } from './exposition.js';
import { metricFamilies } from './families.js';
import { addressText, isLoopback, parseListenAddress } from './listen-address.js';

/** A scraper or two, and somebody who looks. */
const MAX_CONNECTIONS = 16;
/** A request is one line and a few headers. */
const REQUEST_MS = 5000;

export class MetricsServer {
  /** Where it is, as `http://127.0.0.1:9100`. */
  readonly url: string;
  readonly #server: Server;
  readonly #isLoopback: boolean;
  #served: { runtime: Runtime; name: string } | null = null;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#isLoopback = isLoopback(host);
    this.url = `http://${addressText({ host, port: (server.address() as AddressInfo).port })}`;
    server.on('request', (request, response) => { this.#answer(request, response); });
  }

  /** Listens. @throws Error when the address is none, or cannot be had. */
  static async open(text: string): Promise<MetricsServer> {
    const address = parseListenAddress(text);
    if (address === null) throw new Error(`'${text}' is no address to serve metrics at: expected [host]:port, such as :9100`);
    const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: REQUEST_MS });
    server.maxConnections = MAX_CONNECTIONS;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(address.port, address.host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const why = code === 'EADDRINUSE' ? 'another program has that port' : code === 'EACCES' ? 'the system does not let this process have that port' : (cause as Error).message;
      throw new Error(`metrics cannot be served at ${addressText(address)}: ${why}`, { cause });
    }
    return new MetricsServer(server, address.host);
  }

  serve(runtime: Runtime, name: string): void {
    this.#served = { runtime, name };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => { resolve(); }));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request;
    const say = (status: number, type: string, text: string): void => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      response.end(method === 'HEAD' ? undefined : text);
    };
    const refuse = (status: number, why: string): void => { say(status, 'text/plain; charset=utf-8', `${why}\n`); };
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      refuse(405, 'only GET and HEAD');
      return;
    }
    // A page in a browser must not read them by a name of its own that leads here.
    if (this.#isLoopback && !isLocalName(request.headers.host)) {
      refuse(403, 'ask by address, or as localhost');
      return;
    }
    if (this.#served === null) {
      refuse(503, 'the run is starting');
      return;
    }
    const { runtime, name } = this.#served;
    switch (url.split('?')[0]) {
      case '/metrics':
        say(200, CONTENT_TYPE, exposition(metricFamilies(sourceOf(runtime, name))));
        return;
      case '/stats':
        say(200, 'application/json; charset=utf-8', `${JSON.stringify(runtime.stats())}\n`);
        return;
      case '/':
        refuse(200, `millrace ${name}: /metrics for Prometheus, /stats as JSON`);
        return;
      default:
        refuse(404, 'there is /metrics, and /stats');
    }
  }
}

function isLocalName(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}

function sourceOf(runtime: Runtime, name: string): Parameters<typeof metricFamilies>[0] {
  const { user, system } = process.cpuUsage();
  const { flows, memory } = runtime.plan;
  return {
    name,
    version,
    counters: runtime.counters(),
    connections: runtime.connections(),
    connectionsLimit: flows,
    slots: memory.slots,
    process: { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss(), startedAtSeconds },
  };
}

const startedAtSeconds = Date.now() / 1000 - process.uptime();
const version = packageVersion();
