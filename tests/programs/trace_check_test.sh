#!/usr/bin/env bash
# trace_check_test.sh WRITTEN_REPORTS: trace_check.py itself: what is wrong in a trace it refuses,
# and says why. Exit code 77 where it cannot run.
#
# By hand: tests/programs/trace_check_test.sh build/test-gcc/tests/programs/written_reports
set -euo pipefail

# shellcheck source=../support/python.sh
source "$(dirname "$0")/../support/python.sh" google.protobuf
command -v protoc >/dev/null || {
  echo "trace_check_test: there is no protoc here"
  exit 77
}
support=$(realpath "$(dirname "$0")/../support")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

"$program" tasks trace chrome.json
"$program" tasks perfetto perfetto.pb
PYTHONPATH=$support "$python" - <<'END' || fail "it does not find what is wrong"
import copy, json, sys
import trace_check as t

good = json.load(open("chrome.json"))
binary = open("perfetto.pb", "rb").read()
failures = 0


def refused(what, load, data, words):
    global failures
    try:
        t.check(load(data))
        why = "nothing"
    except t.Refused as refusal:
        why = str(refusal)
    if words not in why:
        failures += 1
        print(f"{what}: it says {why[:200]!r}, not {words!r}", file=sys.stderr)


def chrome(what, words, break_it):
    document = copy.deepcopy(good)
    result = break_it(document)
    data = result if isinstance(result, bytes) else json.dumps(document).encode()
    refused(what, t.load_chrome, data, words)


def first(document, phase, category=None):
    events = [e for e in document["traceEvents"] if e["ph"] == phase]
    return next(e for e in events if category in (None, e.get("cat")))


def last(document, phase):
    return [e for e in document["traceEvents"] if e["ph"] == phase][-1]


def without(phase, key):
    return lambda document: first(document, phase).pop(key) and None


def change(phase, category=None, **values):
    return lambda document: first(document, phase, category).update(values)


text = open("chrome.json", "rb").read()
t.check(t.load_chrome(text))
t.check(t.load_perfetto(binary))
chrome("cut off", "no JSON", lambda d: text[:-4])
chrome("a comma more", "no JSON", lambda d: text.replace(b"\n]}", b",\n]}"))
chrome("no UTF-8", "no JSON", lambda d: text.replace(b"heat", b"h\xffat"))
chrome("NaN", "NaN is no JSON", lambda d: text.replace(b'"ns":', b'"ns":NaN,"x":', 1))
chrome("a key twice", "comes twice", lambda d: text.replace(b'{"ph":"X"', b'{"ph":"X","ph":"X"', 1))
chrome("no list", "no list of events", lambda d: d.pop("traceEvents") and None)
chrome("no facts", "the facts are", lambda d: d["otherData"].pop("machine") and None)
chrome("phase", "unknown phase", change("X", ph="Q"))
needed = {"X": "tid ts dur cat name args", "s": "id ts", "f": "id bp", "C": "ts args"}
for phase, keys in needed.items():
    for key in keys.split():
        chrome(f"no {key} of {phase}", "missing", without(phase, key))
chrome("another process", "another process", change("X", pid=5))
chrome("unknown thread", "without a name", change("X", tid=5))
chrome("no name", "without a name", lambda d: d["traceEvents"].remove(next(
    e for e in d["traceEvents"] if e["name"] == "thread_name")))
chrome("picoseconds", "no whole nanoseconds", change("X", ts=86400000001.0005))
chrome("before its start", "no whole nanoseconds", change("X", dur=-1))
chrome("too early", "times do not rise", lambda d: last(d, "X").update(ts=1.0))
chrome("too long", "does not nest", change("X", category="task", dur=700.0))
chrome("a part too long", "does not nest", lambda d: first(d, "X", "part").update(dur=900.0))
chrome("a callback alone", "in None", change("X", category="closing", cat="callback"))
chrome("departs twice", "arrives nowhere, or departs twice",
       lambda d: d["traceEvents"].append(first(d, "s")))
chrome("arrives nowhere", "arrives nowhere", lambda d: d["traceEvents"].remove(first(d, "f")))
chrome("arrives twice", "arrives twice", lambda d: d["traceEvents"].append(first(d, "f")))
chrome("departs nowhere", "departs nowhere", lambda d: d["traceEvents"].remove(first(d, "s")))
chrome("arrives too early", "before it departs", lambda d: first(d, "f").update(ts=0.0))
chrome("departs at the end", "is in no slice", lambda d: first(d, "s").update(
    ts=first(d, "s")["ts"] + 0.001))
chrome("the next slice", "slice that follows", change("f", bp="n"))
chrome("a counter back", "times do not rise", lambda d: last(d, "C").update(ts=1.0))
chrome("a counter of words", "no value", change("C", args={"ns": "many"}))


def perfetto(what, words, break_it):
    document = t.messages().Trace.FromString(binary)
    result = break_it(document)
    data = result if isinstance(result, bytes) else document.SerializeToString()
    refused(what, t.load_perfetto, data, words)


def find(document, kind, nth=0):
    found = [p for p in document.packet if p.HasField("track_event") and p.track_event.type == kind]
    return found[nth]


def drop(choose):
    def break_it(document):
        packets = list(document.packet)
        packets.remove(choose(document))
        del document.packet[:]
        document.packet.extend(packets)

    return break_it


BEGIN, END, COUNTER = 1, 2, 4
described = lambda kind: lambda d: next(
    p for p in d.packet if p.HasField("track_descriptor") and p.track_descriptor.HasField(kind))
perfetto("cut off", "no protobuf", lambda d: binary[:-1])
perfetto("another field", "an unknown field in Trace", lambda d: binary + b"\xa0\x06\x01")
perfetto("no state", "does not begin with a clear state", drop(lambda d: d.packet[0]))
SEQUENCE = "trusted_packet_sequence_id"
perfetto("no sequence", "without a sequence", lambda d: d.packet[3].ClearField(SEQUENCE))
perfetto("another sequence", "clear state", lambda d: setattr(d.packet[3], SEQUENCE, 77))
perfetto("no process", "not the process's", drop(described("process")))
perfetto("no thread", "is no thread's", drop(described("thread")))
perfetto("no counter", "is no counter's", drop(described("counter")))
perfetto("a track twice", "described twice", lambda d: d.packet.append(described("thread")(d)))
perfetto("no time", "without a time", lambda d: find(d, BEGIN).ClearField("timestamp"))
perfetto("needs no state", "needs what came before",
         lambda d: setattr(find(d, BEGIN), "sequence_flags", 0))
perfetto("back", "times do not rise", lambda d: setattr(find(d, END, -1), "timestamp", 1))
perfetto("no end", "never ends", drop(lambda d: find(d, END, -1)))
perfetto("no beginning", "without a beginning", drop(lambda d: find(d, BEGIN, -1)))
perfetto("an unknown name", "nothing has the id 999", lambda d: setattr(
    next(p for p in d.packet if p.track_event.HasField("name_iid")).track_event, "name_iid", 999))
perfetto("an unknown argument", "nothing has the id 998",
         lambda d: setattr(find(d, BEGIN).track_event.debug_annotations[0], "name_iid", 998))
perfetto("an id twice", "comes twice", lambda d: d.packet[0].interned_data.event_names.append(
    d.packet[0].interned_data.event_names[0]))
perfetto("no category", "not one category",
         lambda d: find(d, BEGIN).track_event.ClearField("category_iids"))
events = lambda d: [p.track_event for p in d.packet if p.HasField("track_event")]
perfetto("a flow lost", "arrives nowhere",
         lambda d: [e.ClearField("terminating_flow_ids") for e in events(d)] and None)
perfetto("a flow from nowhere", "departs nowhere",
         lambda d: [e.ClearField("flow_ids") for e in events(d)] and None)
perfetto("no value", "without a value",
         lambda d: find(d, COUNTER).track_event.ClearField("counter_value"))
perfetto("a counter back", "times do not rise",
         lambda d: setattr(find(d, COUNTER, -1), "timestamp", 1))
perfetto("no facts", "the facts are", lambda d: next(
    p for p in d.packet if p.track_event.type == 3).track_event.ClearField("debug_annotations"))
sys.exit(1 if failures else 0)
END

# In a file, in one line, with the exit status.
head -c 1000 chrome.json >cut.json
code=0
"$python" "$support/trace_check.py" chrome cut.json >stdout 2>stderr || code=$?
[ "$code" = 1 ] || fail "exit code $code for half a trace"
grep -q '^trace_check: cut.json: no JSON: ' stderr || fail "it does not say what is wrong"
"$program" small trace small.json
! "$python" "$support/trace_check.py" same small.json perfetto.pb >stdout 2>stderr ||
  fail "two traces are not the same"
grep -q 'differ: ' stderr || fail "it does not say what differs"

echo "trace_check_test: all is well"
