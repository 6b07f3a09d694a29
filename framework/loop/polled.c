/*
 * polled.c: a job in an event loop that is not libuv's: its program polls the job's signal and
 * calls dispatch.
 */
#include "api/check.h"
#include "base/error.h"
#include "loop/deliver.h"
#include "platform/alloc.h"

struct port {
  /* first: a port is found from it */
  struct synched__delivery delivery;
  bool dispatching;
};

static bool is_never_lost(void *port) {
  (void)port;
  return false;
}

static void expect_nothing(void *port) {
  (void)port;
}

static const struct synched__port_calls calls = {"with synched_job_start_polled", is_never_lost,
                                                 is_never_lost, synched__free, expect_nothing};

static int open_port(struct synched__delivery **out, struct synched_job *job, void *argument) {
  (void)argument;
  struct port *port = synched__alloc(1, sizeof *port);
  if (port == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to start a job");
  synched__delivery_init(&port->delivery, job);
  *out = &port->delivery;
  return 0;
}

int synched_job_start_polled(struct synched_job *job) {
  const int status = synched__port_check_start(job);
  return status != 0 ? status : synched__port_start(job, &calls, open_port, NULL);
}

int synched_job_fd(const struct synched_job *job) {
  const int status = synched__job_check(job);
  return status != 0 ? status : job->delivery.signal.read_fd;
}

static int find_port(struct port **out, struct synched_job *job) {
  struct synched__delivery *delivery;
  const int status = synched__port_find(&delivery, job, &calls);
  if (status != 0)
    return status;
  *out = (struct port *)delivery;
  if ((*out)->dispatching)
    return synched__fail(SYNCHED_EDEADLK, "the job is being dispatched already");
  return 0;
}

int synched_job_dispatch(struct synched_job *job) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  struct port *port;
  status = find_port(&port, job);
  if (status != 0)
    return status;
  port->dispatching = true;
  const bool ends = synched__deliver(&port->delivery);
  port->dispatching = false;
  if (!ends)
    return SYNCHED_CONTINUE;
  synched__delivery_finish(&port->delivery);
  return SYNCHED_STOP;
}
