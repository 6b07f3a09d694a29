#!/usr/bin/env bash
# dashboard_cli.sh DASHBOARD: the finished program `dashboard` from its command line, and what it
# answers to plain HTTP requests, good and bad.
#
# By hand: tests/programs/dashboard_cli.sh build/test-gcc/examples/dashboard/dashboard
set -euo pipefail

# shellcheck source=../support/dashboard.sh
source "$(dirname "$0")/../support/dashboard.sh" "$1"

# --- the command line ---

well --help
grep -q '^usage: dashboard ' stdout || fail "no usage"
refused 2 "here: it takes options only" here
refused 2 "--colour: there is no such" --colour
refused 2 "-x: there is no such" -x
refused 2 "--port: 'http' is not a number" --port http
refused 2 "--port: '-1' is not a number" --port -1
refused 2 "--port: '' is not a number" --port ''
refused 2 "--port: 65536 is not within 0 .. 65535" --port 65536
refused 2 "--port: 18446744073709551616 is not within" --port 18446744073709551616
refused 2 "--bind: 'localhost' is not a numeric address" --bind localhost
refused 2 "--bind: '127.0.0.1:80' is not a numeric address" --bind 127.0.0.1:80
refused 2 "-w: 4097 is not within 0 .. 4096" -w 4097
refused 2 "--width: 15 is not within 16 .. 4096" --width 15
refused 2 "--height: 4097 is not within 16 .. 4096" --height 4097
refused 2 "--period: '1.5' is not a number" --period 1.5
refused 2 "--seconds: '2s' is not a number" --seconds 2s
refused 2 "--width: a value is missing (see dashboard --help)" --width
refused 1 "203.0.113.1: cannot listen at port 0: Cannot assign" --port 0 --bind 203.0.113.1

start --port 0 --seconds 1 --width 33 --height 16 -w 1
grep -qE '^dashboard: http://127.0.0.1:.* shows 33 x 16 cells, in [0-9]+ bands? for 1 worker$' \
  served ||
  fail "it says something else"
ended "--seconds 1"

# --- requests ---

start --port 0 -w 2 --width 64 --height 64 --period 0
refused 1 "127.0.0.1: cannot listen at port $port: Address already in use" --port "$port"

# raw STATUS REQUEST: what the server says to these bytes, printf's escapes allowed, until it
# closes.
raw() {
  exec 3<>"/dev/tcp/127.0.0.1/$port" || fail "no connection"
  # It may have closed before it has read all; what it said is still there.
  (printf '%b' "$2" >&3) 2>/dev/null || true
  timeout 300 cat <&3 >response 2>/dev/null || true
  exec 3>&- 3<&-
  head -n 1 response | grep -q "^HTTP/1\.[01] $1 " ||
    fail "not $1 for $2, but: $(head -n 1 response | tr -d '\r')"
}
# asked STATUS METHOD PATH [HEADERS [BODY]]
asked() { raw "$1" "$2 $3 HTTP/1.1\r\nHost: localhost:$port\r\n${4:-}\r\n${5:-}"; }

asked 200 GET /
grep -q 'new WebSocket' response || fail "the page is not the page"
grep -q "^Content-Security-Policy:.*frame-ancestors 'none'" response ||
  fail "the page may be framed"
asked 200 GET '/?x=1'
raw 200 "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
raw 200 "GET / HTTP/1.1\r\nHost: [::1]:$port\r\n\r\n"
asked 404 GET /nowhere
asked 404 GET /../../etc/passwd
asked 404 GET /page.html
asked 404 POST /nowhere
asked 405 POST / "Content-Length: 5\r\n" hello
asked 405 PUT /socket "Content-Length: 5\r\n" hello
asked 405 DELETE /
asked 405 FROBNICATE /
grep -q '^Allow: GET, HEAD' response || fail "it does not say what is allowed"
asked 413 GET / "Content-Length: 5\r\n" hello
asked 414 GET "/$(head -c 3000 /dev/zero | tr '\0' a)"
asked 200 GET / "Large: $(head -c 30000 /dev/zero | tr '\0' a)\r\n"
raw 400 'garbage\r\n\r\n'
raw 400 '\0001\0002\0003\r\n\r\n'
raw 400 'GET\r\n\r\n'
raw 400 'GET / HTTP/1.1\r\n\r\n'
raw 403 "GET / HTTP/1.1\r\nHost: rebound.example:$port\r\n\r\n"
raw 403 "GET / HTTP/1.1\r\nHost: 127.0.0.1.example\r\n\r\n"

# --- the pages that the library writes ---

# body: of the response, which must be as long as its head says.
body() {
  sed '1,/^\r$/d' response >body
  grep -q "^Content-Length: $(wc -c <body)"$'\r' response ||
    fail "the body has another length than the head says"
}

asked 200 GET /metrics
grep -q '^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8' response ||
  fail "the metrics are of another type"
body
grep -q '^synched_rounds_total{job="dashboard"} [1-9]' body ||
  fail "there are no rounds in the metrics"
grep -q '^synched_running{job="dashboard"} 1$' body || fail "the job does not run"
[ "$(tail -n 1 body)" = '# EOF' ] || fail "the metrics have no end"
before=$(sed -n 's/^synched_rounds_total{.*} //p' body)
for ((tries = 0; tries < 3000; tries++)); do
  asked 200 GET /metrics
  body
  [ "$(sed -n 's/^synched_rounds_total{.*} //p' body)" = "$before" ] || break
  sleep 0.1
done
[ $tries -lt 3000 ] || fail "the metrics stand still"
asked 405 POST /metrics "Content-Length: 5\r\n" hello

# A library may be built without this form.
asked '\(200\|501\)' GET /report
body
if head -n 1 response | grep -q ' 501 '; then
  grep -q 'no reports as html' body || fail "it does not say what is missing"
else
  grep -q '^Content-Type: text/html; charset=utf-8' response || fail "the report is of another type"
  grep -qi '<!doctype html' body || fail "the report is no page"
  grep -qi '</html>' body || fail "the report has no end"
fi

# --- requests that are complete, whatever is in them: an answer that only came when the time for
# the rest was over would be 408 ---

for name in X-Auth User If X X-Forwarded A b Q z 1 Hos Origi Upgrad Sec- Content-Lengt Transfer- \
  Transfer-Encodings; do
  asked 200 GET / "$name: a\r\n"
done
asked 200 GET / "$(for ((i = 0; i < 5000; i++)); do printf 'a: b\\r\\n'; done)"
asked 200 GET / "$(for ((i = 0; i < 2000; i++)); do printf 'name-%d: value\\r\\n' "$i"; done)"
asked 431 GET / "$(for ((i = 0; i < 20000; i++)); do printf 'a: b\\r\\n'; done)"
asked 431 GET / "Large: $(head -c 70000 /dev/zero | tr '\0' a)\r\n"
raw 414 "GET /$(head -c 70000 /dev/zero | tr '\0' a)" # and no end
raw 200 "\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 200 "\r\n\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 200 "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
raw 200 "GET / HTTP/1.1\nHost: localhost\n\n"
raw 200 "GET http://localhost:$port/ HTTP/1.1\r\nHost: rebound.example\r\n\r\n"
raw 403 "GET http://rebound.example:$port/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 400 "GET /\r\n"
asked 200 GET / \
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
asked 413 GET / "Transfer-Encoding: chunked\r\n" '5\r\nhello\r\n0\r\n\r\n'
asked 413 GET / "Transfer-Encoding: chunked\r\n" # and nothing of it
asked 413 GET /socket "Transfer-Encoding: gzip\r\n"
asked 405 POST / "Transfer-Encoding: chunked\r\n" '0\r\n\r\n'
asked 413 GET / "Content-Length: 5\r\nExpect: 100-continue\r\n"
for host in localhost. localhost: "localhost.:$port" 127.0.0.1: '[::1]:' "LOCALHOST:$port"; do
  raw 200 "GET / HTTP/1.1\r\nHost: $host\r\n\r\n"
done
for host in 'localhost\0000.rebound.example' 'localhost\0000' '\0000localhost'; do
  raw 400 "GET / HTTP/1.1\r\nHost: $host\r\n\r\n"
done
raw 400 "GET / HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n\r\n"

# HEAD: as GET, without a body.
asked 200 GET /
sed '/^\r$/q' response >head_of_get
asked 200 HEAD /
cmp -s response head_of_get || fail "HEAD is not the head of GET"
asked 404 HEAD /nowhere
[ "$(tail -n 1 response)" = $'\r' ] || fail "HEAD is refused with a body"
asked 426 HEAD /socket

# A client that waits for the end is served as one that asks with curl.
if command -v curl >/dev/null; then
  for name in X-Auth User If X; do
    code=$(curl -s -m 60 -o /dev/null -w '%{http_code}' -H "$name: a" "http://localhost:$port/")
    [ "$code" = 200 ] ||
      fail "curl is not served with $name"
  done
  [ "$(curl -s -m 60 -I -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")" = 200 ] ||
    fail "curl -I"
fi

# --- and those that are not ---

# The first byte has come, and no end: it is not waited for for ever. Meanwhile a connection on
# which nothing was asked waits, too; a browser keeps some in reserve. It has no answer yet, and is
# good for a request.
exec 4<>"/dev/tcp/127.0.0.1/$port" || fail "no connection"
exec 5<>"/dev/tcp/127.0.0.1/$port" || fail "no connection"
printf '\r\n' >&5 # which asks for nothing
raw 408 "GET / HTTP/1.1\r\nHost: localhost\r\nno-colon"
raw 408 "G"
for reserve in 4 5; do
  printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' >&$reserve
  timeout 300 cat <&$reserve >response || true
  head -n 1 response | grep -q '^HTTP/1.1 200 ' ||
    fail "a connection in reserve is told: $(head -n 1 response)"
done
exec 4>&- 4<&- 5>&- 5<&-
raw 400 "GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n"

# A client that has sent all that it will send, but not all that it should.
if command -v perl >/dev/null; then
  perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die;
    print $s "GET / HTTP/1.1\r\nHost:"; $s->flush; shutdown($s, 1); print <$s>;' "$port" >response
  grep -q '^HTTP/1.1 400 ' response || fail "half a request is told: $(head -n 1 response)"
fi

# --- who may open the WebSocket ---

socket="Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
asked 426 GET /socket
grep -qi '^Upgrade: websocket' response || fail "426 does not say to what"
asked 400 GET / "${socket}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
asked 400 GET /socket "${socket}Upgrade: websocket\r\n"
asked 400 GET /socket "${socket}Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
grep -q '^Sec-WebSocket-Version: 13' response || fail "it does not say which version"
asked 400 GET /socket "${socket}Upgrade: h2c\r\nSec-WebSocket-Version: 13\r\n"
asked 404 GET /elsewhere "${socket}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
good="${socket}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
for origin in http://elsewhere.example "http://elsewhere.example:$port" "http://127.0.0.1:$port" \
  http://localhost \
  "https://localhost:$port" null "http://localhost:$port.example"; do
  asked 403 GET /socket "${good}Origin: $origin\r\n"
done

# opened [HEADERS]: the WebSocket is opened, and the first message comes.
opened() {
  exec 3<>"/dev/tcp/127.0.0.1/$port" || fail "no connection"
  printf '%b' "GET /socket HTTP/1.1\r\nHost: localhost:$port\r\n$good${1:-}\r\n" >&3
  timeout 300 head -c 6000 <&3 | tr -d '\0' >response || true
  exec 3>&- 3<&-
  grep -q '^HTTP/1.1 101' response || fail "the WebSocket is refused"
  grep -a -q '"type":"state"' response || fail "no message comes"
}
opened
opened "Origin: http://localhost:$port\r\n"
opened "Origin: http://LOCALHOST:$port\r\n"
opened "Origin: http://localhost.:$port\r\n"

kill -TERM "$server"
ended "SIGTERM"
start --port "$port" -w 3 --width 40 --height 40 # the same port again, at once
kill -INT "$server"
ended "SIGINT"

echo "dashboard: all is well"
