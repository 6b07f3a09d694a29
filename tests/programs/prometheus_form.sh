#!/usr/bin/env bash
# prometheus_form.sh WRITTEN_REPORTS: a report's totals, read by the OpenMetrics parser of
# Prometheus's client for Python. Exit code 77 where there is none.
#
# By hand: tests/programs/prometheus_form.sh build/test-gcc/tests/programs/written_reports
set -euo pipefail

# shellcheck source=../support/python.sh
source "$(dirname "$0")/../support/python.sh" prometheus_client.openmetrics.parser
check=$(realpath "$(dirname "$0")/../support/metrics_check.py")
# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# has SCENE SAMPLE...: all is as it must be, and these samples, 'NAME{LABEL,...} VALUE' with the
# labels beside the job's, are there.
has() {
  local scene=$1
  shift
  "$program" "$scene" prometheus metrics.txt >stdout 2>stderr || fail "no metrics of $scene"
  "$python" "$check" metrics.txt "$@" >stdout 2>stderr || fail "the metrics of $scene"
}

has small 'synched_rounds_total{} 3' 'synched_workers{} 2' 'synched_running{} 0' \
  'synched_compute_seconds_total{} 0.002436' 'synched_worker_calls_total{worker=1} 9' \
  'synched_share_seconds_total{share=waiting for the slowest} 0.003' \
  'synched_efficiency_ratio{kind=all} 0.5' 'synched_round_seconds_count{} 3' \
  'synched_worker_round_seconds_count{worker=0} 3' 'synched_elapsed_seconds{} 0.003'
has none 'synched_rounds_total{} 0' 'synched_round_seconds_count{} 0'
has one 'synched_solo_rounds_total{} 5'
has wide 'synched_worker_calls_total{worker=99} 60'
has ticks 'synched_ticks_total{} 10' 'synched_period_seconds{} 0.001' \
  'synched_tick_lateness_seconds_count{} 10'
has off 'synched_rounds_total{} 0'
! grep -q 'synched_calls\|synched_efficiency' metrics.txt || fail "what is not recorded is told"
has running 'synched_running{} 1'
has failed 'synched_failed{} 1'
has odd
has run 'synched_rounds_total{} 200' 'synched_calls_total{} 2400'

has names
bad=$'\xef\xbf\xbd'
name="=a \\\"b\\\",\\\\ <b>&\\n$bad$bad$bad$bad $bad"$'\xc3\xa4'
grep -qF "synched_rounds_total{job=\"$name" metrics.txt ||
  fail "the name is not escaped"
grep -qF ",stage=\"1\",name=\"$name" metrics.txt || fail "a stage's name is not escaped"

# The checker itself.
"$program" small prometheus good.txt
# refused_text WORDS SED-SCRIPT
refused_text() {
  sed "$2" good.txt >bad.txt
  ! "$python" "$check" bad.txt >stdout 2>stderr || fail "it does not find: $1"
  grep -q "$1" stderr || fail "it does not say: $1"
}
refused_text 'no OpenMetrics: ' '/^# EOF/d'
refused_text 'no OpenMetrics: ' 's/_total{/{/'
refused_text 'has no type, or no samples' '/synched_rounds_total/d'
refused_text 'comes twice' '/synched_rounds_total/p'
refused_text 'no OpenMetrics: ' 's/job="heat"/job="heat/'
refused_text 'no OpenMetrics: ' 's/} 2$/} two/'
refused_text 'no help of rounds' '/^# HELP synched_rounds /d'
refused_text 'no unit of compute' '/^# UNIT synched_compute_seconds/d'
refused_text 'without a job' 's/synched_rounds_total{job="heat"}/synched_rounds_total/'
refused_text 'do not add up' 's/\(synched_share_ratio.*compute"} \).*/\10.9/'

echo "prometheus_form: all is well"
