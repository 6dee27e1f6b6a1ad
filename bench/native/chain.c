/* The data path of a service chain and nothing around it: a manager thread, no-op VM threads, rings of 32-bit addresses,
 * one doorbell per thread. What the product is set beside, on the same machine in the same minute.
 *
 *   chain hub|mesh VMs BYTES BURST SLOTS WARM-UP-MS MEASURED-MS
 *
 * A VM reads a byte of the address and lowers the TTL. The manager writes each packet with its sequence number and finds
 * at the end that each has been touched by every VM. Every ring holds every slot, so no push can fail. A thread that finds
 * nothing spins a little, wakes whom it left work for, and sleeps on its doorbell for a millisecond at most. A sleeper is
 * woken early only when much waits for it: waking costs more than a packet. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <pthread.h>

#define MOST_VMS 16
#define MOST_BURST 1024
#define SPINS 64
#define LINE __attribute__((aligned(64)))
enum { ADDRESS_AT = 26, TTL_AT = 22, SEQUENCE_AT = 44, FIRST_TTL = 64, HEADROOM = 128 };

typedef struct { LINE _Atomic int asleep; } bell_t;

/* Each side's index is published on a line of its own, and each side keeps what it last saw of the other's. */
typedef struct {
  LINE _Atomic uint32_t produced;
  LINE _Atomic uint32_t consumed;
  LINE uint32_t producer_index;
  LINE uint32_t consumer_index, produced_seen;
  LINE uint32_t *cells;
  bell_t *reader;
} ring_t;

static int is_mesh, vm_count, frame_bytes, burst, slots;
static uint32_t mask, slot_bytes, wake_above;
static uint8_t *region;
static ring_t rings[2 * MOST_VMS + 1];
static bell_t vm_bells[MOST_VMS], manager_bell;
static _Atomic int stopping;

static void put(ring_t *ring, const uint32_t *from, uint32_t count) {
  for (uint32_t k = 0; k < count; k++) ring->cells[(ring->producer_index + k) & mask] = from[k];
  ring->producer_index += count;
  atomic_store_explicit(&ring->produced, ring->producer_index, memory_order_seq_cst);
}

static uint32_t take(ring_t *ring, uint32_t *to, uint32_t most) {
  uint32_t ready = ring->produced_seen - ring->consumer_index;
  if (ready == 0) {
    ring->produced_seen = atomic_load_explicit(&ring->produced, memory_order_acquire);
    ready = ring->produced_seen - ring->consumer_index;
  }
  uint32_t count = ready < most ? ready : most;
  for (uint32_t k = 0; k < count; k++) to[k] = ring->cells[(ring->consumer_index + k) & mask];
  if (count > 0) {
    ring->consumer_index += count;
    atomic_store_explicit(&ring->consumed, ring->consumer_index, memory_order_release);
  }
  return count;
}

static int has_some(ring_t *ring) { return atomic_load(&ring->produced) != ring->consumer_index; }

static void ring_bell(bell_t *bell) {
  if (!atomic_load(&bell->asleep)) return;
  atomic_store(&bell->asleep, 0);
  syscall(SYS_futex, &bell->asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* `leaving`: the producer is about to sleep, so whatever waits must be seen to. */
static void wake_reader(ring_t *ring, int leaving) {
  uint32_t waiting = ring->producer_index - atomic_load_explicit(&ring->consumed, memory_order_relaxed);
  if (waiting > 0 && (leaving || waiting >= wake_above)) ring_bell(ring->reader);
}

static void sleep_unless(bell_t *bell, ring_t **inputs, int count) {
  atomic_store(&bell->asleep, 1);
  int found = 0;
  for (int k = 0; k < count; k++) found |= has_some(inputs[k]);
  if (!found) {
    struct timespec most = {0, 1000000};
    syscall(SYS_futex, &bell->asleep, FUTEX_WAIT_PRIVATE, 1, &most, NULL, 0);
  }
  atomic_store(&bell->asleep, 0);
}

static volatile uint32_t kept;

static void *vm_thread(void *argument) {
  int vm = (int)(intptr_t)argument, idle = 0;
  ring_t *rx = is_mesh ? &rings[vm] : &rings[2 * vm], *tx = is_mesh ? &rings[vm + 1] : &rings[2 * vm + 1];
  uint32_t batch[MOST_BURST], seen = 0;
  while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
    uint32_t count = take(rx, batch, burst);
    if (count == 0) {
      if (++idle < SPINS) continue;
      wake_reader(tx, 1);
      sleep_unless(&vm_bells[vm], &rx, 1);
      idle = 0;
      continue;
    }
    idle = 0;
    for (uint32_t k = 0; k < count; k++) {
      uint8_t *frame = region + batch[k] + HEADROOM;
      seen ^= frame[ADDRESS_AT];
      frame[TTL_AT]--;
    }
    put(tx, batch, count);
    wake_reader(tx, 0);
  }
  kept = seen;
  return NULL;
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 8) return fprintf(stderr, "usage: chain hub|mesh VMs BYTES BURST SLOTS WARM-UP-MS MEASURED-MS\n"), 2;
  is_mesh = !strcmp(argv[1], "mesh");
  vm_count = atoi(argv[2]), frame_bytes = atoi(argv[3]), burst = atoi(argv[4]), slots = atoi(argv[5]);
  double warm_up_ms = atof(argv[6]), measured_ms = atof(argv[7]);
  if (vm_count < 1 || vm_count > MOST_VMS || burst < 1 || burst > MOST_BURST || slots < burst || frame_bytes < SEQUENCE_AT + 4) return 2;
  uint32_t capacity = 1;
  while (capacity < (uint32_t)slots) capacity *= 2;
  mask = capacity - 1;
  wake_above = capacity / 4;
  slot_bytes = 2048;
  while (slot_bytes < (uint32_t)frame_bytes + HEADROOM) slot_bytes *= 2;
  region = aligned_alloc(4096, (size_t)slot_bytes * slots);
  memset(region, 0, (size_t)slot_bytes * slots);
  int ring_count = is_mesh ? vm_count + 1 : 2 * vm_count;
  for (int k = 0; k < ring_count; k++) {
    rings[k].cells = aligned_alloc(64, capacity * sizeof(uint32_t));
    int reader = is_mesh ? k : (k % 2 == 0 ? k / 2 : vm_count);
    rings[k].reader = reader < vm_count ? &vm_bells[reader] : &manager_bell;
  }
  uint8_t frame[65536];
  for (int k = 0; k < frame_bytes; k++) frame[k] = (uint8_t)(k * 31 + 7);
  frame[TTL_AT] = FIRST_TTL;

  pthread_t threads[MOST_VMS];
  for (int vm = 0; vm < vm_count; vm++) pthread_create(&threads[vm], NULL, vm_thread, (void *)(intptr_t)vm);

  uint32_t *free_slots = malloc(sizeof(uint32_t) * slots), batch[MOST_BURST];
  int free_count = slots, idle = 0, state = 0;
  for (int k = 0; k < slots; k++) free_slots[k] = (uint32_t)k * slot_bytes;
  ring_t *first = &rings[0], *last = &rings[ring_count - 1], *inputs[MOST_VMS];
  int input_count = 0;
  if (is_mesh) inputs[input_count++] = last;
  else for (int vm = 0; vm < vm_count; vm++) inputs[input_count++] = &rings[2 * vm + 1];

  uint64_t sent = 0, home = 0, wrong = 0, sum_in = 0, sum_out = 0, begin_count = 0, end_count = 0;
  double started = now_ms(), begin = 0, end = 0;
  while (state < 2 || home < sent) {
    double now = now_ms();
    if (state == 0 && now - started >= warm_up_ms) state = 1, begin = now, begin_count = home;
    else if (state == 1 && now - begin >= measured_ms) state = 2, end = now, end_count = home;
    uint32_t work = 0;
    int room = free_count < burst ? 0 : burst; /* whole bursts only: small ones would keep coming back small */
    if (state < 2 && room > 0) {
      for (int k = 0; k < room; k++) {
        batch[k] = free_slots[--free_count];
        uint8_t *at = region + batch[k] + HEADROOM;
        memcpy(at, frame, frame_bytes);
        uint32_t sequence = (uint32_t)sent++;
        memcpy(at + SEQUENCE_AT, &sequence, sizeof sequence);
        sum_in += sequence;
      }
      put(first, batch, room);
      wake_reader(first, 0);
      work += room;
    }
    for (int vm = 0; !is_mesh && vm < vm_count - 1; vm++) {
      uint32_t count = take(&rings[2 * vm + 1], batch, burst);
      if (count == 0) continue;
      put(&rings[2 * vm + 2], batch, count);
      wake_reader(&rings[2 * vm + 2], 0);
      work += count;
    }
    uint32_t count = take(last, batch, burst);
    for (uint32_t k = 0; k < count; k++) {
      uint8_t *at = region + batch[k] + HEADROOM;
      uint32_t sequence;
      memcpy(&sequence, at + SEQUENCE_AT, sizeof sequence);
      sum_out += sequence;
      wrong += at[TTL_AT] != FIRST_TTL - vm_count;
      free_slots[free_count++] = batch[k];
    }
    home += count;
    work += count;
    if (work > 0) idle = 0;
    else if (++idle >= SPINS) {
      if (is_mesh) wake_reader(first, 1);
      else for (int vm = 0; vm < vm_count; vm++) wake_reader(&rings[2 * vm], 1);
      sleep_unless(&manager_bell, inputs, input_count);
      idle = 0;
    }
  }
  atomic_store(&stopping, 1);
  for (int vm = 0; vm < vm_count; vm++) pthread_join(threads[vm], NULL);
  if (sum_in != sum_out || free_count != slots) wrong++;
  printf("packets %llu seconds %.6f wrong %llu\n", (unsigned long long)(end_count - begin_count), (end - begin) / 1e3, (unsigned long long)wrong);
  return 0;
}
