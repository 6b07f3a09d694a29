/*
 * agreement_test.c: what all ranks know after they have told each other what they know. Ranks are
 * threads here.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "cluster/agreement.h"
#include "support/local_ranks.h"
#include "support/unit_support.h"

#define RANKS 5u

struct scene {
  struct synched__verdict own[RANKS], all[RANKS];
  /* 0: ranks wait for ever */
  uint64_t timeout_ns;
  int status[RANKS];
  char texts[RANKS][200];
};

static void agree(struct local_ranks *ranks, unsigned rank, void *user) {
  struct scene *scene = user;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  struct synched__wire wire = {.transport = &transport, .timeout_ns = scene->timeout_ns};
  struct synched__agreement agreement;
  scene->all[rank] = scene->own[rank];
  scene->status[rank] = synched__agreement_init(&agreement, NULL, &wire, 0, NULL);
  if (scene->status[rank] == 0)
    scene->status[rank] = synched__agree(&agreement, &scene->all[rank]);
  memcpy(scene->texts[rank], wire.text, sizeof wire.text);
  synched__agreement_deinit(&agreement);
}

static struct scene quiet(void) {
  struct scene scene = {.status = {0}};
  for (unsigned r = 0; r < RANKS; r++)
    scene.own[r] = synched__verdict_begin(r);
  return scene;
}

/* All ranks know the same; returns that. */
static struct synched__verdict agreed(struct scene *scene) {
  struct local_ranks *ranks = local_ranks_new(RANKS, 2);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, agree, scene));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < RANKS; r++) {
    const struct synched__verdict *all = &scene->all[r], *first = &scene->all[0];
    cr_expect_eq(scene->status[r], 0);
    cr_expect_eq(all->code, first->code);
    cr_expect_eq(all->answer, first->answer);
    cr_expect_eq(all->cancelled_by, first->cancelled_by);
    cr_expect_eq(all->stopped_by, first->stopped_by);
    cr_expect_eq(all->steered_by, first->steered_by);
    cr_expect_eq(all->steer_value, first->steer_value);
    cr_expect_eq(all->tick_in_ns, first->tick_in_ns);
    cr_expect_eq(all->saving.bits, first->saving.bits);
    cr_expect_eq(all->saving.status, first->saving.status);
  }
  return scene->all[0];
}

static void fail(struct scene *scene, unsigned rank, uint64_t round, uint64_t place) {
  scene->own[rank].code = -100 - (int32_t)rank;
  scene->own[rank].round = round;
  scene->own[rank].place = place;
}

Test(agreement, the_failure_that_counts_is_the_first_of_the_serial_loop) {
  struct scene rounds = quiet();
  fail(&rounds, 0, 4, 1);
  fail(&rounds, 3, 3, 9);
  fail(&rounds, 4, 5, 0);
  cr_expect_eq(agreed(&rounds).code, -103);
  struct scene places = quiet();
  fail(&places, 0, 4, 7);
  fail(&places, 2, 4, 6);
  fail(&places, 4, 4, 8);
  cr_expect_eq(agreed(&places).code, -102);
  struct scene ranks = quiet();
  fail(&ranks, 4, 4, 7);
  fail(&ranks, 1, 4, 7);
  cr_expect_eq(agreed(&ranks).code, -101);
  struct scene nothing = quiet();
  cr_expect_eq(agreed(&nothing).code, 0);
}

Test(agreement, errors_come_before_stops_and_low_ranks_before_high_ones) {
  struct scene scene = quiet();
  scene.own[0].answer = 1;
  scene.own[4].answer = 1;
  cr_expect_eq(agreed(&scene).answer, 1);
  scene.own[3].answer = -7;
  scene.own[1].answer = -9;
  scene.own[2].answer = 0;
  const struct synched__verdict all = agreed(&scene);
  cr_expect_eq(all.answer, -9);
  cr_expect_eq(all.answered_by, 1);
}

Test(agreement, what_is_asked_for_is_that_of_the_lowest_rank) {
  struct scene scene = quiet();
  scene.own[4].cancelled_by = 4;
  scene.own[2].cancelled_by = 2;
  scene.own[3].stopped_by = 3;
  for (unsigned r = 1; r < RANKS; r += 3) {
    scene.own[r].steered_by = r;
    scene.own[r].steer_value = 10 * r;
  }
  scene.own[0].tick_in_ns = 500;
  scene.own[2].saving = (struct synched__saving){.bits = 1, .status = SYNCHED_EIO};
  scene.own[3].saving = (struct synched__saving){.bits = 4, .status = 0};
  const struct synched__verdict all = agreed(&scene);
  cr_expect_eq(all.cancelled_by, 2);
  cr_expect_eq(all.stopped_by, 3);
  cr_expect_eq(all.steered_by, 1);
  cr_expect_eq(all.steer_value, 10);
  cr_expect_eq(all.tick_in_ns, 500);
  cr_expect_eq(all.saving.bits, 5);
  cr_expect_eq(all.saving.status, SYNCHED_EIO);
}

/* Three steps of five ranks are fifteen messages. */
Test(agreement, a_message_that_is_lost_leaves_no_rank_waiting) {
  for (unsigned sent = 0; sent < 15; sent++) {
    struct scene scene = quiet();
    struct local_ranks *ranks = local_ranks_new(RANKS, 0);
    unsigned lost_count = 0;
    cr_assert_not_null(ranks);
    scene.timeout_ns = 20000000;
    local_ranks_cut(ranks, sent);
    cr_assert(local_ranks_run(ranks, agree, &scene));
    local_ranks_end(ranks);
    for (unsigned r = 0; r < RANKS; r++) {
      cr_expect(scene.status[r] == 0 || scene.status[r] == SYNCHED_ETIMEDOUT);
      lost_count += scene.status[r] != 0;
      if (scene.status[r] != 0)
        cr_expect_not_null(strstr(scene.texts[r], "has waited 0.020 s for messages of rank"));
    }
    cr_expect_geq(lost_count, 1, "%u", sent);
  }
}

Test(agreement, one_without_memory_says_so) {
  struct local_ranks *ranks = local_ranks_new(2, 0);
  cr_assert_not_null(ranks);
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  struct synched__wire wire = {.transport = &transport};
  struct synched__agreement agreement;
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 1);
  expect_refused(synched__agreement_init(&agreement, NULL, &wire, 0, NULL), SYNCHED_ENOMEM,
                 "no memory for messages between 2 ranks");
  synched__agreement_deinit(&agreement);
  local_ranks_end(ranks);
}
