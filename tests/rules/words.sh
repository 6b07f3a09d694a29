#!/usr/bin/env bash
# words.sh ROOT PLACE...: no source, script or README says a word that the glossary of
# framework/README.md has retired. A PLACE is a folder or a file below ROOT. words.txt has the
# words; the glossary's own list of them is left out.
#
# By hand: tests/rules/words.sh . framework
set -euo pipefail
export LC_ALL=C.UTF-8
. "$(dirname "$0")/places.sh" "$@"

mapfile -t files < <(find "${places[@]}" -type f ! -path '*/words.txt' ! -path '*/words_test.sh' \
  \( -name '*.[ch]' -o -name '*.[ch]pp' -o -name '*.py' -o -name '*.sh' -o -name '*.awk' \
  -o -name '*.gdb' -o -name '*.cmake' -o -name CMakeLists.txt -o -name README.md \
  -o ! -name '*.*' \) | sort -u)
[ ${#files[@]} -gt 0 ] || { echo "no files in ${places[*]}" >&2; exit 1; }

# One pass over the files for all of the words.
perl -e '
  open(my $words, "<", shift) or die "$!\n";
  my @rules;
  while (<$words>) {
    next if /^#/;
    chomp;
    my ($where, $pattern, $now) = split /\t/;
    # Not the < and > of (?<! and ->.
    $pattern =~ s/(?<!\?)<(?!=)/(?<![A-Za-z])/g;
    $pattern =~ s/(?<![-])>/(?![A-Za-z])/g;
    my $places = $where eq "all" ? "" : $where eq "library" ? "^(\\./)?(framework|include|tests)/"
                                                             : "^(\\./)?(framework|include)/";
    # What is no choice between several is searched for in a hundredth of the time.
    my @choices = map { qr/$_/m } split /\|(?![^(]*\))/, $pattern;
    push @rules, [qr/$places/, qr/$pattern/i, $now, \@choices];
  }
  my $found = 0;
  for my $file (@ARGV) {
    open(my $text, "<", $file) or die "$file: $!\n";
    my @lines = <$text>;
    my $small = lc join "", @lines;
    # Most files have none of them.
    my @here = grep { $file =~ $_->[0] && grep { $small =~ $_ } @{$_->[3]} } @rules;
    next unless @here;
    my ($retired, $number) = (0, 0);
    for my $line (@lines) {
      $number++;
      $retired = $line =~ /^## Retired words/ if $line =~ /^## /;
      next if $retired;
      for my $rule (@here) {
        next unless $line =~ $rule->[1];
        print STDERR "$file:$number: \"$&\" is retired; now: $rule->[2]\n";
        $found++;
      }
    }
  }
  printf "%d words, %d files\n", scalar @rules, scalar @ARGV;
  exit($found > 0);' "$rules/words.txt" "${files[@]}"
