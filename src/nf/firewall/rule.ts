/**
 * Rules as plain data. They are parsed and compiled on the main thread, and cross to the VM by structured clone.
 */
import type { Match } from '../../flow/match.js';

/** `out`: from the inside to the outside, the forward direction of the chain; `in`: the other way. */
export type RuleDirection = 'in' | 'out' | 'both';

/** `log` and `count` do not decide: the rules after them are asked too. */
export const ACTIONS = ['allow', 'deny', 'reject', 'log', 'count'] as const;
export type RuleAction = (typeof ACTIONS)[number];

/** What a rejected packet's sender is told. `auto`: RST for TCP, that it is prohibited for all else. */
export const REJECTIONS = ['auto', 'reset', 'admin-prohibited', 'port-unreachable', 'host-unreachable', 'net-unreachable'] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** Bits of the states that a packet can be in (docs/firewall.md). */
export const ConnectionState = { new: 1, established: 2, related: 4, invalid: 8, untracked: 16 } as const;
export type ConnectionStateName = keyof typeof ConnectionState;

/** A token bucket: `burst` packets at once, then `packets` in each `perMs` of packet time. */
export interface RateLimit {
  readonly packets: number;
  readonly perMs: number;
  readonly burst: number;
}

export interface Rule {
  readonly action: RuleAction;
  readonly direction: RuleDirection;
  readonly log: boolean;
  /** The rule holds only for packets that find a token. */
  readonly limit: RateLimit | null;
  readonly rejection: Rejection;
  /** Bits of `ConnectionState`; 0 for any. */
  readonly states: number;
  /** Numbers of the ports by which the first packet of the connection comes in; null for any. */
  readonly ports: readonly number[] | null;
  readonly match: Match;
  /** As written, without comments and with single spaces. */
  readonly text: string;
}
