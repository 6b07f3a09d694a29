"""metrics_check.py FILE [SAMPLE...]: reads OpenMetrics text with Prometheus's own parser, and looks
for samples "NAME{LABEL=VALUE,...} VALUE", whose labels are those beside the job's. The exit status
is 1, with one line, where something is wrong."""
import collections
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families


def fail(sentence):
    print(f"metrics_check: {sentence}", file=sys.stderr)
    sys.exit(1)


def look_at(family):
    if not family.samples or family.type == "unknown":
        fail(f"{family.name} has no type, or no samples")
    if not family.documentation:
        fail(f"no help of {family.name.removeprefix('synched_')}")
    if family.name.endswith(("_seconds", "_ratio")) and not family.unit:
        fail(f"no unit of {family.name.removeprefix('synched_')}")
    for sample in family.samples:
        if "job" not in sample.labels:
            fail(f"{sample.name} without a job")


def key_of(sample):
    labels = [f"{name}={value}" for name, value in sorted(sample.labels.items()) if name != "job"]
    return f"{sample.name}{{{','.join(labels)}}}"


def main(path, wanted):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    try:
        families = list(text_string_to_metric_families(text))
    except Exception as error:  # it raises whatever its own code does
        fail(f"no OpenMetrics: {type(error).__name__}: {error}")
    # The parser keeps one of those that are alike.
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    for key, count in collections.Counter(line.rsplit(" ", 1)[0] for line in lines).items():
        if count > 1:
            fail(f"{key} comes twice")
    for family in families:
        look_at(family)
    samples = {key_of(sample): sample.value for family in families for sample in family.samples}
    for text in wanted:
        key, value = text.rsplit(" ", 1)
        if key not in samples or abs(samples[key] - float(value)) > 1e-9:
            fail(f"{key} is {samples.get(key)}, not {value}")
    shares = [value for key, value in samples.items() if key.startswith("synched_share_ratio")]
    if any(shares) and abs(sum(shares) - 1.0) > 1e-5:
        fail(f"the shares do not add up: {sum(shares)}")


main(sys.argv[1], sys.argv[2:])
