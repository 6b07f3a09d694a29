/*
 * heap_test.c: the first is always the lowest, equal ones in their order, and any can be taken out.
 */
#include "job/heap.h"

#include <criterion/criterion.h>

#include "support/unit_support.h"

#define NODES 200

static uint64_t draw(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

Test(heap, removes_in_the_order_of_keys_and_equal_ones_as_they_came) {
  static struct synched__heap_node nodes[NODES];
  struct synched__heap heap = {.nodes = NULL};
  uint64_t state = 99;
  cr_assert_eq(synched__heap_reserve(&heap, NODES), 0);
  for (size_t i = 0; i < NODES; i++)
    synched__heap_add(&heap, &nodes[i], draw(&state) % 20);
  const struct synched__heap_node *last = NULL;
  for (size_t i = 0; i < NODES; i++) {
    struct synched__heap_node *first = synched__heap_first(&heap);
    cr_assert_not_null(first);
    if (last != NULL)
      cr_assert(first->key > last->key || (first->key == last->key && first > last));
    cr_assert(synched__heap_remove(first));
    cr_assert_null(first->heap);
    last = first;
  }
  cr_assert_null(synched__heap_first(&heap));
  synched__heap_free(&heap);
}

Test(heap, removes_any_and_keeps_the_rest_in_order) {
  static struct synched__heap_node nodes[NODES];
  struct synched__heap heap = {.nodes = NULL};
  uint64_t state = 7;
  cr_assert_eq(synched__heap_reserve(&heap, NODES), 0);
  for (unsigned repeat = 0; repeat < 50; repeat++) {
    for (size_t i = 0; i < NODES; i++)
      synched__heap_add(&heap, &nodes[i], draw(&state) % 1000);
    for (size_t i = 0; i < NODES; i += 1 + (size_t)(draw(&state) % 3))
      cr_assert(synched__heap_remove(&nodes[i]));
    uint64_t last = 0;
    for (struct synched__heap_node *first; (first = synched__heap_first(&heap)) != NULL;) {
      cr_assert_geq(first->key, last);
      last = first->key;
      cr_assert(synched__heap_remove(first));
    }
    for (size_t i = 0; i < NODES; i++)
      cr_assert_not(synched__heap_remove(&nodes[i]), "it is in none");
  }
  synched__heap_free(&heap);
}

Test(heap, reserve_keeps_what_is_in_it_and_refused_changes_nothing) {
  static struct synched__heap_node nodes[64];
  struct synched__heap heap = {.nodes = NULL};
  cr_assert_eq(synched__heap_reserve(&heap, 3), 0);
  for (size_t i = 0; i < 3; i++)
    synched__heap_add(&heap, &nodes[i], 3 - i);
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 1);
  expect_refused(synched__heap_reserve(&heap, 64), SYNCHED_ENOMEM, "64 jobs");
  cr_assert_eq(synched__heap_reserve(&heap, 64), 0);
  for (size_t i = 3; i < 64; i++)
    synched__heap_add(&heap, &nodes[i], 100 + i);
  cr_assert_eq(synched__heap_first(&heap), &nodes[2]);
  synched__heap_free(&heap);
}
