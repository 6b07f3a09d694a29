#!/usr/bin/env bash
# fields_test.sh: what fields.sh finds, and what it leaves alone.
#
# By hand: tests/rules/fields_test.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/a"

# expect STATUS WHAT: fields.sh ends so with the source that comes in, and names its lines marked
# by "HERE" and no others.
expect() {
  local wanted=$1 what=$2 status=0
  cat >"$root/a/x.h"
  "$here/fields.sh" "$root" a >"$root/said" 2>&1 || status=$?
  [ "$status" -eq "$wanted" ] || {
    echo "$what: exit status $status instead of $wanted" >&2
    cat "$root/said" >&2
    exit 1
  }
  diff <(grep -n HERE "$root/a/x.h" | cut -d: -f1) \
    <(sed -n 's/^a\/x\.h:\([0-9]*\):.*/\1/p' "$root/said") >&2 || {
    echo "$what: not these lines are named" >&2
    exit 1
  }
}

rm -f "$root/a/x.h"
if "$here/fields.sh" "$root" a >"$root/said" 2>&1; then
  echo "a folder without sources is taken" >&2
  exit 1
fi

expect 0 "comments above fields" <<'END'
struct x {
  /* of the first */
  int a;

  /* A part with a sentence of its own;
   * of two lines. */
  int b;
};
END

expect 1 "a comment beside a field" <<'END'
struct x {
  int a; /* HERE */
};
END
expect 1 "a comment beside a field, which goes on" <<'END'
struct x {
  int a; /* HERE
            and here */
  int b;
};
END
expect 1 "a comment of C++ beside a field" <<'END'
struct x {
  int a; // HERE
};
END
expect 1 "a comment before a field, on its line" <<'END'
struct x {
  /* HERE */ int a;
};
END
expect 1 "a comment within a field's declaration" <<'END'
struct x {
  int
      a /* HERE */;
};
END
expect 1 "a union, a struct within a struct, and its name" <<'END'
union y {
  int a; /* HERE */
  struct {
    int b; /* HERE */
  } c; /* HERE */
  struct z {
    /* above */
    int d;
  } e;
  int f; /* HERE */
};
END
expect 1 "structs that are declared in other ways" <<'END'
typedef struct {
  int a; /* HERE */
} x;
static struct {
  int a; /* HERE */
} one;
static const struct y {
  int a; /* HERE */
} two = {1};
struct z
{
  int a; /* HERE */
};
struct _Alignas(128) aligned {
  int a; /* HERE */
};
struct __attribute__((packed)) tight {
  int a; /* HERE */
};
END
expect 1 "a struct within a function, after an array of braces" <<'END'
static const int list[] = {1, 2};
static int f(void) {
  struct x {
    int a; /* HERE */
  } x = {.a = 1 /* not a field */};
  return x.a; /* not a field */
}
END
expect 0 "what is no field" <<'END'
struct x; /* known elsewhere */
extern struct x one; /* of this process */
struct y {
  int a;
}; /* behind the struct */
enum e {
  FIRST, /* an enumerator */
  SECOND
};
static const struct y table[] = {
    {1}, /* a row */
    {2}, /* another one */
};
static struct y make(int a) {
  struct y y = {
      .a = a, /* an initialiser */
  };
  return y; /* a statement */
}
static struct x *find(void) {
  return &one; /* a statement */
}
struct z { /* what opens one */
  const char *text;
#if defined(A) /* a directive */
  int b;
#endif /* A */
};
#define LIST(NAME) \
  { \
    .a = NAME, /* in a macro */ \
  }
END
expect 0 "braces in strings, characters and comments" <<'END'
static const char *const a = "struct x {";
static const char b = '{';
/* struct x { */
int c; /* of the file */
END
expect 0 "a struct that the file before it leaves open" <<'END'
int a; /* of the file */
END
printf 'struct x {\n' >"$root/a/a.h"
expect 0 "a struct that the file before it leaves open" <<'END'
int a; /* of the file */
END
