/*
 * cluster.c: making and ending a cluster, and what is told of it.
 */
#include "cluster/cluster.h"

#include <math.h>

#include "base/error.h"
#include "base/options.h"
#include "platform/alloc.h"

static int check_transport(const struct synched_transport *transport) {
  if (transport->struct_size != sizeof *transport)
    return synched__fail(SYNCHED_EINVAL, "struct_size of the transport is %u; it is %zu",
                         transport->struct_size, sizeof *transport);
  if (transport->make == NULL || transport->start == NULL || transport->test == NULL ||
      transport->unmake == NULL || transport->explain == NULL || transport->destroy == NULL)
    return synched__fail(SYNCHED_EINVAL, "a function of the transport is NULL");
  if (transport->rank_count > SYNCHED_RANKS_MAX)
    return synched__fail(SYNCHED_ERANGE, "the transport has %u ranks; at most %u",
                         transport->rank_count, SYNCHED_RANKS_MAX);
  if (transport->rank >= transport->rank_count)
    return synched__fail(SYNCHED_EINVAL, "the transport is rank %u of %u", transport->rank,
                         transport->rank_count);
  return 0;
}

static int read_options(struct synched_cluster_options *read,
                        const struct synched_cluster_options *options) {
  static const struct synched__options_spec spec = {"synched_cluster_options",
                                                    sizeof(struct synched_cluster_options),
                                                    sizeof(struct synched_cluster_options)};
  const int status = synched__options_read(read, options, &spec);
  if (status == 0 && read->flags != 0)
    return synched__fail(SYNCHED_EINVAL, "flags is %#x; a cluster knows none",
                         (unsigned)read->flags);
  return status;
}

static int add_weights(struct synched_cluster *cluster, const double *weights) {
  const unsigned rank_count = cluster->transport.rank_count;
  cluster->weights = synched__alloc((size_t)rank_count + 1, sizeof *weights);
  if (cluster->weights == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for the weights of %u ranks", rank_count);
  for (unsigned r = 0; r < rank_count; r++) {
    if (!isfinite(weights[r]) || weights[r] < 0)
      return synched__fail(SYNCHED_EINVAL, "the weight of rank %u is %g; it is 0 or more", r,
                           weights[r]);
    cluster->weights[r + 1] = cluster->weights[r] + weights[r];
  }
  if (!isfinite(cluster->weights[rank_count]) || cluster->weights[rank_count] <= 0)
    return synched__fail(SYNCHED_EINVAL, "the weights of the %u ranks are %g in all", rank_count,
                         cluster->weights[rank_count]);
  return 0;
}

static int init_cluster(struct synched_cluster *cluster,
                        const struct synched_cluster_options *options) {
  cluster->next_tag = SYNCHED__TAG_JOBS;
  cluster->wire.transport = &cluster->transport;
  cluster->wire.timeout_ns = options->timeout_ns;
  int status = options->weights == NULL ? 0 : add_weights(cluster, options->weights);
  if (status == 0)
    status = synched__mutex_init(&cluster->mutex);
  if (status != 0)
    return status;
  status = synched__agreement_init(&cluster->own, cluster, &cluster->wire, SYNCHED__TAG_OWN, NULL);
  if (status != 0) {
    synched__agreement_deinit(&cluster->own);
    synched__mutex_deinit(&cluster->mutex);
  }
  return status;
}

static int create(struct synched_cluster **out, const struct synched_transport *transport,
                  const struct synched_cluster_options *options) {
  struct synched_cluster_options read;
  int status = check_transport(transport);
  if (status == 0)
    status = read_options(&read, options);
  if (status != 0)
    return status;
  struct synched_cluster *cluster = synched__alloc_lines(1, sizeof *cluster);
  if (cluster == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a cluster");
  cluster->transport = *transport;
  status = init_cluster(cluster, &read);
  if (status == 0) {
    *out = cluster;
    return 0;
  }
  synched__free(cluster->weights);
  synched__free(cluster);
  return status;
}

int synched_cluster_create_over(struct synched_cluster **out,
                                const struct synched_transport *transport,
                                const struct synched_cluster_options *options) {
  if (out != NULL)
    *out = NULL;
  if (out == NULL || transport == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL",
                         out == NULL ? "cluster to create" : "transport");
  const int status = create(out, transport, options);
  if (status != 0 && transport->destroy != NULL)
    transport->destroy(transport->context);
  return status;
}

int synched_cluster_refuse(int status, const char *sentence) {
  return synched__fail(status, "%s", sentence == NULL ? "" : sentence);
}

int synched_cluster_destroy(struct synched_cluster *cluster) {
  if (cluster == NULL)
    return 0;
  synched__mutex_lock(&cluster->mutex);
  const unsigned job_count = cluster->job_count;
  synched__mutex_unlock(&cluster->mutex);
  if (job_count != 0)
    return synched__fail(SYNCHED_EBUSY, "the cluster has %u job%s; destroy %s first", job_count,
                         job_count == 1 ? "" : "s", job_count == 1 ? "it" : "them");
  synched__agreement_deinit(&cluster->own);
  cluster->transport.destroy(cluster->transport.context);
  synched__mutex_deinit(&cluster->mutex);
  synched__free(cluster->weights);
  synched__free(cluster);
  return 0;
}

int synched_cluster_info(const struct synched_cluster *cluster, struct synched_cluster_info *out) {
  static const struct synched__options_spec spec = {"synched_cluster_info",
                                                    sizeof(struct synched_cluster_info),
                                                    sizeof(struct synched_cluster_info)};
  if (cluster == NULL)
    return synched__fail(SYNCHED_EINVAL, "the cluster is NULL");
  const struct synched__wire *wire = &cluster->wire;
  const struct synched_cluster_info filled = {
      .rank = cluster->transport.rank,
      .rank_count = cluster->transport.rank_count,
      .sent_bytes = synched__load_relaxed(&wire->sent_bytes),
      .sent_messages = synched__load_relaxed(&wire->sent_messages),
      .agreed_messages = synched__load_relaxed(&wire->agreed_messages),
      .agreed_bytes = synched__load_relaxed(&wire->agreed_bytes),
      .waited_ns = synched__load_relaxed(&wire->waited_ns)};
  return synched__out_write(out, &filled, &spec);
}

/* Tags come again when they have all been used: the messages of a job that is over do not. */
unsigned synched__cluster_enter(struct synched_cluster *cluster, unsigned tag_count) {
  synched__mutex_lock(&cluster->mutex);
  if (cluster->next_tag + tag_count > SYNCHED_TAGS)
    cluster->next_tag = SYNCHED__TAG_JOBS;
  const unsigned first = cluster->next_tag;
  cluster->next_tag += tag_count;
  cluster->job_count++;
  synched__mutex_unlock(&cluster->mutex);
  return first;
}

void synched__cluster_leave(struct synched_cluster *cluster) {
  synched__mutex_lock(&cluster->mutex);
  cluster->job_count--;
  synched__mutex_unlock(&cluster->mutex);
}
