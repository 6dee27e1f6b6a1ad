/* One hop between two threads, in C: a single-producer single-consumer ring of 32-bit values, in bursts, nobody sleeps.
 * With -DRTE_RING it is DPDK's rte_ring that carries them, between the same two threads.
 *
 *   ring BURST CAPACITY VALUES */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef RTE_RING
#include <rte_ring.h>
#include <rte_ring_elem.h>
static struct rte_ring *ring;
#define PUT(from, n) rte_ring_sp_enqueue_burst_elem(ring, from, 4, n, NULL)
#define TAKE(to, n) rte_ring_sc_dequeue_burst_elem(ring, to, 4, n, NULL)
#else
#define LINE __attribute__((aligned(64)))
static struct {
  LINE _Atomic uint32_t produced;
  LINE _Atomic uint32_t consumed;
  LINE uint32_t producer_index, consumed_seen;
  LINE uint32_t consumer_index, produced_seen;
  LINE uint32_t mask, *cells;
} r;
static unsigned PUT(const uint32_t *from, unsigned n) {
  uint32_t room = r.mask + 1 - (r.producer_index - r.consumed_seen);
  if (room < n) {
    r.consumed_seen = atomic_load_explicit(&r.consumed, memory_order_acquire);
    room = r.mask + 1 - (r.producer_index - r.consumed_seen);
    if (room < n) n = room;
  }
  for (unsigned k = 0; k < n; k++) r.cells[(r.producer_index + k) & r.mask] = from[k];
  r.producer_index += n;
  atomic_store_explicit(&r.produced, r.producer_index, memory_order_release);
  return n;
}
static unsigned TAKE(uint32_t *to, unsigned most) {
  uint32_t ready = r.produced_seen - r.consumer_index;
  if (ready == 0) {
    r.produced_seen = atomic_load_explicit(&r.produced, memory_order_acquire);
    ready = r.produced_seen - r.consumer_index;
  }
  unsigned n = ready < most ? ready : most;
  for (unsigned k = 0; k < n; k++) to[k] = r.cells[(r.consumer_index + k) & r.mask];
  r.consumer_index += n;
  if (n) atomic_store_explicit(&r.consumed, r.consumer_index, memory_order_release);
  return n;
}
#endif

static unsigned burst;
static uint32_t capacity;
static long values;

static void settle(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static void *produce(void *unused) {
  (void)unused;
  settle(1);
  uint32_t batch[1024];
  for (long sent = 0; sent < values;) {
    unsigned n = values - sent < burst ? (unsigned)(values - sent) : burst;
    for (unsigned k = 0; k < n; k++) batch[k] = (uint32_t)(sent + k);
    for (unsigned done = 0; done < n;) {
      unsigned put = PUT(batch + done, n - done);
      done += put;
      if (put == 0) sched_yield();
    }
    sent += n;
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: ring BURST CAPACITY VALUES\n"), 2;
  burst = (unsigned)atoi(argv[1]), capacity = (uint32_t)atoi(argv[2]), values = atol(argv[3]);
  if (burst < 1 || burst > 1024 || capacity & (capacity - 1)) return 2;
#ifdef RTE_RING
  ssize_t bytes = rte_ring_get_memsize_elem(4, capacity);
  ring = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
  if (rte_ring_init(ring, "bench", capacity, RING_F_SP_ENQ | RING_F_SC_DEQ)) return 3;
#else
  r.mask = capacity - 1;
  r.cells = aligned_alloc(64, capacity * 4);
#endif
  pthread_t thread;
  pthread_create(&thread, NULL, produce, NULL);
  settle(0);
  uint32_t batch[1024];
  uint64_t sum = 0;
  struct timespec from = {0, 0}, to;
  long warm = values / 3, at = 0;
  for (long taken = 0; taken < values;) {
    unsigned n = TAKE(batch, burst);
    if (n == 0) { sched_yield(); continue; }
    for (unsigned k = 0; k < n; k++) sum += batch[k];
    taken += n;
    if (at == 0 && taken >= warm) clock_gettime(CLOCK_MONOTONIC, &from), at = taken;
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  pthread_join(thread, NULL);
  double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
  uint64_t expected = (uint64_t)values * (uint64_t)(values - 1) / 2;
  printf("packets %ld seconds %.6f wrong %d\n", values - at, seconds, sum != expected);
  return 0;
}
