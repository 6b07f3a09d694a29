# What fields.sh looks for, with comments.awk. `depth` braces are open, and kind[depth] is what the
# innermost one holds: "record" for the fields of a struct or union, else "other".

# Notes the braces of a line of code. `head` is what stands between the last `;`, `{` or `}` and the
# brace that is to come.
function follow(text,    at, c) {
  while ((at = match(text, /[{};]/)) != 0) {
    c = substr(text, at, 1)
    head = head " " substr(text, 1, at - 1)
    text = substr(text, at + 1)
    if (c == "{")
      kind[++depth] = is_record(head) ? "record" : "other"
    else if (c == "}" && depth > 0)
      depth--
    head = ""
  }
  head = head " " text
}

# Whether the brace behind `text` opens a struct or union. `text` is a copy.
function is_record(text) {
  gsub(/(_Alignas|__attribute__)[[:space:]]*\(([^()]|\([^()]*\))*\)/, "", text)
  sub(/^[[:space:]]*((typedef|static|const|_Thread_local)[[:space:]]+)*/, "", text)
  return text ~ /^(struct|union)([[:space:]]+[A-Za-z_0-9]+)?[[:space:]]*$/
}

FNR == 1 {
  depth = 0
  head = ""
}

{
  split_line($0)
  # What stands behind a closing brace is said of what the brace closes.
  at = depth - (bare ~ /^[[:space:]]*}/)
  if (at > 0 && kind[at] == "record" && comment ~ /[^[:space:]]/ &&
      code ~ /[^[:space:]]/ && code !~ /^[[:space:]]*#/) {
    print FILENAME ":" FNR ":" $0
    found = 1
  }
  # A directive is no declaration, and its braces need not be in pairs.
  if (directive || bare ~ /^[[:space:]]*#/)
    directive = bare ~ /\\[[:space:]]*$/
  else
    follow(bare)
}

END { exit found }
