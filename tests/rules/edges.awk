# Holds the tags of atomic edges. Each file is given as a path from the top of the project. Tags are
# looked for in all files; those in `folders`, between blanks, are complained about: prints
# "path:line: what is wrong" and exits with 1 if there was anything.
#
# A tag is one or more words in brackets: [job-ended]. What it hands over is said once, in a line of
# some file's head: " *   [job-ended]  what it hands over"; another head may say "see FILE." there.
# A tag is at an operation where an order stands behind it: "[job-ended] release", "[counted-out]
# release, acquire". It belongs to the operations on its line, or else to those of the statement
# that the comment stands above. A tag without an order is only mentioned. Comes after comments.awk.
#
# Each tag has both ends, a release and an acquire, or two that are sequentially consistent. Calls
# of the gate and the parker (platform/wait.h, park.h) may be an end, too, but need no tag.

BEGIN {
  tag_pattern = "\\[[a-z][a-z0-9]*(-[a-z0-9]+)*\\]"
  order_pattern = "^[ \t*]*(release|acquire|seq_cst)($|[^a-z_])"
  operation_pattern = "(^|[^A-Za-z0-9_])synched__((load|store|exchange|add|sub|or|and|cas)_" \
    "(acquire|release|acq_rel|seq_cst)|gate_(advance|wait|spin)|unpark|park|park_until)[ \t]*\\("
}

function wrong(place, text) {
  if (index(" " folders " ", " " folder_of(place) " ") == 0) return
  print place ": " text
  failures++
}

function folder_of(path) {
  sub(/\/[^\/]*$/, "", path)
  return path
}

# Whether an operation can be an end of this kind.
function fits(operation, order) {
  if (operation ~ /gate_advance|unpark/) return order == "release"
  if (operation ~ /gate_|park/) return order == "acquire"
  if (order == "seq_cst") return operation ~ /seq_cst/
  if (order == "release") return operation !~ /load|_acquire/
  return operation !~ /store|_release/
}

# The tags of a comment, with their orders, each as "tag order ".
function read_tags(text,    found, tag, list) {
  list = ""
  while (match(text, tag_pattern)) {
    tag = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    found = 0
    while (match(text, order_pattern)) {
      match(text, /release|acquire|seq_cst/)
      list = list tag " " substr(text, RSTART, RLENGTH) " "
      text = substr(text, RSTART + RLENGTH)
      found = 1
      if (!sub(/^,( and)?[ \t]*/, "", text) && !sub(/^ and[ \t]*/, "", text)) break
    }
    # One word alone may be an index: cells[worker].
    if (!found && tag ~ /-/ && !(tag in mentioned)) mentioned[tag] = FILENAME ":" FNR
  }
  return list
}

# The operations of a line of code, with blanks between.
function read_operations(text,    list, name) {
  list = ""
  if (code ~ /^#/) return ""
  while (match(text, operation_pattern)) {
    name = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    gsub(/[^A-Za-z0-9_]/, "", name)
    list = list name " "
  }
  return list
}

# An end of the tag, at one of the operations, if any can be that.
function add_end(place, operations, tag, order,    i, n, operation) {
  n = split(operations, operation, " ")
  for (i = 1; i <= n; i++)
    if (fits(operation[i], order)) {
      ends[tag, order]++
      if (!(tag in first_end)) first_end[tag] = place
      where[tag] = where[tag] " " place "(" order ")"
      return
    }
  wrong(place, tag " says " order ", which the operation is not")
  misfits++
}

# Each operation has an end that fits it among the tags.
function check_operations(place, operations, tags,    i, j, n, m, operation, word, found) {
  n = split(operations, operation, " ")
  m = split(tags, word, " ")
  for (i = 1; i <= n; i++) {
    # What the gate and the parker do has its tags in there.
    if (operation[i] ~ /gate_|park/) continue
    found = 0
    for (j = 2; j <= m; j += 2) found = found || fits(operation[i], word[j])
    if (!found && misfits == 0) wrong(place, operation[i] " has no tag of its order")
  }
}

# Each tag with each of its orders is one end, however many operations the statement has.
function take_ends(place, operations, tags,    i, m, word) {
  m = split(tags, word, " ")
  for (i = 1; i < m; i += 2) add_end(place, operations, word[i], word[i + 1])
}

# Whether the line of code is the last of a statement. The brace of an initialiser ends none.
function ends_statement() {
  if (code ~ /^#/ || code ~ /[;}]$/ || code ~ /^(case .*|default|[a-z_]+):$/) return 1
  return code ~ /\{$/ && code !~ /(= ?|\()\{$/ && code !~ /\)\{$/
}

function end_statement(    i, rest, operations) {
  rest = above
  operations = ""
  misfits = 0
  for (i = 1; i <= lines; i++) {
    if (line_operations[i] == "" || line_tags[i] == "") operations = operations line_operations[i]
    if (line_operations[i] == "") rest = rest line_tags[i]
  }
  for (i = 1; i <= lines; i++) {
    if (line_operations[i] == "") continue
    if (line_tags[i] != "") take_ends(line_place[i], line_operations[i], line_tags[i])
  }
  if (operations != "") take_ends(first_place, operations, rest)
  for (i = 1; i <= lines; i++)
    check_operations(line_place[i], line_operations[i], line_tags[i] != "" ? line_tags[i] : rest)
  if (operations == "" && rest != "") wrong(tags_place, rest "is at no operation of the statement")
  above = ""
  lines = 0
}

# A line of the head that says what a tag hands over, or where that is said.
function read_definition(    tag, text) {
  match($0, tag_pattern)
  tag = substr($0, RSTART, RLENGTH)
  text = substr($0, RSTART + RLENGTH)
  if (text !~ /^ +[^ ]/)
    wrong(FILENAME ":" FNR, tag " does not say what it hands over")
  else if (match(text, /^ +see [a-z_\/]+\.[ch]/)) {
    text = substr(text, RSTART, RLENGTH)
    sub(/^ +see /, "", text)
    references++
    reference_tag[references] = tag
    reference_file[references] = text
    reference_place[references] = FILENAME ":" FNR
  } else if (tag in defined)
    wrong(FILENAME ":" FNR, tag " is defined at " defined[tag] ", too")
  else
    defined[tag] = FILENAME ":" FNR
}

FNR == 1 {
  if (lines > 0) end_statement()
  above = ""
  in_head = $0 ~ /^\/\*/
}

in_head {
  if ($0 ~ "^ \\*   " tag_pattern) read_definition()
  if ($0 ~ /\*\//) in_head = 0
  next
}

{
  split_line($0)
  code = bare
  gsub(/^[ \t]+|[ \t]+$/, "", code)
  # A tag and its order may be on two lines of a comment.
  held = held " " comment
  if (in_comment) {
    if (code == "") next
  }
  if (tolower(held) ~ /pairs with/)
    wrong(FILENAME ":" FNR, "says where its other end is: give both the tag of the edge")
  tags = read_tags(held)
  held = ""
  if (tags != "") tags_place = FILENAME ":" FNR
}

# A comment by itself belongs to what follows; a blank line, to which nothing belongs, ends that.
code == "" {
  if (comment != "") above = above tags
  else if (lines == 0 && above != "") {
    wrong(FILENAME ":" FNR - 1, above "is at no operation")
    above = ""
  }
  next
}

{
  lines++
  line_place[lines] = FILENAME ":" FNR
  line_operations[lines] = read_operations(code)
  line_tags[lines] = tags
  if (lines == 1) first_place = FILENAME ":" FNR
  if (ends_statement()) end_statement()
}

END {
  if (lines > 0) end_statement()
  for (tag in first_end) {
    if (!(tag in defined)) wrong(first_end[tag], tag " is in no file's head")
    else if (!(ends[tag, "release"] && ends[tag, "acquire"]) && ends[tag, "seq_cst"] < 2)
      wrong(first_end[tag], tag " has one end only")
    else if (list) printf "%s%s\n", tag, where[tag]
  }
  for (tag in defined)
    if (!(tag in first_end)) wrong(defined[tag], tag " is at no operation")
  for (tag in mentioned)
    if (!(tag in defined)) wrong(mentioned[tag], tag " is in no file's head")
  for (i = 1; i <= references; i++)
    if (index(defined[reference_tag[i]], reference_file[i] ":") == 0)
      wrong(reference_place[i], reference_tag[i] " is not defined in " reference_file[i])
  exit failures > 0
}
