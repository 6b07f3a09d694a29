#include "request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES_MAX 64 /* of a numeric address, with room to spare */
#define HTTP_PORT 80u     /* where none is given */
#define PORT_DIGITS_MAX 5u
#define PORT_MAX 65535u

/* Who is meant by "HOST[:PORT]", so that two ways of writing it are equal. */
struct host {
  int family; /* AF_INET, AF_INET6; AF_UNSPEC: localhost */
  unsigned port;
  unsigned char address[sizeof(struct in6_addr)];
};

bool dashboard_address_valid(const char *text) {
  struct in6_addr room;
  return inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1;
}

/* ":PORT", ":" or nothing. */
static bool read_port(unsigned *out, const char *text) {
  *out = HTTP_PORT;
  if (text[0] == '\0' || strcmp(text, ":") == 0)
    return true;
  const size_t digits = strspn(text + 1, "0123456789");
  if (*text != ':' || digits == 0 || digits > PORT_DIGITS_MAX || text[1 + digits] != '\0')
    return false;
  *out = (unsigned)strtoul(text + 1, NULL, 10);
  return *out <= PORT_MAX;
}

static bool is_localhost(const char *name) {
  return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0;
}

static bool read_host(struct host *out, const char *text) {
  char name[NAME_BYTES_MAX];
  const bool bracketed = text[0] == '[';
  const size_t name_bytes = strcspn(text + bracketed, bracketed ? "]" : ":");
  *out = (struct host){.family = AF_UNSPEC};
  if (name_bytes == 0 || name_bytes >= sizeof name)
    return false;
  memcpy(name, text + bracketed, name_bytes);
  name[name_bytes] = '\0';
  const char *rest = text + bracketed + name_bytes;
  if (bracketed && *rest++ != ']')
    return false;
  if (!read_port(&out->port, rest))
    return false;
  if (!bracketed && is_localhost(name))
    return true;
  out->family = bracketed ? AF_INET6 : AF_INET;
  return inet_pton(out->family, name, out->address) == 1;
}

bool dashboard_host_trusted(const char *host) {
  struct host room;
  return read_host(&room, host);
}

bool dashboard_origin_matches(const char *origin, const char *host) {
  static const char scheme[] = "http://";
  struct host left, right;
  return strncasecmp(origin, scheme, sizeof scheme - 1) == 0 &&
         read_host(&left, origin + sizeof scheme - 1) && read_host(&right, host) &&
         left.family == right.family && left.port == right.port &&
         memcmp(left.address, right.address, sizeof left.address) == 0;
}

struct dashboard_verdict dashboard_refusal(unsigned status, const char *reason) {
  return (struct dashboard_verdict){.status = status, .reason = reason};
}

static struct dashboard_verdict refuse_method(void) {
  return (struct dashboard_verdict){
      .status = 405, .reason = "the only methods are GET and HEAD", .header = "Allow: GET, HEAD"};
}

/* 16 bytes in base64. */
static bool is_socket_key(const char *text) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return strspn(text, digits) == 22 && strcmp(text + 22, "==") == 0;
}

/* A request for the WebSocket, at the right path. A program that is no browser sends no Origin; a
 * browser cannot be made to leave it out. */
static struct dashboard_verdict judge_upgrade(const struct dashboard_request *request) {
  if (strcasecmp(request->upgrade, "websocket") != 0)
    return dashboard_refusal(400, "the only upgrade is to a WebSocket");
  if (!request->socket_key || !request->socket_version)
    return dashboard_refusal(400, "Sec-WebSocket-Key or Sec-WebSocket-Version is missing");
  if (!is_socket_key(request->socket_key))
    return dashboard_refusal(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  if (strcmp(request->socket_version, "13") != 0)
    return (struct dashboard_verdict){.status = 400,
                                      .reason = "the only WebSocket version is 13",
                                      .header = "Sec-WebSocket-Version: 13"};
  if (request->origin && !dashboard_origin_matches(request->origin, request->host))
    return dashboard_refusal(403, "pages from elsewhere may not steer this program");
  return (struct dashboard_verdict){.status = 101, .reason = ""};
}

/* HEAD asks about a page, and opens nothing. */
static struct dashboard_verdict judge_socket(const struct dashboard_request *request) {
  if (request->upgrade && !dashboard_request_is_head(request))
    return judge_upgrade(request);
  return (struct dashboard_verdict){
      .status = 426, .reason = "here is a WebSocket, not a page", .header = "Upgrade: websocket"};
}

/* An upgrade that is not known is not taken: RFC 9110, 7.8. Who asks for a WebSocket has the wrong
 * path. */
static struct dashboard_verdict judge_page(const struct dashboard_request *request,
                                           const struct dashboard_route *route) {
  if (request->upgrade && strcasecmp(request->upgrade, "websocket") == 0)
    return dashboard_refusal(400, "the WebSocket is at " DASHBOARD_SOCKET_PATH);
  return (struct dashboard_verdict){.status = 200, .reason = "", .route = route};
}

static bool has_body(const struct dashboard_request *request) {
  if (request->transfer_encoding)
    return true;
  return request->content_length &&
         request->content_length[strspn(request->content_length, "0")] != '\0';
}

static const struct dashboard_route *find_route(const struct dashboard_routes *routes,
                                                const char *path) {
  for (size_t i = 0; i < routes->count; i++)
    if (strcmp(routes->list[i].path, path) == 0)
      return &routes->list[i];
  return NULL;
}

bool dashboard_request_is_head(const struct dashboard_request *request) {
  return request->method && strcmp(request->method, "HEAD") == 0;
}

struct dashboard_verdict dashboard_request_judge(const struct dashboard_request *request,
                                                 const struct dashboard_routes *routes) {
  if (!request->method || !request->path || !request->host)
    return dashboard_refusal(400, "method, path or Host is missing");
  if (!dashboard_host_trusted(request->host))
    return dashboard_refusal(403, "Host is neither a numeric address nor localhost");
  if (strlen(request->path) >= DASHBOARD_PATH_BYTES_MAX)
    return dashboard_refusal(414, "the path is too long");
  const struct dashboard_route *const route = find_route(routes, request->path);
  if (!route && strcmp(request->path, DASHBOARD_SOCKET_PATH) != 0)
    return dashboard_refusal(404, "there is no such page; begin at /");
  if (strcmp(request->method, "GET") != 0 && !dashboard_request_is_head(request))
    return refuse_method();
  if (has_body(request))
    return dashboard_refusal(413, "a request for this takes no body");
  return route ? judge_page(request, route) : judge_socket(request);
}

struct dashboard_verdict dashboard_bytes_judge(const char *bytes, size_t byte_count) {
  size_t letters = 0;
  while (letters < byte_count && isupper((unsigned char)bytes[letters]))
    letters++;
  const size_t left = byte_count - letters;
  if (letters >= 1 && left >= 2 && bytes[letters] == ' ' && bytes[letters + 1] == '/')
    return refuse_method();
  return dashboard_refusal(400, "that is no HTTP request");
}

const char *dashboard_status_words(unsigned status) {
  switch (status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 426:
    return "Upgrade Required";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 505:
    return "HTTP Version Not Supported";
  default:
    return "Refused";
  }
}
