/** When a sleeping thread is woken for what was published to it, and how long one looks for work before it sleeps. */

/** `auto`: `latency` while every thread has a core to itself, else `throughput`. */
export type WakeUp = 'throughput' | 'latency' | 'auto';
