/*
 * plan.c: the messages of a job on several ranks, all of which are made when the job is.
 *
 * After a stage has written a field, ranks get what their calls will read of it before it is
 * written again: in each stage that follows, up to the next one that writes it, in this round or
 * the next. A call that changes a field in place reads its own segment of it only.
 */
#include "base/error.h"
#include "cluster/link.h"
#include "platform/alloc.h"

static bool writes(const struct synched__work *work, unsigned stage, unsigned field) {
  return synched__fields_has(work->stages[stage]->writes, field);
}

/* Whether the exchange is of this field. */
static bool has_field(const struct synched__link *link, const struct synched__link_spec *spec,
                      unsigned exchange, unsigned field) {
  return exchange == link->work->stage_count ? synched__fields_has(spec->written, field)
                                             : writes(link->work, exchange, field);
}

/* A field that an exchange is of, and one way between this rank and another one. */
struct way {
  const struct synched__link *link;
  const struct synched__link_spec *spec;
  unsigned exchange, field;
};

static void add_view(struct synched__travel *travel, const struct way *way, unsigned stage,
                     struct synched_segments to) {
  const struct synched__fields *fields = way->link->work->fields;
  if (synched__fields_has(fields->in_place, way->field) &&
      writes(way->link->work, stage, way->field))
    return;
  synched__travel_add(travel, &fields->memories[way->field]->layout, &way->spec->views[stage], to);
}

/* What goes to the segments `to`. */
static void fill_travel(struct synched__travel *travel, const struct way *way,
                        struct synched_segments to) {
  const struct synched__work *work = way->link->work;
  const unsigned count = work->stage_count;
  unsigned stage = way->exchange;
  for (unsigned s = 0; way->exchange == count && s < count; s++)
    add_view(travel, way, s, to);
  if (way->exchange == count)
    return;
  do {
    stage = (stage + 1) % count;
    add_view(travel, way, stage, to);
  } while (!writes(work, stage, way->field)); /* the exchange's own does, at last */
}

static struct synched_segments segments_of(const struct synched__link *link, unsigned rank) {
  return synched_cluster_segments(link->cluster, link->work->memory->layout.segment_count, rank);
}

/* --- the edge --- */

void synched__link_edges(const struct synched__link *link, const struct synched__link_spec *spec,
                         unsigned exchange, unsigned char *is_edge) {
  struct synched__travel travel;
  const unsigned rank_count = link->cluster->transport.rank_count;
  if (!synched__travel_init(&travel, link->own)) {
    synched__travel_deinit(&travel);
    /* All may be: that only costs time. */
    for (size_t i = 0; i < link->own.count; i++)
      is_edge[i] = 1;
    return;
  }
  for (unsigned f = 0; f < link->work->fields->count; f++) {
    const struct way way = {link, spec, exchange, f};
    for (unsigned r = 0; has_field(link, spec, exchange, f) && r < rank_count; r++)
      if (r != link->cluster->transport.rank)
        fill_travel(&travel, &way, segments_of(link, r));
  }
  for (size_t i = 0; i < link->own.count; i++)
    is_edge[i] = synched__travel_has(&travel, i);
  synched__travel_deinit(&travel);
}

/* --- messages --- */

/* What goes both ways between this rank and all others, of one field. */
struct traffic {
  /* [rank_count] */
  struct synched__travel *out, *in;
  unsigned rank_count;
};

static void free_traffic(struct traffic *traffic) {
  for (unsigned r = 0; r < traffic->rank_count; r++) {
    if (traffic->out != NULL)
      synched__travel_deinit(&traffic->out[r]);
    if (traffic->in != NULL)
      synched__travel_deinit(&traffic->in[r]);
  }
  synched__free(traffic->out);
  synched__free(traffic->in);
}

/* false: no memory; free_traffic all the same. */
static bool find_traffic(struct traffic *traffic, const struct way *way) {
  const struct synched__link *link = way->link;
  const unsigned rank_count = link->cluster->transport.rank_count;
  *traffic = (struct traffic){.rank_count = rank_count};
  traffic->out = synched__alloc(rank_count, sizeof *traffic->out);
  traffic->in = synched__alloc(rank_count, sizeof *traffic->in);
  bool complete = traffic->out != NULL && traffic->in != NULL;
  for (unsigned r = 0; complete && r < rank_count; r++) {
    const struct synched_segments others = segments_of(link, r);
    complete = synched__travel_init(&traffic->out[r], link->own) &&
               synched__travel_init(&traffic->in[r], others);
    if (!complete || r == link->cluster->transport.rank)
      continue;
    fill_travel(&traffic->out[r], way, others);
    fill_travel(&traffic->in[r], way, link->own);
  }
  return complete;
}

/* The messages of a field in one of its blocks. */
struct draft {
  const struct synched__layout *layout;
  struct synched__block *block;
  uint64_t *sent_word, *received;
  unsigned tag;
  struct synched_message *messages;
  size_t message_count;
  struct synched_piece *pieces;
  size_t piece_count;
};

/* Adds a message, or only counts its pieces, where there is no room yet. */
static void add_message(struct draft *draft, const struct synched__travel *travel, unsigned peer,
                        bool is_received) {
  struct synched_piece *pieces = draft->pieces == NULL ? NULL : draft->pieces + draft->piece_count;
  const size_t count =
      synched__travel_pack(travel, draft->layout, draft->block->data, draft->block->counts,
                           pieces == NULL ? NULL : pieces + 1);
  if (count == 0)
    return;
  draft->piece_count += count + 1;
  if (pieces == NULL)
    return;
  pieces[0] = (struct synched_piece){is_received ? &draft->received[peer] : draft->sent_word,
                                     sizeof(uint64_t)};
  draft->messages[draft->message_count++] = (struct synched_message){.peer = peer,
                                                                     .is_received = is_received,
                                                                     .tag = draft->tag,
                                                                     .piece_count = count + 1,
                                                                     .pieces = pieces};
}

static void add_messages(struct draft *draft, const struct traffic *traffic) {
  draft->piece_count = 0;
  for (unsigned r = 0; r < traffic->rank_count; r++) {
    add_message(draft, &traffic->in[r], r, true);
    add_message(draft, &traffic->out[r], r, false);
  }
}

/* Makes the group of one block, if there is anything. */
static int make_group(struct synched__link *link, struct synched__group *group, struct draft *draft,
                      const struct traffic *traffic) {
  draft->message_count = 0;
  draft->pieces = NULL;
  add_messages(draft, traffic);
  if (draft->piece_count == 0)
    return 0;
  draft->pieces = synched__alloc(draft->piece_count, sizeof *draft->pieces);
  draft->messages = synched__alloc((size_t)traffic->rank_count * 2, sizeof *draft->messages);
  int status = SYNCHED_ENOMEM;
  if (draft->pieces != NULL && draft->messages != NULL) {
    add_messages(draft, traffic);
    status = synched__wire_make(&link->cluster->wire, group, draft->messages, draft->message_count);
  } else {
    (void)synched__fail(status, "no memory for messages of %zu pieces", draft->piece_count);
  }
  synched__free(draft->pieces);
  synched__free(draft->messages);
  return status;
}

static int out_of_memory(const struct synched__link *link) {
  return synched__fail(SYNCHED_ENOMEM, "no memory for messages between %u ranks",
                       link->cluster->transport.rank_count);
}

/* Makes the groups of a field after a stage, one for each block that it can be in. */
static int make_field(struct synched__link *link, const struct way *way, unsigned tag) {
  struct synched__field_groups *groups = &link->exchanges[way->exchange].fields[way->field];
  const struct synched_memory *memory = link->work->fields->memories[way->field];
  struct traffic traffic;
  int status = find_traffic(&traffic, way) ? 0 : out_of_memory(link);
  groups->block_count = memory->in_place ? 1 : memory->blocks.count;
  groups->blocks = synched__alloc(groups->block_count, sizeof *groups->blocks);
  groups->received = synched__alloc(traffic.rank_count, sizeof *groups->received);
  if (status == 0 && (groups->blocks == NULL || groups->received == NULL))
    status = out_of_memory(link);
  struct draft draft = {.layout = &memory->layout,
                        .sent_word = &link->sent_word,
                        .received = groups->received,
                        .tag = tag};
  for (unsigned b = 0; status == 0 && b < groups->block_count; b++) {
    draft.block = memory->blocks.all[b];
    status = make_group(link, &groups->blocks[b], &draft, &traffic);
  }
  free_traffic(&traffic);
  return status;
}

static int make_exchanges(struct synched__link *link, const struct synched__link_spec *spec) {
  const unsigned field_count = link->work->fields->count;
  int status = 0;
  for (unsigned e = 0; status == 0 && e < link->exchange_count; e++)
    for (unsigned f = 0; status == 0 && f < field_count; f++) {
      const struct way way = {link, spec, e, f};
      if (has_field(link, spec, e, f))
        status = make_field(link, &way, link->first_tag + e * field_count + f);
    }
  return status;
}

/* --- agreements --- */

/* `stage`: whose contributions come with it; NULL, or one that does not fold: none. */
static int make_agreement(struct synched__link *link, unsigned index,
                          const struct synched__stage *stage, bool is_plain) {
  struct synched_cluster *cluster = link->cluster;
  const unsigned tag = link->first_tag + link->exchange_count * link->work->fields->count + index;
  const bool folds = stage != NULL && stage->contributions != NULL;
  if (!folds && !is_plain)
    return 0;
  const struct synched__shares shares = {.first = folds ? stage->contributions : NULL,
                                         .bytes = folds ? stage->contribution_stride : 0,
                                         .segment_count = link->work->memory->layout.segment_count};
  return synched__agreement_init(&link->agreements[index], cluster, &cluster->wire, tag,
                                 folds ? &shares : NULL);
}

static int make_agreements(struct synched__link *link) {
  const struct synched__work *work = link->work;
  int status = 0;
  for (unsigned s = 0; status == 0 && s < work->stage_count; s++)
    status = make_agreement(link, s, work->stages[s], false);
  if (status == 0)
    status = make_agreement(link, work->stage_count, work->init_stage, false);
  return status == 0 ? make_agreement(link, work->stage_count + 1, NULL, true) : status;
}

/* --- --- */

unsigned synched__link_tags(const struct synched__work *work) {
  return (work->stage_count + 1) * work->fields->count + work->stage_count + 2 +
         SYNCHED__SAVER_TAGS;
}

int synched__link_create(struct synched__link **out, struct synched__link_spec *spec,
                         unsigned first_tag) {
  struct synched__link *link = synched__alloc_lines(1, sizeof *link);
  *out = NULL;
  if (link == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a job of several ranks");
  link->spec = spec;
  link->cluster = spec->cluster;
  link->work = spec->work;
  link->first_tag = first_tag;
  link->written = spec->written;
  link->exchange_count = spec->work->stage_count + 1;
  link->own = segments_of(link, link->cluster->transport.rank);
  link->exchanges = synched__alloc(link->exchange_count, sizeof *link->exchanges);
  link->agreements = synched__alloc_lines(link->exchange_count + 1, sizeof *link->agreements);
  int status = link->exchanges == NULL || link->agreements == NULL ? out_of_memory(link) : 0;
  if (status == 0)
    status = make_exchanges(link, spec);
  if (status == 0)
    status = make_agreements(link);
  if (status == 0)
    *out = link;
  else
    synched__link_destroy(link);
  return status;
}

static void destroy_field(struct synched__link *link, struct synched__field_groups *groups) {
  for (unsigned b = 0; groups->blocks != NULL && b < groups->block_count; b++)
    synched__wire_unmake(&link->cluster->wire, &groups->blocks[b]);
  synched__free(groups->blocks);
  synched__free(groups->received);
}

void synched__link_destroy(struct synched__link *link) {
  if (link == NULL)
    return;
  for (unsigned e = 0; link->exchanges != NULL && e < link->exchange_count; e++)
    for (unsigned f = 0; f < SYNCHED_FIELDS_MAX; f++)
      destroy_field(link, &link->exchanges[e].fields[f]);
  for (unsigned a = 0; link->agreements != NULL && a <= link->exchange_count; a++)
    if (link->agreements[a].wire != NULL)
      synched__agreement_deinit(&link->agreements[a]);
  synched__free(link->exchanges);
  synched__free(link->agreements);
  synched__stage_destroy(link->opening);
  synched__free(link);
}
