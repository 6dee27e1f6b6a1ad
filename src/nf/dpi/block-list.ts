/** Protocols and hosts whose flows are dropped: asked when a flow gets a name, not per packet. */
import { protocolsCalled } from './protocol-table.js';

export class BlockList {
  readonly #protocols: Set<number>;
  readonly #hosts: Set<string>;

  /** @param hosts names in lower case: each means itself and everything below it */
  constructor(protocols: readonly string[], hosts: readonly string[]) {
    this.#protocols = new Set(protocols.flatMap((name) => protocolsCalled(name)));
    this.#hosts = new Set(hosts);
  }

  blocks(protocol: number, host: string): boolean {
    if (this.#protocols.has(protocol)) return true;
    if (this.#hosts.size === 0 || host === '') return false;
    for (let from = 0; ; ) {
      if (this.#hosts.has(host.slice(from))) return true;
      const dot = host.indexOf('.', from);
      if (dot < 0) return false;
      from = dot + 1;
    }
  }
}
