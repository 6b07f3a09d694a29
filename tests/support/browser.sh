# browser.sh: sourced by the scripts that look at a page in a real browser, Chromium, through its
# driver. They run in a folder of their own, $work, which goes when they end. Whoever sources it
# sets $name, what the script calls itself, and $tries_max before, how often to look for what is to
# come, ten times a second at most. Exit code 77 where there is no Chromium, or no driver for it.

for tool in chromium chromedriver curl base64; do
  command -v "$tool" >/dev/null || {
    echo "$name: there is no $tool here"
    exit 77
  }
done
work=$(mktemp -d)
driver_process='' session=''

# end_more: what else there is to end; a script may have its own.
end_more() { :; }

# The driver ends its browser when it is told to end. The shell itself would say who was killed.
finish() {
  {
    [ -z "$session" ] || curl -s -m 20 -X DELETE "$session" >/dev/null || true
    end_more
    [ -z "$driver_process" ] || kill "$driver_process" || true
    wait || true
  } 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
touch driver.out trouble complaints

# in_a_line LENGTH: the beginning of stdin, whatever bytes are in it.
in_a_line() { tr -c '[:print:]' ' ' | tr -s ' ' | head -c "$1"; }

# also TEXT WORDS...: "; TEXT: 'WORDS'", if there are any.
also() {
  local text=$1
  shift
  [ -z "${*// /}" ] || printf "; %s: '%s'" "$text" "$*"
}

first_words() {
  local words="document.body.innerText.replace(/[^A-Za-z0-9 .,:;()-]+/g, ' ').trim()"
  [ -z "$session" ] || run "$words.slice(0, 100)" || true
}

# fail WHAT...: says it in one line, with the page's first words, and what the browser or the
# program, in `complaints`, complained of.
fail() {
  local trouble
  trouble=$(in_a_line 160 <trouble)
  echo "FAILED: $*$(also 'the page begins' "$(first_words)")$(also 'the browser says' "$trouble")$(
    also 'the program says' "$(in_a_line 160 <complaints)")" >&2
  exit 1
}

# until_true WHAT COMMAND...: waits for it; the machine may be slow, but it may not take for ever.
until_true() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < tries_max; tries++)); do
    ! "$@" || return 0
    sleep 0.1
  done
  fail "$what does not come"
}

# post PATH BODY: a WebDriver command; its value, if it is a number, a boolean or a string, on
# stdout. Where there is none, it is a failure, and `trouble` says why.
post() {
  curl -s -S -m 100 -H 'Content-Type: application/json' -d "$2" "$session$1" >answer 2>trouble ||
    return 1
  if grep -q '"error":' answer; then
    sed -n 's/.*"message":"\([^"\\]*\).*/\1/p' answer >trouble
    return 1
  fi
  sed -n 's/^{"value":"\{0,1\}\([^"}]*\)"\{0,1\}}$/\1/p' answer
}

# run SCRIPT: what this line of JavaScript, which has no double quotes in it, gives in the page.
run() { post /execute/sync "{\"script\":\"return $1\",\"args\":[]}"; }

is_true() { [ "$(run "$1")" = true ]; }

# go_to ADDRESS
go_to() { post /url "{\"url\":\"$1\"}" >/dev/null || fail "the browser does not go to $1"; }

# element SELECTOR: what WebDriver calls it.
element() {
  post /element "{\"using\":\"css selector\",\"value\":\"$1\"}" >/dev/null || fail "there is no $1"
  sed -n 's/.*"element-[^"]*":"\([^"]*\)".*/\1/p' answer
}

# start_browser: and its driver.
start_browser() {
  local options driver
  chromedriver --port=0 >driver.out 2>&1 &
  driver_process=$!
  until_true "the driver's port" grep -q 'successfully on port' driver.out
  driver=http://127.0.0.1:$(sed -n 's/.*successfully on port \([0-9]*\).*/\1/p' driver.out)

  # As root it does not run in its sandbox. It is to bother with nothing but this page.
  options='"--headless=new","--no-sandbox","--disable-gpu","--disable-dev-shm-usage"'
  options+=',"--no-first-run","--disable-extensions","--disable-background-networking"'
  options+=",\"--window-size=1000,700\",\"--user-data-dir=$work/profile\""
  session=$driver/session
  post '' '{"capabilities":{"alwaysMatch":{"goog:chromeOptions":{"args":['"$options"']},
    "goog:loggingPrefs":{"browser":"ALL"}}}}' >/dev/null || {
    session=''
    fail "the browser does not start"
  }
  session=$session/$(sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p' answer)
}
