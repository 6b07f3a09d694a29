# timeline.awk: draws the rounds of a report's table, of workers in columns, as an SVG: a lane for
# each worker, a bar for what it computed in each round. `most` is how many ms the picture is wide,
# `rounds` how many of the last rounds it shows at most, `title` what its caption begins with.

function text(x, y, class, words) {
  printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>\n", x, y, class, words
}

$1 == "efficiency" { efficiency = $2 }
$1 == "workers" { segments = $4 }
/^  *ms in round/ { workers = (NF - 4) / 2; next }
workers > 0 && /^  ---/ { if (++rules == 2) workers_done = 1; next }
workers > 0 && rules == 1 && $1 != "..." && !workers_done {
  total[++count] = $2
  for (w = 0; w < workers; w++)
    part[count, w] = $(3 + w)
}

END {
  left = 70; width = 640; lane = 26; top = 34
  scale = width / most
  height = top + workers * (lane + 6) + 26
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
    left + width + 20, height
  first = count > rounds ? count - rounds + 1 : 1
  for (r = first; r <= count; r++)
    ms += total[r]
  caption = sprintf("%s: %d rounds in %.1f ms, %s segments, efficiency %s", title,
    count - first + 1, ms, segments, efficiency)
  printf "<title>%s</title>\n<style>\n", caption
  print "text { font: 13px sans-serif; fill: #24292f } .tick { font-size: 11px }"
  print ".lane { fill: #d0d7de; fill-opacity: .45 } .even { fill: #0969da } .odd { fill: #54aeff }"
  print ".end { stroke: #57606a; stroke-width: 1 }"
  print "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .lane { fill: #6e7681 }"
  print ".even { fill: #388bfd } .odd { fill: #a5d6ff } .end { stroke: #9da7b3 } }\n</style>"
  text(left, 20, "caption", caption)
  for (w = 0; w < workers; w++) {
    y = top + w * (lane + 6)
    text(4, y + 17, "name", "Worker " w)
    printf "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" class=\"lane\"/>\n",
      left, y, ms * scale, lane
    at = 0
    for (r = first; r <= count; r++) {
      printf "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" class=\"%s\"/>\n",
        left + at * scale, y, part[r, w] * scale, lane, r % 2 ? "odd" : "even"
      at += total[r]
    }
  }
  at = 0
  bottom = top + workers * (lane + 6)
  for (r = first; r <= count; r++) {
    at += total[r]
    printf "<line x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\" class=\"end\"/>\n",
      left + at * scale, top - 3, left + at * scale, bottom
  }
  text(left, bottom + 15, "tick", "0")
  text(left + ms * scale - 40, bottom + 15, "tick", sprintf("%.1f ms", ms))
  print "</svg>"
}
