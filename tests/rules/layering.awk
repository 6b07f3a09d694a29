# Holds the direction of includes and the seams. Each file is given as a path from the top of the
# project; prints "path:line: what is wrong" and exits with 1 if there was anything. Comes after
# comments.awk.

BEGIN {
  # Which layers a layer may include. "record" is what rounds write of report/, "render" the rest.
  allow("base", "base")
  allow("platform", "base platform")
  allow("memory", "base platform memory")
  allow("topology", "base platform topology")
  allow("record", "base platform record")
  allow("pool", "base platform topology pool")
  allow("engine", "base platform memory record pool engine")
  allow("cluster", "base platform memory record pool engine cluster")
  allow("job", "base platform memory record pool engine cluster job")
  allow("dispatch", "base platform memory record pool engine cluster job dispatch")
  allow("render", "base platform record engine render")
  allow("api", "base platform memory record pool engine cluster render job dispatch monitor api")
  allow("loop", "base platform memory record pool engine render job dispatch api loop")
  allow("mpi", "platform")
  allow("checkpoint", "base platform memory record pool engine cluster job api checkpoint")
  allow("monitor", "base platform record render pool engine job monitor")

  atomics = "^platform/(atomic\\.h|schedule\\.c)$"
  # Which headers and which names may be used where in framework/.
  header("^uv(\\.h|/)", "^(platform|loop)/", "uv.h belongs to platform/ and loop/")
  header("^hwloc(\\.h|/)", "^topology/", "hwloc.h belongs to topology/")
  header("^mpi\\.h$", "^mpi/", "mpi.h belongs to mpi/")
  header("^xxhash\\.h$", "^checkpoint/", "sums belong to checkpoint/")
  header("^stdatomic\\.h$", atomics, "atomics go through platform/atomic.h")
  header("^(pthread|sched|time|unistd|sys/.*|linux/.*)\\.h$", "^platform/",
    "the system is reached through platform/")
  header("^assert\\.h$", "^base/assert\\.h$", "SYNCHED_ASSERT, not assert")
  name("(atomic_[a-z_]+|__atomic_[a-z_]+|__sync_[a-z_]+)", atomics,
    "atomics go through platform/atomic.h")
  name("(pthread_[a-z_]+|sched_[a-z]+|syscall|clock_gettime|(clock_)?nanosleep|usleep|m(un)?map)",
    "^platform/", "the system is reached through platform/")
  name("(malloc|calloc|realloc|aligned_alloc|posix_memalign|strdup|strndup|free)", \
       "^(platform|mpi)/", "memory comes from platform/alloc.h")
  name("(abort|exit|_exit|_Exit|quick_exit|raise)", "^platform/",
    "only platform/ may end the process")
}

function allow(layer, list,    words, i, n) {
  known[layer] = 1
  n = split(list, words, " ")
  for (i = 1; i <= n; i++)
    allowed[layer, words[i]] = 1
}

function header(pattern, where, why) {
  headers++
  header_pattern[headers] = pattern; header_where[headers] = where; header_why[headers] = why
}

function name(pattern, where, why) {
  names++
  name_pattern[names] = "(^|[^A-Za-z0-9_.>])" pattern "[ \t]*\\("
  name_where[names] = where; name_why[names] = why
}

function wrong(text) {
  printf "%s:%d: %s\n", FILENAME, FNR, text
  failures++
}

# The layer of a path inside framework/.
function layer_of(path) {
  if (path ~ /^report\/(record|histogram)\./) return "record"
  if (path ~ /^report\//) return "render"
  sub(/\/.*/, "", path)
  return path
}

FNR == 1 {
  part = FILENAME
  sub(/\/.*/, "", part)
  inner = FILENAME
  sub(/^[^\/]*\//, "", inner)
  layer = part == "framework" ? layer_of(inner) : ""
  if (part == "framework" && !(layer in known))
    wrong("no rule for the folder " layer "/: add it to tests/rules/layering.awk")
}

{ split_line($0) }

part == "include" && inner != "synched/mpi.h" && code ~ /^[ \t]*#[ \t]*include/ && \
    code !~ /<(synched\/[a-z]+|std(def|int|bool|io)|string|errno)\.h>/ {
  wrong("public headers include the C library and each other only")
}

part == "examples" && code ~ /^[ \t]*#[ \t]*include[ \t]*"[a-z]+\// {
  included = code
  gsub(/^[^"]*"|".*$/, "", included)
  if (layer_of(included) in known) wrong("examples use the public headers only")
}

part == "examples" && bare ~ /(^|[^A-Za-z0-9_])synched__/ {
  wrong("examples use public names only")
}

part != "framework" { next }

code ~ /^[ \t]*#[ \t]*include[ \t]*"/ {
  included = code
  gsub(/^[^"]*"|".*$/, "", included)
  target = layer_of(included)
  if (included !~ /^[a-z]+\/[a-z_]+\.h$/)
    wrong("include \"" included "\": write it from framework/ on, as \"layer/name.h\"")
  else if (!((layer, target) in allowed))
    wrong("include \"" included "\": " layer " may not look at " target)
}

code ~ /^[ \t]*#[ \t]*include[ \t]*</ {
  included = code
  gsub(/^[^<]*<|>.*$/, "", included)
  for (i = 1; i <= headers; i++)
    if (included ~ header_pattern[i] && inner !~ header_where[i])
      wrong("include <" included ">: " header_why[i])
}

{
  for (i = 1; i <= names; i++)
    if (match(bare, name_pattern[i]) && inner !~ name_where[i]) {
      used = substr(bare, RSTART, RLENGTH)
      gsub(/[^A-Za-z0-9_]/, "", used)
      wrong(used ": " name_why[i])
    }
}

END { exit failures > 0 }
