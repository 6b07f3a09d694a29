"""trace_check.py chrome|perfetto|overlap FILE, or: trace_check.py same CHROME PERFETTO

Reads a trace as its format has it, and checks what a viewer relies on: every event has what its
kind must have; tracks are described before they are used; on each track slices nest and times rise;
each flow departs once and arrives once, later, within slices; counters' times rise. What is wrong
is said in one line, and the exit status is 1. "same" also compares what the two files say;
"overlap", of Chrome's form, asks that half of the messages or more were under way while their rank
computed.

Chrome's form: the "Trace Event Format". Perfetto's: its .proto files, of which perfetto.proto has
what is used; protoc makes Python of that.

`load_chrome` and `load_perfetto` turn a file into the same plain Trace, and `check` looks at that.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal

FACTS = {"job", "process", "machine", "placement", "library", "status", "rounds"}
COUNTERS = {"round time", "compute", "lateness"}
NS_PER_US = 1000


class Refused(Exception):
    pass


def require(condition, sentence):
    if not condition:
        raise Refused(sentence)


Slice = collections.namedtuple("Slice", "start end name category arguments")
Flow = collections.namedtuple("Flow", "id track ns")


class Trace:
    """Tracks by name: slices in the order in which they begin, flows, and counters."""

    def __init__(self):
        self.processes = {}  # pid -> (name, labels)
        self.homes = {}  # track key -> the pid that it is of
        self.facts = {}
        self.threads = {}  # track key -> thread name
        self.slices = collections.defaultdict(list)  # track key -> [Slice]
        self.departures, self.arrivals = [], []  # [Flow]
        self.counters = collections.defaultdict(list)  # name -> [(ns, value)]

    def plain(self):
        """What both forms must say alike. Keys of tracks and flows are the form's own."""
        names = {key: (self.homes[key], name) for key, name in self.threads.items()}
        ends = {flow.id: names[flow.track] for flow in self.arrivals}
        return {
            "processes": self.processes,
            "facts": self.facts,
            "threads": sorted(names.values()),
            "slices": {names[key]: slices for key, slices in self.slices.items()},
            "flows": sorted((names[flow.track], ends[flow.id]) for flow in self.departures),
            "counters": dict(self.counters),
        }


# --- Chrome's form ---


def no_doubles(pairs):
    keys = [key for key, _ in pairs]
    require(len(keys) == len(set(keys)), f"a key comes twice in {keys}")
    return dict(pairs)


def refuse_constant(word):
    raise Refused(f"{word} is no JSON")


def parse_json(data):
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=no_doubles,
            parse_float=Decimal,
            parse_constant=refuse_constant,
        )
    except ValueError as error:
        raise Refused(f"no JSON: {error}") from error


def ns_of(event, key):
    value = event[key]
    require(isinstance(value, (int, Decimal)) and not isinstance(value, bool), f"no time: {event}")
    ns = Decimal(value) * NS_PER_US
    require(ns == int(ns) and ns >= 0, f"no whole nanoseconds: {event}")
    return int(ns)


REQUIRED = {
    "M": {"name", "args"},
    "X": {"tid", "ts", "dur", "cat", "name", "args"},
    "s": {"tid", "ts", "id", "cat", "name"},
    "f": {"tid", "ts", "id", "cat", "name", "bp"},
    "C": {"ts", "name", "args"},
}
METADATA = {
    "process_name": "name",
    "process_labels": "labels",
    "thread_name": "name",
    "thread_sort_index": "sort_index",
}


def load_metadata(trace, event, process):
    name = event["name"]
    require(name in METADATA, f"unknown metadata {name}")
    require(list(event["args"]) == [METADATA[name]], f"wrong arguments of metadata: {event}")
    value = event["args"][METADATA[name]]
    if name == "thread_name":
        require(event["tid"] not in trace.threads, f"thread {event['tid']} has two names")
        trace.threads[event["tid"]] = value
        trace.homes[event["tid"]] = event["pid"]
    elif name in ("process_name", "process_labels"):
        require((event["pid"], name) not in process, f"two of {name}")
        process[event["pid"], name] = value


def load_slice(trace, event):
    require(isinstance(event["args"], dict), f"no arguments: {event}")
    start = ns_of(event, "ts")
    previous = trace.slices[event["tid"]]
    require(not previous or previous[-1].start <= start, f"times do not rise: {event}")
    end = start + ns_of(event, "dur")
    previous.append(Slice(start, end, event["name"], event["cat"], event["args"]))


def load_chrome(data):
    trace = Trace()
    document = parse_json(data)
    process = {}
    require(isinstance(document, dict), "no object")
    require(isinstance(document.get("traceEvents"), list), "no list of events")
    require(document.get("displayTimeUnit") in ("ms", "ns"), "no displayTimeUnit")
    trace.facts = document.get("otherData")
    for event in document["traceEvents"]:
        phase = event.get("ph")
        require(phase in REQUIRED, f"unknown phase: {event}")
        missing = (REQUIRED[phase] | {"pid"}) - set(event)
        require(not missing, f"{sorted(missing)} missing: {event}")
        if "tid" in event and phase != "M":
            require(event["tid"] in trace.threads, f"a thread without a name: {event}")
            require(trace.homes[event["tid"]] == event["pid"], f"another process: {event}")
        elif phase != "M":
            require((event["pid"], "process_name") in process, f"another process: {event}")
        if phase == "M":
            load_metadata(trace, event, process)
        elif phase == "X":
            load_slice(trace, event)
        elif phase == "C":
            require(list(event["args"]) == ["ns"], f"wrong arguments of a counter: {event}")
            trace.counters[event["name"]].append((ns_of(event, "ts"), event["args"]["ns"]))
        elif phase == "s":
            trace.departures.append(Flow(event["id"], event["tid"], ns_of(event, "ts")))
        else:
            require(event["bp"] == "e", f"it would arrive at the slice that follows: {event}")
            trace.arrivals.append(Flow(event["id"], event["tid"], ns_of(event, "ts")))
    for pid in {pid for pid, _ in process}:
        labels = process.get((pid, "process_labels"))
        trace.processes[pid] = (process.get((pid, "process_name")), labels)
    return trace


# --- Perfetto's form ---

_module = None


def messages():
    global _module
    if _module is None:
        here = os.path.dirname(os.path.abspath(__file__))
        with tempfile.TemporaryDirectory() as folder:
            command = ["protoc", f"-I{here}", f"--python_out={folder}", "perfetto.proto"]
            subprocess.run(command, check=True)
            sys.dont_write_bytecode = True
            sys.path.insert(0, folder)
            import perfetto_pb2

            sys.path.pop(0)
        _module = perfetto_pb2
    return _module


def refuse_unknown(message):
    require(len(message.UnknownFields()) == 0, f"an unknown field in {message.DESCRIPTOR.name}")
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for part in value if field.label == field.LABEL_REPEATED else [value]:
                refuse_unknown(part)


class Sequence:
    """What a packet may refer to: what came before in its sequence."""

    def __init__(self):
        self.categories, self.names, self.arguments = {}, {}, {}

    def learn(self, interned):
        for kept, entries in (
            (self.categories, interned.event_categories),
            (self.names, interned.event_names),
            (self.arguments, interned.debug_annotation_names),
        ):
            for entry in entries:
                known = entry.iid == 0 or entry.iid in kept
                require(not known, f"the id {entry.iid} is 0 or comes twice")
                kept[entry.iid] = entry.name

    @staticmethod
    def find(kept, iid):
        require(iid in kept, f"nothing has the id {iid}")
        return kept[iid]


def argument_of(sequence, annotation):
    if annotation.HasField("name"):
        name = annotation.name
    else:
        name = sequence.find(sequence.arguments, annotation.name_iid)
    if annotation.HasField("string_value"):
        return name, annotation.string_value
    return name, annotation.uint_value


def arguments_of(sequence, event):
    return dict(argument_of(sequence, annotation) for annotation in event.debug_annotations)


class PerfettoReader:
    def __init__(self):
        self.trace = Trace()
        self.sequences = {}
        self.process_tracks = {}  # uuid -> pid
        self.counters = {}  # uuid -> name
        self.open = collections.defaultdict(list)  # uuid -> indices of slices
        self.reached = collections.defaultdict(int)

    def describe(self, descriptor):
        uuid = descriptor.uuid
        known = uuid in self.trace.threads or uuid in self.counters or uuid in self.process_tracks
        require(uuid != 0 and not known, f"the track {uuid} is 0 or is described twice")
        if descriptor.HasField("process"):
            process = descriptor.process
            require(process.pid not in self.trace.processes, f"two processes {process.pid}")
            self.process_tracks[uuid] = process.pid
            labels = ",".join(process.process_labels)
            self.trace.processes[process.pid] = (process.process_name, labels)
            return
        is_ours = descriptor.parent_uuid in self.process_tracks
        require(is_ours, f"the track {uuid} is not the process's")
        pid = self.process_tracks[descriptor.parent_uuid]
        if descriptor.HasField("thread"):
            require(descriptor.thread.pid == pid, "a thread of another process")
            self.trace.threads[uuid] = descriptor.thread.thread_name
            self.trace.homes[uuid] = pid
        else:
            counts_ns = descriptor.HasField("counter") and descriptor.counter.unit == 1
            require(counts_ns, f"the track {uuid} is of no kind")
            self.counters[uuid] = descriptor.name

    def begin(self, sequence, event, ns):
        uuid = event.track_uuid
        if event.HasField("name"):
            name = event.name
        else:
            name = sequence.find(sequence.names, event.name_iid)
        require(len(event.category_iids) == 1, f"not one category of {name}")
        category = sequence.find(sequence.categories, event.category_iids[0])
        slices = self.trace.slices[uuid]
        self.open[uuid].append(len(slices))
        slices.append(Slice(ns, None, name, category, arguments_of(sequence, event)))
        self.trace.arrivals += [Flow(flow, uuid, ns) for flow in event.terminating_flow_ids]
        self.trace.departures += [Flow(flow, uuid, ns) for flow in event.flow_ids]

    def event(self, sequence, event, ns):
        uuid = event.track_uuid
        require(ns >= self.reached[uuid], f"times do not rise on the track {uuid}: {ns}")
        self.reached[uuid] = ns
        if event.type == event.TYPE_COUNTER:
            require(uuid in self.counters, f"the track {uuid} is no counter's")
            require(event.HasField("counter_value"), "a counter without a value")
            self.trace.counters[self.counters[uuid]].append((ns, event.counter_value))
        elif event.type == event.TYPE_INSTANT:
            require(uuid in self.process_tracks, f"the track {uuid} is not the process's")
            self.trace.facts = arguments_of(sequence, event)
        elif event.type == event.TYPE_SLICE_BEGIN:
            require(uuid in self.trace.threads, f"the track {uuid} is no thread's")
            self.begin(sequence, event, ns)
        else:
            require(event.type == event.TYPE_SLICE_END, f"unknown type {event.type}")
            require(self.open[uuid], f"an end without a beginning on the track {uuid}")
            index = self.open[uuid].pop()
            self.trace.slices[uuid][index] = self.trace.slices[uuid][index]._replace(end=ns)

    def packet(self, packet):
        number = packet.trusted_packet_sequence_id
        require(number != 0, "a packet without a sequence")
        if packet.sequence_flags & 1:
            self.sequences[number] = Sequence()
        known = number in self.sequences
        require(known, f"the sequence {number} does not begin with a clear state")
        sequence = self.sequences[number]
        if packet.HasField("interned_data"):
            sequence.learn(packet.interned_data)
        if packet.HasField("track_descriptor"):
            self.describe(packet.track_descriptor)
        if packet.HasField("track_event"):
            require(packet.HasField("timestamp"), "an event without a time")
            needs_state = packet.sequence_flags & 2
            require(needs_state, "an event that does not say that it needs what came before")
            self.event(sequence, packet.track_event, packet.timestamp)


def load_perfetto(data):
    from google.protobuf.message import DecodeError

    try:
        document = messages().Trace.FromString(data)
    except DecodeError as error:
        raise Refused(f"no protobuf: {error}") from error
    refuse_unknown(document)
    reader = PerfettoReader()
    for packet in document.packet:
        reader.packet(packet)
    left = [uuid for uuid, indices in reader.open.items() if indices]
    require(not left, f"a slice never ends on the track {left}")
    require(reader.trace.processes, "no process is described")
    return reader.trace


# --- what holds for both ---


# What may be in a slice of a category; None: on the track itself.
MAY_HOLD = {
    None: ("sleep", "part", "task", "closing", "messages", "agreement"),
    "part": ("task",),
    "closing": ("callback",),
    "messages": ("message_wait",),
}


def check_nesting(name, slices):
    stack = []
    reached = 0
    for entry in slices:
        require(entry.start >= reached, f"times do not rise on {name}: {entry}")
        require(entry.end >= entry.start, f"it ends before it begins, on {name}: {entry}")
        reached = entry.start
        while stack and stack[-1].end <= entry.start:
            stack.pop()
        outer = stack[-1] if stack else None
        if outer is not None and entry.end > outer.end:
            raise Refused(f"{entry} does not nest in {outer}, on {name}")
        if entry.category not in MAY_HOLD.get(outer and outer.category, ()):
            raise Refused(f"{entry} in {outer and outer.category}, on {name}")
        stack.append(entry)


def require_slice(trace, flow, categories):
    """Open at that time. One of no length is open at its moment."""
    found = any(
        entry.category in categories
        and entry.start <= flow.ns
        and (flow.ns < entry.end or entry.start == entry.end)
        for entry in trace.slices[flow.track]
    )
    require(found, f"the flow {flow} is in no slice of {categories}")


def check_flows(trace):
    ends = {}
    for flow in trace.arrivals:
        require(flow.id not in ends, f"the flow {flow.id} arrives twice")
        ends[flow.id] = flow
    for flow in trace.departures:
        require(flow.id in ends, f"the flow {flow.id} arrives nowhere, or departs twice")
        end = ends.pop(flow.id)
        require(end.ns >= flow.ns, f"the flow {flow.id} arrives before it departs")
        require(end.track != flow.track, f"the flow {flow.id} stays on its track")
    require(not ends, f"the flow {next(iter(ends), None)} departs nowhere")
    if len(trace.departures) <= 2000:  # in long traces it would take long
        for flow in trace.departures:
            require_slice(trace, flow, {"part"})
        for flow in trace.arrivals:
            require_slice(trace, flow, {"closing"})


def check_counters(trace):
    for name, samples in trace.counters.items():
        for before, after in zip(samples, samples[1:]):
            require(before[0] <= after[0], f"times do not rise in {name}: {before}, {after}")
        for sample in samples:
            require(isinstance(sample[1], int) and sample[1] >= 0, f"no value in {name}: {sample}")


def check(trace):
    known = isinstance(trace.facts, dict) and set(trace.facts) == FACTS
    require(known, f"the facts are {trace.facts}")
    names = [(trace.homes[key], name) for key, name in trace.threads.items()]
    require(len(set(names)) == len(names), "two threads of a process have one name")
    if len(trace.processes) == 1:
        pid = str(next(iter(trace.processes)))
        require(pid == trace.facts["process"], "another process than the facts'")
    for key, slices in trace.slices.items():
        check_nesting(trace.threads[key], slices)
    check_flows(trace)
    check_counters(trace)
    require(set(trace.counters) <= COUNTERS, f"unknown counters {set(trace.counters)}")


def overlaps(trace):
    """How many messages were under way while calls of their own process computed, of how many."""
    tasks = collections.defaultdict(list)
    messages = []
    for key, slices in trace.slices.items():
        for entry in slices:
            if entry.category == "task":
                tasks[trace.homes[key]].append(entry)
            elif entry.category == "messages":
                messages.append((trace.homes[key], entry))
    found = sum(
        any(task.start < entry.end and entry.start < task.end for task in tasks[pid])
        for pid, entry in messages
    )
    return found, len(messages)


LOADERS = {"chrome": load_chrome, "perfetto": load_perfetto}


def load(form, path):
    with open(path, "rb") as file:
        trace = LOADERS[form](file.read())
    check(trace)
    return trace


def show(trace):
    every = [entry for slices in trace.slices.values() for entry in slices]
    kinds = collections.Counter(entry.category for entry in every)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    samples = sum(len(samples) for samples in trace.counters.values())
    flows = len(trace.departures)
    print(f"{len(trace.threads)} tracks: {counts or 'nothing'}; {flows} flows, {samples} samples")


def main(arguments):
    try:
        if arguments[0] == "same":
            chrome, perfetto = load("chrome", arguments[1]), load("perfetto", arguments[2])
            mine, other = chrome.plain(), perfetto.plain()
            for key, value in mine.items():
                both = f"{str(value)[:300]} and {str(other[key])[:300]}"
                require(value == other[key], f"{key} differ: {both}")
            show(chrome)
        elif arguments[0] == "overlap":
            found, count = overlaps(load("chrome", arguments[1]))
            print(f"{found} of {count} messages were under way while their rank computed")
            require(2 * found >= count > 0, f"{found} of {count} messages overlap with calls")
        else:
            show(load(arguments[0], arguments[1]))
    except Refused as refusal:
        print(f"trace_check: {arguments[-1]}: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
