#include "request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HOST_BYTES_MAX 64 /* of a numeric address, with room to spare */

bool dashboard_address_valid(const char *text) {
  struct in6_addr room;
  return inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1;
}

/* ":PORT" or nothing. */
static bool is_port(const char *text) {
  if (*text == '\0')
    return true;
  const size_t digits = strspn(text + 1, "0123456789");
  return *text == ':' && digits >= 1 && digits <= 5 && text[1 + digits] == '\0';
}

bool dashboard_host_trusted(const char *host) {
  char name[HOST_BYTES_MAX];
  const bool bracketed = host[0] == '[';
  const size_t name_bytes = strcspn(host + bracketed, bracketed ? "]" : ":");
  if (name_bytes == 0 || name_bytes >= sizeof name)
    return false;
  memcpy(name, host + bracketed, name_bytes);
  name[name_bytes] = '\0';
  const char *rest = host + bracketed + name_bytes;
  struct in6_addr room;
  if (bracketed)
    return *rest == ']' && is_port(rest + 1) && inet_pton(AF_INET6, name, &room) == 1;
  return is_port(rest) &&
         (inet_pton(AF_INET, name, &room) == 1 || strcasecmp(name, "localhost") == 0);
}

bool dashboard_origin_matches(const char *origin, const char *host) {
  static const char scheme[] = "http://";
  return strncasecmp(origin, scheme, sizeof scheme - 1) == 0 &&
         strcasecmp(origin + sizeof scheme - 1, host) == 0;
}

static struct dashboard_verdict refuse(unsigned status, const char *reason) {
  return (struct dashboard_verdict){status, reason};
}

/* A request for the WebSocket, at the right path. A program that is no browser sends no Origin; a
 * browser cannot be made to leave it out. */
static struct dashboard_verdict judge_upgrade(const struct dashboard_request *request) {
  if (strcasecmp(request->upgrade, "websocket") != 0)
    return refuse(400, "the only upgrade is to a WebSocket");
  if (!request->socket_key || !request->socket_version)
    return refuse(400, "Sec-WebSocket-Key or Sec-WebSocket-Version is missing");
  if (strcmp(request->socket_version, "13") != 0)
    return refuse(400, "the only WebSocket version is 13");
  if (request->origin && !dashboard_origin_matches(request->origin, request->host))
    return refuse(403, "pages from elsewhere may not steer this program");
  return (struct dashboard_verdict){101, ""};
}

static bool has_body(const struct dashboard_request *request) {
  return request->content_length &&
         request->content_length[strspn(request->content_length, "0")] != '\0';
}

struct dashboard_verdict dashboard_request_judge(const struct dashboard_request *request) {
  if (!request->method || !request->path || !request->host)
    return refuse(400, "method, path or Host is missing");
  if (!dashboard_host_trusted(request->host))
    return refuse(403, "Host is neither a numeric address nor localhost");
  if (strlen(request->path) >= DASHBOARD_PATH_BYTES_MAX)
    return refuse(414, "the path is too long");
  const bool is_page = strcmp(request->path, "/") == 0;
  const bool is_socket = strcmp(request->path, DASHBOARD_SOCKET_PATH) == 0;
  if (!is_page && !is_socket)
    return refuse(404, "there is only the page / and the WebSocket " DASHBOARD_SOCKET_PATH);
  if (strcmp(request->method, "GET") != 0)
    return refuse(405, "the only method is GET");
  if (has_body(request))
    return refuse(413, "a request for this takes no body");
  if (is_page)
    return request->upgrade ? refuse(400, "the WebSocket is at " DASHBOARD_SOCKET_PATH)
                            : (struct dashboard_verdict){200, ""};
  return request->upgrade ? judge_upgrade(request) : refuse(426, "here is a WebSocket, not a page");
}

struct dashboard_verdict dashboard_bytes_judge(const char *bytes, size_t byte_count) {
  size_t letters = 0;
  while (letters < byte_count && isupper((unsigned char)bytes[letters]))
    letters++;
  const size_t left = byte_count - letters;
  if (letters >= 1 && left >= 2 && bytes[letters] == ' ' && bytes[letters + 1] == '/')
    return refuse(405, "the only method is GET");
  return refuse(400, "that is no HTTP request");
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
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 426:
    return "Upgrade Required";
  default:
    return "Refused";
  }
}
