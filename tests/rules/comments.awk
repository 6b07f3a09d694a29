# Tells a C source's code from its comments, line by line: for rules that are made of more files.

# Sets what is on the line: `code`, without comments; `bare`, without what stands in quotes, too;
# `comment`, the text of comments. A comment may go on in the next line, but not in the next file.
function split_line(line,    at) {
  if (FNR == 1) in_comment = 0
  code = bare = comment = ""
  while (line != "") {
    if (in_comment) {
      at = index(line, "*/")
      comment = comment (at == 0 ? line : substr(line, 1, at - 1)) " "
      line = at == 0 ? "" : substr(line, at + 2)
      in_comment = at == 0
    } else if (match(line, /\/\*|\/\/|"([^"\\]|\\.)*"|'([^'\\]|\\.)+'/)) {
      code = code substr(line, 1, RSTART - 1)
      bare = bare substr(line, 1, RSTART - 1)
      at = substr(line, RSTART, RLENGTH)
      line = substr(line, RSTART + RLENGTH)
      if (at == "//") {
        comment = comment line
        line = ""
      } else if (at == "/*") {
        in_comment = 1
      } else {
        code = code at
        bare = bare "\"\""
      }
    } else {
      code = code line
      bare = bare line
      line = ""
    }
  }
}
