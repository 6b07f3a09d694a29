/*
 * link.h: what a job on several ranks exchanges with its other ranks, and when (internal).
 *
 * A stage has two passes there: first the segments that other ranks read, its edge, then the inner
 * ones. What the edge has written sets out when it is complete, and workers move it on between two
 * calls of the inner pass. When that is complete the leader waits for what this rank reads of
 * others. So the exchange of a stage is always over before the stage is.
 *
 * Ranks do the same, come what may. Who has a failure, or is cancelled, or hears of one, makes no
 * calls any more, but sends and receives on to the end of the round, for others wait for it. Its
 * messages begin with a word that says that the rest means nothing; so no call gets what was not
 * computed. At the end of the round, and where a stage folds, all ranks agree: from there on every
 * rank has the failure that the serial loop would have had, and drops the round.
 *
 * What is published afterwards is the same on every rank: so what ends a job is never decided by
 * one rank alone. A cancel or a stop is a bit of work->rank_state until it has been agreed on.
 *
 * A meeting is an agreement without a round, of a job that is paused, or whose tick is far away. It
 * comes next on every rank, or on none. Nobody waits in it: who finds that a message has not come
 * yet looks again later.
 *
 * All of this is the leader's but `under_way`, `driving`, `driven_ns` and `arrived_ns`: workers'.
 */
#ifndef SYNCHED_CLUSTER_LINK_H
#define SYNCHED_CLUSTER_LINK_H

#include "cluster/cluster.h"
#include "cluster/travel.h"
#include "engine/open_round.h"
#include "engine/work.h"

/* The messages of a field, after a stage has written it to one of its blocks. */
struct synched__field_groups {
  /* [block_count]; NULL: nothing of it travels */
  struct synched__group *blocks;
  unsigned block_count;
  /* [rank_count]: what a message from each rank begins with: not 0: its rest means nothing */
  uint64_t *received;
};

/* What is exchanged after a stage. */
struct synched__exchange {
  struct synched__field_groups fields[SYNCHED_FIELDS_MAX];
};

/* What the link was made of, for another one when segments are dealt anew. */
struct synched__link_spec;

struct synched__link {
  /* the job's, which frees it */
  struct synched__link_spec *spec;
  struct synched_cluster *cluster;
  struct synched__work *work;
  struct synched_segments own;
  unsigned first_tag;
  /* [stage_count + 1], the last: init's, and that before the first round of a run */
  struct synched__exchange *exchanges;
  unsigned exchange_count;
  /* fields that some stage writes, or init */
  uint32_t written;
  /* NULL: nobody. Changed while the job does not run */
  struct synched__saving_rank *saver;
  /* 0; or why messages of one that is gone may still be under way */
  int saver_trouble;
  /* [stage_count + 2] of stages with a fold, of an init with a fold, and one without */
  struct synched__agreement *agreements;
  /* the pass that a run begins with */
  struct synched__stage *opening;
  /* no exchange yet in this run */
  bool is_fresh;
  /* the open round has been agreed to be dropped */
  bool drops;
  /* what this rank's messages begin with */
  uint64_t sent_word;
  /* of the open stage: [under_way_count] */
  const struct synched__group *groups[SYNCHED_FIELDS_MAX];
  const uint64_t *received[SYNCHED_FIELDS_MAX];
  unsigned group_count;
  /* of this run */
  uint64_t sent_bytes, sent_messages, waited_ns;
  /* of the exchange under way, for the record */
  struct synched__exchange_row row;
  /* what all ranks have agreed on last */
  struct synched__verdict verdict;
  /* The job's: what this rank says of steering and ticks when a round can be published, and in
   * meetings; and what all have agreed on then. Leader */
  void (*speak)(struct synched__work *work, struct synched__verdict *verdict);
  void (*hear)(struct synched__work *work, const struct synched__verdict *verdict);

  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t under_way;
  _Atomic uint32_t driving;
  _Atomic uint64_t driven_ns;
  /* when a worker found that all had arrived; 0: none has */
  _Atomic uint64_t arrived_ns;
};

/* How the options say what stages read. */
struct synched__link_spec {
  struct synched_cluster *cluster;
  struct synched__work *work;
  /* [stage_count] */
  struct synched__view_of views[SYNCHED_STAGES_MAX];
  struct synched__reads reads[SYNCHED_STAGES_MAX];
  /* fields that some stage writes */
  uint32_t written;
};

/* How many tags such a job needs. The last ones are its saver's. */
#define SYNCHED__SAVER_TAGS 2u
unsigned synched__link_tags(const struct synched__work *work);
static inline unsigned synched__link_saver_tag(const struct synched__link *link) {
  return link->first_tag + synched__link_tags(link->work) - SYNCHED__SAVER_TAGS;
}

/* Makes a link, whose messages begin at tag `first_tag`; the work has its fields. SYNCHED_ENOMEM,
 * or what the transport says. */
int synched__link_create(struct synched__link **out, struct synched__link_spec *spec,
                         unsigned first_tag);
void synched__link_destroy(struct synched__link *link);

/* Whether others read a segment of this rank after a stage; stage_count: after init. */
void synched__link_edges(const struct synched__link *link, const struct synched__link_spec *spec,
                         unsigned exchange, unsigned char *is_edge);

/* Before a run, or, where that is not new, before it goes on with another advance. */
void synched__link_begin_run(struct synched__link *link, bool is_new);

/* Leader: a round begins. Returns its first pass. */
struct synched__stage *synched__link_open_round(struct synched__link *link,
                                                struct synched__stage *first);

/* Leader: a pass is complete. Returns the pass that the same stage goes on with; NULL: the stage is
 * complete, and its exchange; and, where ranks agree, link->drops says whether the round is. */
struct synched__stage *synched__link_close_pass(struct synched__link *link,
                                                const struct synched__open_round *open);

/* A synched_for_fn, the opening pass's: the exchange before the first round of a run. */
int synched__link_exchange_all(size_t index, unsigned worker, void *user);

/* Leader: what this rank's on_round or on_init has answered, and then that of all. */
int synched__link_agree_answer(struct synched__link *link, int answer);

/* All ranks, of a job that does not run: as synched__agree. A status with a sentence. */
int synched__link_agree(struct synched__link *link, struct synched__verdict *verdict);

/* Owner, outside of rounds: begins a meeting after this round, and goes on with it. true: it is
 * over, or the wire is in trouble. */
void synched__link_begin_meeting(struct synched__link *link, uint64_t round);
bool synched__link_meet(struct synched__link *link, const struct synched__wire_wait *wait);

/* Worker, between two calls: moves messages on. */
void synched__link_drive(struct synched__link *link);

#endif
