#!/usr/bin/env bash
# mixer_cli.sh MIXER: runs the finished program `mixer` as its users do, and checks what comes out.
#
# By hand: tests/programs/mixer_cli.sh build/test-gcc/examples/mixer/mixer
set -euo pipefail

# shellcheck source=../support/cli.sh
source "$(dirname "$0")/../support/cli.sh" "$1"

# refused CODE TEXT ARGUMENT...: exit code, one line on stderr that begins so, and nothing written:
# what had the output's name is still there, and beside it is nothing new.
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

# wave RATE CHANNELS FRAMES EXPRESSION: 16-bit samples, from -1 to 1, of frame $f in channel $c; $z
# is noise. They are written without libsndfile, so that what it reads can be trusted.
wave() {
  perl -e 'my ($rate, $channels, $frames, $text) = @ARGV;
    my $value = eval "sub { my (\$f, \$c, \$z) = \@_; $text }";
    my ($noise, $data) = (12345, "");
    for my $f (0 .. $frames - 1) { for my $c (0 .. $channels - 1) {
      $noise = ($noise * 1103515245 + 12345) % 2147483648;
      $data .= pack("s<", 32767.9 * $value->($f, $c, $noise / 1073741824 - 1));
    } }
    print pack("a4Va4a4VvvVVvva4V", "RIFF", 36 + length $data, "WAVE", "fmt ", 16, 1, $channels,
      $rate, $rate * $channels * 2, $channels * 2, 16, "data", length $data), $data;' "$@"
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
refused 1 "damaged.wav: is not a WAV file: it is empty" damaged.wav
echo "no sound at all, but some words that are long enough to be looked at" >damaged.wav
refused 1 "damaged.wav: is not a WAV file" damaged.wav
head -c 12 noise.wav >damaged.wav
refused 1 "damaged.wav: has no samples (no chunk 'data')" damaged.wav
head -c 30 noise.wav >damaged.wav
refused 1 "damaged.wav: is cut off within its header" damaged.wav
head -c 36 noise.wav >damaged.wav
refused 1 "damaged.wav: has no samples (no chunk 'data')" damaged.wav
head -c 40 noise.wav >damaged.wav
refused 1 "damaged.wav: is damaged: at byte 36 no chunk begins" damaged.wav
perl -0777 -pe 'substr($_, 20, 2) = "\xfe\xca"' noise.wav >damaged.wav
refused 1 "damaged.wav: cannot be read as WAV: " damaged.wav
perl -e 'print pack "a4N5a*", ".snd", 24, 8, 3, 48000, 1, "abcdefgh"' >damaged.wav
refused 1 "damaged.wav: is not a WAV file" damaged.wav
head -c 44 noise.wav >damaged.wav
refused 1 "damaged.wav: is cut off: 48000 bytes of samples are announced, and 0 are there" \
  damaged.wav
head -c 48043 noise.wav >damaged.wav
refused 1 "damaged.wav: is cut off: 48000 bytes of samples are announced, and 47999 are there" \
  damaged.wav
perl -e 'print pack "a4Va4a4VvvVVvva4Va*", "RIFF", 52, "WAVE", "fmt ", 16, 3, 1, 48000, 192000, 4,
  32, "data", 16, pack "f<4", 0.5, 0.5, "nan", 0.5' >damaged.wav
refused 1 "damaged.wav: frame 2 is not a finite number" damaged.wav
refused 1 "damaged.wav: frame 2 is not a finite number" damaged.wav --serial
# The same after many rounds, when some of the mix has been written.
perl -e 'print pack "a4Va4a4VvvVVvva4V", "RIFF", 96036, "WAVE", "fmt ", 16, 3, 1, 48000, 192000, 4,
  32, "data", 96000;
  print pack "f<*", (0.5) x 23999, "inf"' >late.wav
refused 1 "late.wav: frame 23999 is not a finite number" noise.wav late.wav --frames 100
perl -e 'print pack "a4Va4a4VvvVVvva4V", "RIFF", 44, "WAVE", "fmt ", 16, 3, 1, 48000, 192000, 4, 32,
  "data", 8;
  print pack "f<*", 1, 3e38' >loud.wav
refused 1 "never.wav: the mix is too loud for a float in frame 1" loud.wav loud.wav
refused 1 "never.wav: the mix is too loud for a float in frame 1" loud.wav --gain 1=2 --serial

# riff CHUNK...: a file of these chunks, each as "NAME TEXT" (the text as printf has it), or
# "NAME:LENGTH TEXT" where its head tells another length, or "=TEXT" for what is no chunk. The whole
# is RIFF, or what $kind says.
kind=RIFF
riff() {
  perl -e 'my ($kind, @chunks) = @ARGV;
    my ($n, $all) = ($kind eq "RIFX" ? "N" : "V", "");
    for (@chunks) {
      my ($name, $length, $text) = /^(=|.{4})(?::(\d+))? ?(.*)$/s or die;
      $text =~ s/\\x(..)/chr hex $1/ge;
      $text =~ s/\{(\w)(.*?)\}/pack "$1*", split " ", $2/ge;
      my $padding = defined $length ? "" : "\0" x (length($text) % 2);
      $all .= $name . pack($n, $length // length $text) unless $name eq "=";
      $all .= $text . ($name eq "=" ? "" : $padding);
    }
    print $kind, pack($n, 4 + length $all), "WAVE", $all;' "$kind" "$@"
}
mono="fmt  {v1 1}{V8000 16000}{v2 16}"
ds64="ds64 {Q1000 8 4}{V0}"

# bad TEXT CHUNK...: a file of these chunks is refused so.
bad() {
  local text=$1
  shift
  riff "$@" >damaged.wav
  refused 1 "damaged.wav: $text" damaged.wav
}
bad "has several chunks of samples ('data')" "$mono" "data abcd" "data abcd"
bad "has several chunks of samples ('data')" "$mono" "data:0" "data abcd"
bad "has several chunks of samples ('data')" "$mono" "data abcd" "LIST abc" "data:70000 ab"
bad "has two formats (chunks 'fmt ')" "$mono" "$mono" "data abcd"
bad "has samples without a format ('fmt ') before them" "data abcd" "$mono"
bad "has no samples (no chunk 'data')" "$mono"
bad "has no samples (no chunk 'data')" "$mono" "LIST wavldata"
bad "has a format of 14 bytes; it takes 16" "fmt  {v1 1}{V8000 16000}{v2}" "data abcd"
bad "has a format of 40000 bytes; it takes 16" "fmt :40000 {v1 1}{V8000 16000}{v2 16}" "data abcd"
bad "has a format of 16 bytes; it takes 40" "fmt  {v65534 1}{V8000 16000}{v2 16}" "data abcd"
bad "has a sample rate of 0 Hz" "fmt  {v1 1}{V0 0}{v2 16}" "data abcd"
bad "has a sample rate of 4294967295 Hz" "fmt  {v1 1}{V4294967295 0}{v2 16}" "data abcd"
bad "has 0 channels; mono and stereo" "fmt  {v1 0}{V8000 16000}{v2 16}" "data abcd"
bad "has samples of 0 bits" "fmt  {v1 1}{V8000 16000}{v2 0}" "data abcd"
bad "has floating-point samples of 16 bits" "fmt  {v3 1}{V8000 16000}{v2 16}" "data abcd"
bad "contradicts itself: 1 channels of 16 bits, and 3 bytes to a frame" \
  "fmt  {v1 1}{V8000 16000}{v3 16}" "data abcd"
bad "is cut off within the chunk 'LIST', before its samples" "$mono" "LIST:1000 abcd"
bad "is damaged: at byte 36 no chunk begins" "$mono" "=\x00\x00\x00\x00"
bad "is cut off: 5 bytes of samples are announced, and 4 are there" "$mono" "data:5 abcd"
kind=RF64
bad "is an RF64 file without the chunk 'ds64'" "$mono" "data:4294967295 abcd"
bad "has a chunk 'ds64' that is too short" "ds64 {Q1000 8}" "$mono" "data:4294967295 abcd"
bad "is cut off: 8 bytes of samples are announced, and 4 are there" "$ds64" "$mono" \
  "data:4294967295 abcd"
bad "is cut off: 8 bytes of samples are announced, and 4 are there" "$ds64" "$mono" "data:0 abcd"
bad "has several chunks of samples ('data')" "$ds64" "$mono" "data:4294967295 abcdabcd" "data abcd"
kind=BW64
bad "is a BW64 file (ITU-R BS.2088), which is not supported; WAV and RF64 are" "$ds64" "$mono" \
  "data abcdabcd"
kind=RIFF

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
  (trap '' XFSZ && ulimit -f 16 && exec "$program" $way noise.wav -o never.wav) >stdout 2>stderr ||
    code=$?
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
expect "1.75 0.875 0.75 -0.125" "$(head -c -$((999 * 8)) out.wav >cut && last_samples cut 4)" \
  "frames 999 and 1000"
well --fast half.wav half.wav --gain 1=-1 -o out.wav
expect "3 1 48000 32 1000" "$(described out.wav)" "the format of mono inputs"
expect "0" "$(tail -c 4000 out.wav | tr -d '\0' | wc -c)" "the same twice, once upside down"
well --fast half.wav --gain 1=12 -o out.wav
expect "6" "$(last_samples out.wav 1)" "what is louder than full scale"
well --fast half.wav --lowpass 1=1000 -o out.wav
expect "0.5" "$(last_samples out.wav 1)" "a constant through a low-pass filter"
wave 48000 1 5000 '$f % 2 ? -0.9 : 0.9' >fastest.wav
well --fast fastest.wav --lowpass 1=100 --gain 1=100000 -o out.wav
expect "0" "$(last_samples out.wav 1 | perl -ne 'print abs > 0.01 ? 1 : 0')" \
  "the highest tone there is"
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

# --- what is damaged, and read as far as it goes ---

riff "$mono" "data {v16384 8192 4096}" >good.wav
well --fast good.wav -o wanted.wav
expect "0.5 0.25 0.125" "$(last_samples wanted.wav 3)" "three samples"

# as_good NOTE CHUNK...: a file of these chunks has the same three samples, and this note is on
# stderr, if any.
as_good() {
  local note=$1
  shift
  riff "$@" >damaged.wav
  run 0 --fast damaged.wav -o out.wav
  [ "$(cat stderr)" = "${note:+mixer: damaged.wav: note: $note}" ] ||
    fail "not what is to be noted: $*"
  cmp wanted.wav out.wav >&2 || fail "not the same samples: $*"
}
samples="{v16384 8192 4096}"
to_its_end="it is read to its end, as a recording"
interrupted="announces no samples, and 6 bytes follow; $to_its_end that was interrupted"
as_good "$interrupted" "$mono" "data:0 $samples"
as_good "announces 2147479552 bytes of samples, and 6 are there; $to_its_end of unknown length" \
  "$mono" "data:2147479552 $samples"
as_good "" "$mono" "data:4294967295 $samples"
as_good "ends with 1 bytes of a frame that takes 2; they are left out" "$mono" "data ${samples}x"
as_good "has 3 bytes behind its samples that are no part of it; they are left out" "$mono" \
  "data $samples" "=\x00\x01\x02"
as_good "has 56 bytes behind its samples that are no part of it; they are left out" "$mono" \
  "data $samples" "RIFF WAVEfmt ....................................data"
as_good "" "$mono" "data $samples" "LIST:1000 cut off behind the samples"
as_good "" "$mono" "LIST abc" "data $samples" "id3  abc"
as_good "" "$mono" "LIST:3 abc" "data $samples" # an odd length without padding
as_good "" "fmt  {v1 1}{V8000 16000}{v0 16}" "data $samples" # no size of frames
rest_of_guid="\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
as_good "" "fmt  {v65534 1}{V8000 16000}{v2 16 22 16}{V4}{v1}$rest_of_guid" "data $samples"
as_good "" "fmt  {v3 1}{V8000 32000}{v4 32}" "fact {V3}" "data {f0.5 0.25 0.125}"
as_good "" "fmt  {v1 1}{V8000 24000}{v3 24}" "data \x00\x00\x40\x00\x00\x20\x00\x00\x10"
for bytes in 0 4294967295; do # of the whole, as recorders and pipes leave it
  perl -0777 -pe "substr(\$_, 4, 4) = pack 'V', $bytes" good.wav >damaged.wav
  well --fast damaged.wav -o out.wav
  cmp wanted.wav out.wav || fail "a length of $bytes for the whole makes a difference"
done
kind=RIFX
as_good "" "fmt  {n1 1}{N8000 16000}{n2 16}" "LIST abc" "data {n16384 8192 4096}"
as_good "$interrupted" "fmt  {n1 1}{N8000 16000}{n2 16}" "data:0 {n16384 8192 4096}"
kind=RF64
as_good "" "ds64 {Q1000 6 3}{V0}" "$mono" "data:4294967295 $samples"
as_good "" "ds64 {Q1000 6 3}{V0}" "$mono" "data:4294967295 $samples" "LIST abcd"
as_good "" "ds64 {Q1000 0 3}{V0}" "$mono" "data:6 $samples" "LIST abcd"
as_good "$interrupted" "ds64 {Q0 0 0}{V0}" "$mono" "data:0 $samples"
as_good "$interrupted" "ds64 {Q0 0 0}{V0}" "$mono" "data:4294967295 $samples"
endless=18446744073709551615
as_good "announces $endless bytes of samples, and 6 are there; $to_its_end of unknown length" \
  "ds64 {Q0 $endless 0}{V0}" "$mono" "data:4294967295 $samples"
kind=RIFF
riff "$mono" "data:0" "LIST abcd" >damaged.wav
well --fast damaged.wav -o out.wav
expect "3 1 8000 32 0" "$(described out.wav)" "no samples, and a chunk behind them"
riff "fmt  {v1 1}{V8000 8000}{v1 8}" "data \xc0\xa0\x90" "LIST abcd" >damaged.wav
well --fast damaged.wav -o out.wav
cmp wanted.wav out.wav || fail "what pads an odd number of bytes is heard"
riff "fmt  {v17 1}{V8000 4000}{v36 4}{v2 65}" "data $(printf 'ab\\x00\\x00%.0s' {1..9})xyz" \
  >damaged.wav
run 0 --fast damaged.wav -o out.wav
one_line "damaged.wav: note: ends with 3 bytes of a block that takes 36; they are left out"
expect "3 1 8000 32 65" "$(described out.wav)" "one block of ADPCM"
cp good.wav "$(printf 'red\xc2\x9b31m')"
well --fast "$(printf 'red\xc2\x9b31m')" -o "$(printf 'blue\x9b')"
says stdout 'blue\?: 1 inputs, .*'
run 1 --fast "$(printf 'no\xc2\x9b')" -o out.wav
one_line "no??: cannot be read"

# --- standard output as a file ---

for way in --fast --serial; do
  "$program" $way good.wav -o - 2>stderr | cat >out.wav
  cmp wanted.wav out.wav || fail "not the same mix on standard output"
  says stderr '<stdout>: 1 inputs, 8000 Hz, mono, 3 frames, .*'
done
[ ! -e ./- ] || fail "a file named -"
code=0
"$program" --fast noise.wav -o - >/dev/full 2>stderr || code=$?
expect 1 $code "exit code with a full standard output"
grep -qx 'mixer: <stdout>: cannot be written: No space left on device' stderr ||
  fail "not what is wrong"
code=0
cp good.wav kept.wav
"$program" --fast good.wav -o - >>good.wav 2>stderr || code=$?
expect 1 $code "exit code where standard output is the input"
one_line "<stdout>: is input 1, and cannot be the output too"
cmp good.wav kept.wav || fail "an input was written to"

# --- the same bits, whoever computes them ---

all=(noise.wav sines.wav saw.wav one.wav empty.wav noise.wav
  --lowpass 1=500 --gain 1=0.3 --lowpass 2=12345.6 --lowpass 3=20 --gain 3=-3 --gain 6=1e-3)
for frames in 37 480 5000 65536; do
  same_mix "${all[@]}" --frames $frames
done
same_mix noise.wav --frames 999
# The order of the inputs is kept: what has been added to so much is gone when that is taken away
# again.
perl -e 'print pack "a4Va4a4VvvVVvva4Vf<*", "RIFF", 4036, "WAVE", "fmt ", 16, 3, 1, 48000, 192000,
  4, 32, "data", 4000, (1e20) x 1000' >huge.wav
same_mix half.wav huge.wav huge.wav --gain 3=-1
expect "0" "$(last_samples out.wav 1)" "half, huge, and huge upside down"
same_mix huge.wav huge.wav half.wav --gain 2=-1
expect "0.5" "$(last_samples out.wav 1)" "huge, huge upside down, and half"
same_mix "${all[@]:0:2}" --frames 24000
sounds=/usr/share/sounds/sound-icons
if [ -d $sounds ]; then # files that others have made; of package sound-icons
  same_mix $sounds/piano-3.wav $sounds/trumpet-12.wav $sounds/xylofon.wav $sounds/canary-long.wav \
    --lowpass 2=900
  grep -q ' 16000 Hz, mono' stdout || fail "another rate than the sounds'"
fi

# --- a report that cannot be written ---

well --serial "${all[@]}" -o wanted.wav
run 1 --fast "${all[@]}" -o kept_mix.wav --report table:/dev/full
one_line "/dev/full: cannot be written: "
cmp wanted.wav kept_mix.wav || fail "the mix was thrown away with its report"

# --- on time ---

well -w 2 "${all[@]}" -o out.wav
cmp wanted.wav out.wav || fail "on time, other bits"
grep -q '^50 rounds of 480 frames and 10.000 ms by 2 workers' stdout || fail "not 50 rounds"
# Every round has been started by a tick of its own, however late the machine was.
grep -Eq '^ticks: [1-9][0-9]*, started 50, skipped [0-9]+, overrun [0-9]+$' stdout ||
  fail "not on time"
grep -Eq '^lateness: p50 [0-9.]+ ms, p99 [0-9.]+ ms, max [0-9.]+ ms$' stdout || fail "no lateness"
grep -Eq '^deadlines missed: [0-9]+$' stdout || fail "no deadlines"

# --- an early end ---

perl -e 'print pack "a4Va4a4VvvVVvva4V", "RIFF", 50000036, "WAVE", "fmt ", 16, 1, 1, 8000, 8000, 1,
  8, "data", 50000000' >long.wav
truncate -s 50000044 long.wav # over an hour, of 8-bit samples that are all 0
for way in "--fast --frames 1" --serial; do
  "$program" $way $(yes long.wav | head -n 20) -o never.wav >stdout 2>stderr &
  for ((i = 0; i < 6000; i++)); do # until some of it has been written
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
