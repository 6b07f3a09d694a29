"""gdb.py: what Synched's words and structures say, in gdb.

    gdb -x tools/gdb.py --args PROGRAM ...      or, in gdb:  source tools/gdb.py

    synched pool EXPR      a pool: who waits, the open round, the run queue, alarms, its workers
    synched job EXPR       a job: where it is, its rounds, requests, buffers, deadline
    synched trace [N]      the last N (40) events of all threads, oldest first: of a library that
                           was built with SYNCHED_TRACE_RING        (platform/trace.h)
    print $synched_cursor(WORD)      a home range's cursor          (engine/claim.h)
    print $synched_shape(WORD)       an open slot's shape           (engine/claim.h)
    print $synched_count(WORD)       remaining, a group counter     (engine/group_counter.h)
    print $synched_state(WORD)       job->work.state                (engine/work.h)
    print $synched_deadline(WORD)    a deadline's word              (job/deadline.c)

EXPR is a pool or a job, or a pointer to one. print shows slots, homes and group counters with
their words decoded. All of it only reads, so it works on a core file, too. The library must have
been compiled with -g.
"""

import sys
import time

import gdb
import gdb.printing

NEVER = 2**64 - 1


# --- packed words; the masks are macros, which debuggers do not know: see the files named above ---


def cursor_text(word):
    return "epoch %d, %d left" % (word >> 24, word & 0xFFFFFF)


def shape_text(word):
    return "%d segments, team %d%s, batch %d, %s, wakes %d" % (
        word & 0xFFFFFF,
        (word >> 24 & 0xFFF) + 1,
        ", dealt anew" if word >> 36 & 1 else "",
        word >> 37 & 0x3FFF,
        "static" if word >> 51 & 1 else "stealing",
        (word >> 52) + 1,
    )


def count_text(word):
    return "%d segments, %d ns" % (word >> 32, word & 0xFFFFFFFF)


def state_text(word):
    names = ("STARTED", "ENDED", "CANCELLED", "STOPPING", "STEERED")
    set_ones = [name for bit, name in enumerate(names) if word >> bit & 1]
    return " | ".join(set_ones) or "READY"


def deadline_text(word):
    if word == 0:
        return "no round"
    return "a round is open%s, deadline %s" % (
        ", and has missed it" if word & 2 else "",
        when(word & ~3),
    )


def when(ns):
    """A time on the monotonic clock; how far it is only where that clock is this machine's now."""
    if ns == NEVER:
        return "never"
    connection = gdb.selected_inferior().connection
    if connection is None or connection.type != "native":
        return "at %d ns" % ns
    ahead_ms = (ns - time.monotonic_ns()) / 1e6
    text = "in %.3f ms" % ahead_ms if ahead_ms >= 0 else "%.3f ms ago" % -ahead_ms
    return "at %d ns (%s)" % (ns, text)


class Word(gdb.Function):
    """Decodes one of Synched's packed words."""

    def __init__(self, name, decode):
        super().__init__(name)
        self.decode = decode

    def invoke(self, word):
        return self.decode(int(word) & NEVER)


# --- structures ---


def pointer_to(value, name):
    """EXPR as a pointer to a struct, whose type may be unknown where the program stands."""
    kind = gdb.lookup_type("struct " + name)
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        value = value.address
    value = value.cast(kind.pointer())
    if int(value) == 0:
        raise gdb.GdbError("the %s is NULL" % name)
    return value


def text_of(value):
    return value.string() if int(value) != 0 else "NULL"


def is_true(value):
    return int(value) != 0


def enum_name(value, prefix):
    return str(value).replace(prefix, "")


def job_name(job):
    return '"%s"' % text_of(job["setup"]["options"]["name"])


def entries(heap):
    """The jobs in a heap: a node is the first in an entry, and that in a job."""
    kind = gdb.lookup_type("struct synched_job").pointer()
    nodes = [heap["nodes"][i] for i in range(int(heap["count"]))]
    return [(node, node.cast(kind)) for node in sorted(nodes, key=lambda node: int(node["key"]))]


def range_of(opened, shape, worker):
    """As synched__home_range."""
    segments, team = shape & 0xFFFFFF, (shape >> 24 & 0xFFF) + 1
    if worker >= min(team, segments):
        return 0, 0
    if shape >> 36 & 1:
        dealt = int(opened["homes"][worker]["dealt"])
        return dealt & 0xFFFFFFFF, dealt >> 32
    base, extra = divmod(segments, team)
    return worker * base + min(worker, extra), base + (1 if worker < extra else 0)


# What a worker is doing, by the functions that it is in, the innermost one that says something.
DOINGS = {
    "run_range": "computes",
    "synched__gate_wait": "waits at the gate",
    "spin_until": "leader: spins until a tick is due",
    "steal": "looks for something to steal",
    "decide": "leader: drops or publishes the round",
    "close_round": "leader: closes the round",
    "lead": "leader: opens a round",
    "open_next": "leader: opens a round",
    "take_part": "takes part in a round",
}


def doing_of(frame):
    """Of the innermost frame that says something; a program may have functions of these names."""
    while frame is not None:
        table = frame.find_sal().symtab
        if frame.name() in DOINGS and table is not None and "framework/" in table.filename:
            return DOINGS[frame.name()]
        frame = frame.older()
    return "somewhere else"


def doings():
    """{the system's number of a thread: what it is doing}"""
    said = {}
    chosen = gdb.selected_thread()
    frame = gdb.selected_frame() if chosen is not None else None
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        said[thread.ptid[1]] = doing_of(gdb.newest_frame())
    if chosen is not None:
        chosen.switch()
        frame.select()
    return said


def say_open_round(pool):
    opened, epoch = pool["open"].dereference(), int(pool["epoch"])
    bound = pool["dispatch"]["bound"]
    if int(bound) == 0:
        print("  bound: no job")
        return
    stage = opened["stage"]
    print("  bound: job %s, round %d, prepared or open" % (job_name(bound), int(opened["round"])))
    if int(bound["work"]["stage_count"]) > 1 or is_true(stage["is_init"]):
        print("    stage %d, \"%s\"" % (int(stage["index"]), text_of(stage["name"])))
    print("    remaining: %s; %d segments when it was opened"
          % (count_text(int(stage["remaining"])), int(opened["outstanding"])))
    if int(stage["groups"]) != 0:
        for g in range(int(pool["group_count"])):
            print("    group %d: %s" % (g, count_text(int(stage["groups"][g]["left"]))))
    slot = opened["slots"][epoch & 1]
    shape = int(slot["shape"])
    if int(slot["stage"]) != int(stage):
        print("    not opened: the epoch's slot is that of another stage")
        return
    print("    slot %d: %s" % (epoch & 1, shape_text(shape)))
    for w in range(int(pool["worker_count"])):
        first, count = range_of(opened, shape, w)
        cursor = int(opened["homes"][w]["cursor"])
        if count != 0:
            print("    home %d: segments %d to %d, cursor %s%s"
                  % (w, first, first + count - 1, cursor_text(cursor),
                     "" if cursor >> 24 == epoch else ": not begun"))


def say_queue(pool):
    dispatch = pool["dispatch"]
    queue = dispatch["queue"]
    for name in ("sleeping", "timed", "free"):
        for node, job in entries(queue[name]):
            key = int(node["key"])
            text = "virtual time %d" % key if name == "free" else when(key)
            print("  queue, %s: job %s, %s" % (name, job_name(job), text))
    recheck = int(dispatch["recheck_ns"])
    print("  recheck: %s" % {0: "now: others can run", NEVER: "never"}.get(recheck, "%d ns by the "
          "tick clock" % recheck))
    stall = int(dispatch["stall_look_ns"])
    if stall != NEVER:
        print("  stall watch: looks %s" % when(stall))


def say_workers(pool):
    said, timer = doings(), pool["dispatch"]["timer_worker"]
    for w in range(int(pool["worker_count"])):
        worker = pool["workers"][w]
        alarm = pool["dispatch"]["alarms"][w]
        thread = int(worker["info"]["thread_id"])
        words = [said.get(thread, "not a thread of this program any more")]
        if is_true(worker["waiter"]["asleep"]):
            words.append("asleep")
        if is_true(worker["waiter"]["interrupted"]):
            words.append("interrupted")
        if int(timer) == int(worker.address):
            words.append("timer worker")
        for kind in ("queue", "stall"):
            if int(alarm[kind + "_ns"]) != NEVER:
                words.append("%s alarm %s" % (kind, when(int(alarm[kind + "_ns"]))))
        print("  worker %d, thread %d: %s" % (w, thread, ", ".join(words)))


def say_pool(pool):
    dispatch = pool["dispatch"]
    if int(dispatch) == 0 or int(pool["open"]) == 0:
        raise gdb.GdbError("the pool is being made or destroyed")
    state = "running: it has a leader, or an open round" if is_true(dispatch["running"]) else "idle"
    if is_true(pool["stopping"]):
        state = "stopping"
    print('pool "%s", %d workers on %d CPUs, %d jobs, epoch %d, %s'
          % (text_of(pool["name"]), int(pool["worker_count"]), int(pool["usable_count"]),
             int(dispatch["job_count"]), int(pool["epoch"]), state))
    print("  told to waiters: never sleep %d, sleep now %d; %d sleepers"
          % (int(pool["never_sleep"]), int(pool["sleep_now"]), int(pool["sleeper_count"])))
    say_open_round(pool)
    say_queue(pool)
    say_workers(pool)


def place_of(job):
    """Where a job is: job/where.h."""
    where = int(job["control"]["where"])
    names = gdb.lookup_type("enum synched__where").fields()
    place = next((name.name for name in names if name.enumval == where), "nowhere: %d" % where)
    place = place.replace("SYNCHED__WHERE_", "")
    if place == "QUEUED":
        queue = job["work"]["pool"]["dispatch"]["queue"]
        for name in ("sleeping", "timed", "free"):
            if int(queue[name].address) == int(job["entry"]["node"]["heap"]):
                place += ", " + name
    if place == "AWAITING":
        place += " a buffer since %s" % when(int(job["control"]["wait"]["since_ns"]))
    return place


def requests_in(queue):
    said, request = [], queue["first"]
    while int(request) != 0:
        steered = request["steered"]
        call = enum_name(steered["call"], "SYNCHED_STEER_").lower()
        value = int(steered["value"])
        said.append("%s %d" % (call, value) if value else call)
        request = request["next"]
    return ", ".join(said) or "none"


def say_buffers(job):
    memory, bound = job["work"]["memory"], job["work"]["pool"]["dispatch"]["bound"]
    is_bound = int(bound) == int(job)
    pair = job["work"]["pool"]["open"]["pair"] if is_bound else memory["pair"]
    for b in range(int(memory["buffer_count"])):
        buffer = memory["buffers"][b]
        refs, role = int(buffer["refs"]), "free"
        if int(buffer.address) == int(pair["current"]):
            role = "current"
        elif int(buffer.address) == int(pair["next"]):
            role = "next"
        elif refs & 0x7FFFFFFF:
            role = "leased"
        print("  buffer %d: %s, round %d, %d readers"
              % (b, role, int(buffer["snapshot"]["round"]), refs & 0x7FFFFFFF))


def say_fields(job):
    """What a job has beside one field and one stage."""
    fields = job["work"]["fields"]
    if int(fields) == 0:
        return
    for s in range(int(job["work"]["stage_count"])):
        stage = job["work"]["stages"][s].dereference()
        print("  stage %d: \"%s\", writes fields %#x" % (
            s, text_of(stage["name"]), int(stage["writes"])))
    for f in range(int(fields["count"])):
        memory = fields["memories"][f]
        print("  field %d: %d blocks%s" % (
            f, int(memory["blocks"]["count"]),
            ", changed in place" if is_true(memory["in_place"]) else ""))


def say_job(job):
    setup, control, delivery = job["setup"], job["control"], job["delivery"]
    requests = control["requests"]
    last = int(setup["last_round"])
    print('job %s of pool "%s": %s' % (
        job_name(job), text_of(job["work"]["pool"]["name"]), place_of(job)))
    print("  state: %s" % state_text(int(job["work"]["state"])))
    print("  rounds: after %d, %s" % (
        int(setup["base_round"]), "up to %d" % last if last else "without end"))
    if is_true(requests["closed"]):
        print("  requests: closed")
    else:
        print("  requests: accepted %s; asked: %s; done: %s"
              % (enum_name(requests["accepted"], "SYNCHED_JOB_"), requests_in(requests["asked"]),
                 requests_in(requests["done"])))
        print("    applied: %s, %d rounds of a step left" % (
            "paused" if is_true(requests["paused"]) else "not paused", int(requests["steps_left"])))
    ticks = job["pace"]["ticks"]
    if int(ticks["period_ns"]) != 0:
        print("  pace: every %d ns; next tick %s" % (
            int(ticks["period_ns"]), when(int(ticks["due_ns"])) if ticks["begun"] else "not set"))
    if int(control["deadline"]["monitor"]) != 0:
        print("  deadline: %s" % deadline_text(int(control["deadline"]["word"])))
    say_fields(job)
    say_buffers(job)
    flags = [name for name in ("notified", "ended", "departed") if is_true(delivery[name])]
    print("  delivery: %s; %d pins" % (", ".join(flags) or "nothing", int(delivery["pin_count"])))


# --- trace rings ---


def symbol(name):
    found = gdb.lookup_global_symbol(name)
    return None if found is None else found.value()


def ring_name(index, ring):
    if index == 0:
        return "others"
    name = b"".join(int(ring["name"][i]).to_bytes(8, sys.byteorder) for i in range(2))
    return name.split(b"\0")[0].decode(errors="replace")


def events_of(index, ring, most):
    """(time, thread, event) of the last events of a ring that are whole."""
    kept, count = ring["events"].type.range()[1] + 1, int(ring["count"])
    for number in range(max(1, count - min(kept, most) + 1), count + 1):
        event = ring["events"][number % kept]
        if int(event["number"]) == number:
            yield int(event["time_ns"]), "%s %d" % (
                ring_name(index, ring), int(ring["thread_id"])), event


def event_text(event):
    kind = symbol("synched__trace_kinds")[int(event["kind"])]
    words = ["%s %#x" % (kind["object"].string(), int(event["object"]))]
    for i in range(3):
        name, number = kind["numbers"][i].string(), int(event["numbers"][i])
        if name:
            words.append("%s %d" % (name, number - 2**64 if number >= 2**63 else number))
    return "%-11s  %s" % (kind["name"].string(), ", ".join(words))


def say_trace(most):
    rings = symbol("synched__trace_rings")
    if rings is None:
        raise gdb.GdbError("this library was built without SYNCHED_TRACE_RING")
    events = []
    for r in range(rings.type.range()[1] + 1):
        if int(rings[r]["count"]) != 0:
            events += events_of(r, rings[r], most)
    events = sorted(events, key=lambda event: event[0])[-most:]
    for time_ns, thread, event in events:
        print("%14.3f us  %-22s %s"
              % ((time_ns - events[-1][0]) / 1e3, thread, event_text(event)))
    print("%d events" % len(events))


class Synched(gdb.Command):
    """Prints what state a Synched pool or job is in."""

    def __init__(self):
        super().__init__("synched", gdb.COMMAND_DATA, prefix=True)


class Show(gdb.Command):
    """Prints what state it is in; its argument is one, or a pointer to it."""

    def __init__(self, noun, say):
        super().__init__("synched " + noun, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)
        self.noun, self.say = noun, say

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("synched %s EXPR" % self.noun)
        self.say(pointer_to(gdb.parse_and_eval(argument), "synched_" + self.noun))


class Trace(gdb.Command):
    """Prints the last events of all threads, oldest first; its argument says how many, 40."""

    def __init__(self):
        super().__init__("synched trace", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        say_trace(int(gdb.parse_and_eval(argument)) if argument else 40)


# --- printers ---


class Decoded:
    """A struct's fields, one of which is a packed word."""

    def __init__(self, value, field, decode):
        self.value, self.field, self.decode = value, field, decode

    def children(self):
        for field in self.value.type.fields():
            value = self.value[field]
            if field.name == self.field:
                yield field.name, self.decode(int(value))
            else:
                yield field.name, value


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("synched")
    for name, field, decode in (
        ("synched__home", "cursor", cursor_text),
        ("synched__open_slot", "shape", shape_text),
        ("synched__group_counter", "left", count_text),
        ("synched__deadline", "word", deadline_text),
    ):
        collection.add_printer(
            name, "^%s$" % name, lambda value, f=field, d=decode: Decoded(value, f, d)
        )
    return collection


Synched()
Show("pool", say_pool)
Show("job", say_job)
Trace()
Word("synched_cursor", cursor_text)
Word("synched_shape", shape_text)
Word("synched_count", count_text)
Word("synched_state", state_text)
Word("synched_deadline", deadline_text)
gdb.printing.register_pretty_printer(None, printers(), replace=True)
