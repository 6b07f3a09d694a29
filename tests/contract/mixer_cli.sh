#!/usr/bin/env bash
# mixer_cli.sh MIXER: runs the finished program `mixer` as its users do, and checks what comes out.
set -euo pipefail

# shellcheck source=cli.sh
source "$(dirname "$0")/cli.sh" "$1"

# refused CODE TEXT ARGUMENT...: exit code, one line on stderr that begins so, and nothing written: what had the
# output's name is still there, and beside it is nothing new.
refused() {
  local code=$1 text=$2
  shift 2
  echo old >never.wav
  run "$code" --fast -o never.wav "$@"
  one_line "$text" "$@"
  [ "$(cat never.wav)" = old ] || fail "the output was written: mixer $*"
  rm never.wav
  run "$code" --fast -o never.wav "$@"
  [ -z "$(find . -name 'never*')" ] || fail "something was left behind: mixer $*"
}

# same_mix ARGUMENT...: rounds by any number of workers must write what the plain loop writes.
same_mix() {
  local workers
  well --serial "$@" -o wanted.wav
  for workers in 1 2 5; do
    well --fast -w $workers "$@" -o out.wav
    cmp wanted.wav out.wav >&2 || fail "not what the plain loop writes: mixer -w $workers $*"
  done
}

# wave RATE CHANNELS FRAMES EXPRESSION: 16-bit samples, from -1 to 1, of frame $f in channel $c; $z is noise.
# They are written without libsndfile, so that what it reads can be trusted.
wave() {
  perl -e 'my ($rate, $channels, $frames, $text) = @ARGV;
    my $value = eval "sub { my (\$f, \$c, \$z) = \@_; $text }";
    my ($noise, $data) = (12345, "");
    for my $f (0 .. $frames - 1) { for my $c (0 .. $channels - 1) {
      $noise = ($noise * 1103515245 + 12345) % 2147483648;
      $data .= pack("s<", 32767.9 * $value->($f, $c, $noise / 1073741824 - 1));
    } }
    print pack("a4Va4a4VvvVVvva4V", "RIFF", 36 + length $data, "WAVE", "fmt ", 16, 1, $channels, $rate,
      $rate * $channels * 2, $channels * 2, 16, "data", length $data), $data;' "$@"
}

# described FILE: what it holds, as "FORMAT CHANNELS RATE BITS FRAMES"; format 3 is float.
described() {
  perl -e 'local $/; open my $in, "<:raw", $ARGV[0] or die; my $all = <$in>; my $at = 12; my @fmt;
    die "RIFF length" if unpack("V", substr $all, 4, 4) != length($all) - 8;
    while ($at < length $all) {
      my ($name, $bytes) = unpack "a4V", substr $all, $at, 8;
      @fmt = unpack "vvVVvv", substr $all, $at + 8, 16 if $name eq "fmt ";
      print "@fmt[0, 1, 2, 5] ", $bytes / $fmt[4], "\n" if $name eq "data";
      $at += 8 + $bytes + $bytes % 2;
    }' "$1"
}

# last_samples FILE COUNT
last_samples() {
  tail -c $(($2 * 4)) "$1" | od -An -v -w$(($2 * 4)) -t f4 | xargs
}

# expect WANTED FOUND WHAT
expect() {
  [ "$1" = "$2" ] || fail "$3: '$2', not '$1'"
}

wave 48000 1 24000 '$z * 0.9' >noise.wav
wave 48000 2 24000 'sin($f * (0.05 + $c / 10))' >sines.wav
wave 48000 1 10001 '($f % 100) / 50 - 1' >saw.wav
wave 48000 2 1 '0.5' >one.wav
wave 48000 1 0 '0' >empty.wav
wave 48000 1 1000 '0.5' >half.wav
wave 48000 2 2000 '$c ? -0.125 : 0.75' >sides.wav
for file in half sides; do # exact values are not a multiple of 1/32767.9
  perl -i -0777 -pe 'my $head = substr $_, 0, 44;
    my @s = map { int($_ / 4096 + ($_ < 0 ? -0.5 : 0.5)) * 4096 } unpack "s<*", substr $_, 44;
    $_ = $head . pack "s<*", @s' $file.wav
done

# --- the command line ---

well --help
grep -q '^usage: mixer ' stdout || fail "no usage"
run 2
one_line "usage: no input is named"
run 2 noise.wav
one_line "usage: -o OUT.wav is missing"
refused 2 "--gain: there is no input 3; they are 1 to 2" noise.wav saw.wav --gain 3=1
refused 2 "--lowpass: there is no input 0; they are 1 to 1" noise.wav --lowpass 0=100
refused 2 "--gain: 'nan' is not a finite number" noise.wav --gain 1=nan
refused 2 "--gain: 'inf' is not a finite number" noise.wav --gain 1=inf
refused 2 "--gain: '0.5' is not INPUT=GAIN" noise.wav --gain 0.5
refused 2 "--lowpass: 0 Hz is not above 0" noise.wav --lowpass 1=0
refused 2 "--frames: a round needs a frame" noise.wav --frames 0
refused 2 "--frames: 65537 is too large" noise.wav --frames 65537
refused 2 "--frames: '4k' is not a number" noise.wav --frames 4k
refused 2 "-w: 4097 is too large" noise.wav -w 4097
refused 2 "--slow: there is no such option" noise.wav --slow
refused 2 "-x: there is no such option" noise.wav -x
run 2 noise.wav -o
one_line "-o: a value is missing (see mixer --help)"

# --- inputs that are not what they should be ---

refused 1 "nowhere.wav: cannot be read: No such file" nowhere.wav
refused 1 "nowhere.wav: cannot be read: No such file" noise.wav nowhere.wav
refused 1 ".: cannot be read: Is a directory" .
mkfifo pipe.wav
refused 1 "pipe.wav: is not a regular file" pipe.wav
: >damaged.wav
refused 1 "damaged.wav: cannot be read as WAV: " damaged.wav
echo "no sound at all, but some words that are long enough to be looked at" >damaged.wav
refused 1 "damaged.wav: cannot be read as WAV: " damaged.wav
head -c 30 noise.wav >damaged.wav
refused 1 "damaged.wav: cannot be read as WAV: " damaged.wav
perl -0777 -pe 'substr($_, 20, 2) = "\xfe\xca"' noise.wav >damaged.wav
refused 1 "damaged.wav: cannot be read as WAV: " damaged.wav
perl -e 'print pack "a4N5a*", ".snd", 24, 8, 3, 48000, 1, "abcdefgh"' >damaged.wav
refused 1 "damaged.wav: is not a WAV file" damaged.wav
head -c 44 noise.wav >damaged.wav
refused 1 "damaged.wav: is cut off: 48000 bytes of samples are announced, and 0 are there" damaged.wav
head -c 48043 noise.wav >damaged.wav
refused 1 "damaged.wav: is cut off: 48000 bytes of samples are announced, and 47999 are there" damaged.wav
perl -e 'print pack "a4Va4a4VvvVVvva4Va*", "RIFF", 52, "WAVE", "fmt ", 16, 3, 1, 48000, 192000, 4, 32, "data", 16,
  pack "f<4", 0.5, 0.5, "nan", 0.5' >damaged.wav
refused 1 "damaged.wav: frame 2 is not a finite number" damaged.wav
refused 1 "damaged.wav: frame 2 is not a finite number" damaged.wav --serial
# The same after many rounds, when some of the mix has been written.
perl -e 'print pack "a4Va4a4VvvVVvva4V", "RIFF", 96036, "WAVE", "fmt ", 16, 3, 1, 48000, 192000, 4, 32, "data", 96000;
  print pack "f<*", (0.5) x 23999, "inf"' >late.wav
refused 1 "late.wav: frame 23999 is not a finite number" noise.wav late.wav --frames 100
perl -e 'print pack "a4Va4a4VvvVVvva4V", "RIFF", 44, "WAVE", "fmt ", 16, 3, 1, 48000, 192000, 4, 32, "data", 8;
  print pack "f<*", 1, 3e38' >loud.wav
refused 1 "never.wav: the mix is too loud for a float in frame 1" loud.wav loud.wav
refused 1 "never.wav: the mix is too loud for a float in frame 1" loud.wav --gain 1=2 --serial
for channels in 3 6; do
  wave 48000 $channels 10 '$z' >many.wav
  refused 1 "many.wav: has $channels channels; mono and stereo" noise.wav many.wav
done
wave 44100 1 10 '$z' >other.wav
refused 1 "other.wav: has 44100 frames per second, and input 1 has 48000" noise.wav other.wav
refused 1 "noise.wav: --lowpass 24000 Hz is not below half" noise.wav --lowpass 1=24000
refused 1 "other.wav: --lowpass 22050 Hz is not below half" other.wav --lowpass 1=22050
well --fast other.wav --lowpass 1=22049.9 -o out.wav

# --- outputs that cannot be ---

unwritable() {
  local text=$1
  shift
  run 1 --fast noise.wav "$@"
  one_line "$text" "$@"
}
unwritable "nowhere/out.wav: cannot be written: No such file" -o nowhere/out.wav
unwritable ".: cannot be written: Is a directory" -o .
unwritable "/dev/full: cannot be written: " -o /dev/full
unwritable "pipe.wav: cannot be written: " -o pipe.wav
cp noise.wav kept.wav
ln -s noise.wav link.wav
unwritable "noise.wav: is input 1, and cannot be the output too" -o noise.wav
unwritable "./link.wav: is input 1, and cannot be the output too" -o ./link.wav
unwritable "saw.wav: is input 2, and cannot be the output too" -o saw.wav saw.wav
cmp noise.wav kept.wav || fail "an input was overwritten"
for way in --fast --serial; do
  code=0 # a full disk, more or less
  (trap '' XFSZ && ulimit -f 16 && exec "$program" $way noise.wav -o never.wav) >stdout 2>stderr || code=$?
  expect 1 $code "exit code with a full disk"
  one_line "never.wav: cannot be written: "
done
code=0
"$program" --fast noise.wav -o out.wav >/dev/full 2>stderr || code=$?
expect 1 $code "exit code with a full standard output"
[ -z "$(find . -name 'never*' -o -name '*.wav.*')" ] || fail "half an output is left"

# --- periods that cannot be kept: 200 us are at least 9.6 frames at 48000 Hz ---

run 1 noise.wav --frames 9 -o never.wav
one_line "--frames: 9 at 48000 Hz are a period of 187500 ns; at least 200000 ns, or --fast"
well one.wav --frames 10 -o out.wav
well --fast noise.wav --frames 9 -o out.wav

# --- what comes out ---

well --fast half.wav sides.wav --gain 1=2 -o out.wav
expect "3 2 48000 32 2000" "$(described out.wav)" "the format"
expect "0.75 -0.125" "$(last_samples out.wav 2)" "the end, where only one input is left"
expect "1.75 0.875 0.75 -0.125" "$(head -c -$((999 * 8)) out.wav >cut && last_samples cut 4)" "frames 999 and 1000"
well --fast half.wav half.wav --gain 1=-1 -o out.wav
expect "3 1 48000 32 1000" "$(described out.wav)" "the format of mono inputs"
expect "0" "$(tail -c 4000 out.wav | tr -d '\0' | wc -c)" "the same twice, once upside down"
well --fast half.wav --gain 1=12 -o out.wav
expect "6" "$(last_samples out.wav 1)" "what is louder than full scale"
well --fast half.wav --lowpass 1=1000 -o out.wav
expect "0.5" "$(last_samples out.wav 1)" "a constant through a low-pass filter"
wave 48000 1 5000 '$f % 2 ? -0.9 : 0.9' >fastest.wav
well --fast fastest.wav --lowpass 1=100 --gain 1=100000 -o out.wav
expect "0" "$(last_samples out.wav 1 | perl -ne 'print abs > 0.01 ? 1 : 0')" "the highest tone there is"
well --fast empty.wav -o out.wav
expect "3 1 48000 32 0" "$(described out.wav)" "an empty input"
well --fast empty.wav one.wav -o out.wav
expect "3 2 48000 32 1" "$(described out.wav)" "an empty input beside another"
perl -0777 -pe 'substr($_, 40, 4) = substr($_, 4, 4) = "\xff" x 4' noise.wav >piped.wav
well --fast noise.wav -o wanted.wav
well --fast piped.wav -o out.wav
cmp wanted.wav out.wav || fail "a file of unknown length is not read to its end"
perl -0777 -pe 'substr($_, 36, 0) = pack "a4Va6", "LIST", 5, "hello"' noise.wav >tagged.wav
well --fast tagged.wav -o out.wav
cmp wanted.wav out.wav || fail "a chunk before the samples is heard"
well --fast noise.wav -o /dev/null
chmod 640 out.wav
well --fast noise.wav -o out.wav
expect 640 "$(stat -c %a out.wav)" "the permissions of a file that was there"

# --- the same bits, whoever computes them ---

all=(noise.wav sines.wav saw.wav one.wav empty.wav noise.wav
  --lowpass 1=500 --gain 1=0.3 --lowpass 2=12345.6 --lowpass 3=20 --gain 3=-3 --gain 6=1e-3)
for frames in 37 480 5000 65536; do
  same_mix "${all[@]}" --frames $frames
done
same_mix noise.wav --frames 999
# The order of the inputs is kept: what has been added to so much is gone when that is taken away again.
perl -e 'print pack "a4Va4a4VvvVVvva4Vf<*", "RIFF", 4036, "WAVE", "fmt ", 16, 3, 1, 48000, 192000, 4, 32, "data", 4000,
  (1e20) x 1000' >huge.wav
same_mix half.wav huge.wav huge.wav --gain 3=-1
expect "0" "$(last_samples out.wav 1)" "half, huge, and huge upside down"
same_mix huge.wav huge.wav half.wav --gain 2=-1
expect "0.5" "$(last_samples out.wav 1)" "huge, huge upside down, and half"
same_mix "${all[@]:0:2}" --frames 24000
sounds=/usr/share/sounds/sound-icons
if [ -d $sounds ]; then # files that others have made; of package sound-icons
  same_mix $sounds/piano-3.wav $sounds/trumpet-12.wav $sounds/xylofon.wav $sounds/canary-long.wav --lowpass 2=900
  grep -q ' 16000 Hz, mono' stdout || fail "another rate than the sounds'"
fi

# --- on time ---

well --serial "${all[@]}" -o wanted.wav
well -w 2 "${all[@]}" -o out.wav
cmp wanted.wav out.wav || fail "on time, other bits"
grep -q '^50 rounds of 480 frames and 10.000 ms by 2 workers' stdout || fail "not 50 rounds"
# Every round has been started by a tick of its own, however late the machine was.
grep -Eq '^ticks: [1-9][0-9]*, started 50, skipped [0-9]+, overrun [0-9]+$' stdout || fail "not on time"
grep -Eq '^lateness: p50 [0-9.]+ ms, p99 [0-9.]+ ms, max [0-9.]+ ms$' stdout || fail "no lateness"
grep -Eq '^deadlines missed: [0-9]+$' stdout || fail "no deadlines"

# --- an early end ---

perl -e 'print pack "a4Va4a4VvvVVvva4V", "RIFF", 50000036, "WAVE", "fmt ", 16, 1, 1, 8000, 8000, 1, 8, "data",
  50000000' >long.wav
truncate -s 50000044 long.wav # over an hour, of 8-bit samples that are all 0
for way in "--fast --frames 1" --serial; do
  "$program" $way $(yes long.wav | head -n 20) -o never.wav >stdout 2>stderr &
  for ((i = 0; i < 200; i++)); do # until some of it has been written
    [ -z "$(find . -name 'never.wav.*' -size +4k)" ] || break
    sleep 0.05
  done
  kill -INT $!
  code=0
  wait $! || code=$?
  expect 130 $code "exit code after an interrupt"
  one_line "interrupted; nothing is written"
  [ -z "$(find . -name 'never*')" ] || fail "an interrupted mix is left"
done

[ -z "$(find . -name '*.wav.*')" ] || fail "a temporary file is left"
echo "mixer: all is well"
