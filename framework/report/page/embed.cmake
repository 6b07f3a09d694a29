# The page of an HTML report as arrays in a C file, so that the library needs no file beside it.
#
# synched_embed_page(OUTPUT CHART_JS): CHART_JS is Chart.js in one file, or empty: a page without
# charts. The page's policy lets a browser run and apply what is embedded here and nothing else, by
# the digests of its bytes.

set(synched_page_folder "${CMAKE_CURRENT_LIST_DIR}")
set(synched_page_scripts base.js timeline.js segments.js charts.js)

# synched_page_digest(OUT TEXT): SHA-256, in base64.
function(synched_page_digest out text)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(SHA256 hex "${text}")
  string(APPEND hex "00") # 66 digits are 22 times two letters; what the last one stands for is "="
  string(REGEX MATCHALL "..." groups "${hex}")
  set(base64 "")
  foreach(group IN LISTS groups)
    math(EXPR high "0x${group} >> 6")
    math(EXPR low "0x${group} & 63")
    string(SUBSTRING "${alphabet}" ${high} 1 first)
    string(SUBSTRING "${alphabet}" ${low} 1 second)
    string(APPEND base64 "${first}${second}")
  endforeach()
  string(REGEX REPLACE ".$" "=" base64 "${base64}")
  set(${out} "'sha256-${base64}'" PARENT_SCOPE)
endfunction()

# synched_page_bytes(OUT TEXT): "0x3c,0x21, ...", with an end of its own even where it is empty.
function(synched_page_bytes out text)
  string(HEX "${text}" bytes)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(REPEAT "." 80 line)
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  set(${out} "${bytes}0x00" PARENT_SCOPE)
endfunction()

function(synched_embed_page output chart_js)
  set(script "")
  set(names ${synched_page_scripts} page.html style.css chart_licence.txt)
  list(TRANSFORM names PREPEND "${synched_page_folder}/")
  if(chart_js)
    list(APPEND names "${chart_js}")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${names})
  foreach(name IN LISTS synched_page_scripts)
    file(READ "${synched_page_folder}/${name}" text)
    string(APPEND script "${text}")
  endforeach()
  file(READ "${synched_page_folder}/page.html" page)
  file(READ "${synched_page_folder}/style.css" style)
  set(chart "")
  set(policy_scripts "")
  if(chart_js)
    file(READ "${chart_js}" chart)
    string(FIND "${chart}" "</script" at)
    if(at GREATER -1 OR NOT chart MATCHES "Chart\\.js")
      message(FATAL_ERROR "SYNCHED_CHART_JS: ${chart_js} cannot be put into a page")
    endif()
    # Its own first comment has its authors.
    file(READ "${synched_page_folder}/chart_licence.txt" licence)
    set(chart "/*!\n${licence}*/\n${chart}")
    synched_page_digest(digest "${chart}")
    string(APPEND policy_scripts " ${digest}")
  endif()
  synched_page_digest(digest "${script}")
  string(APPEND policy_scripts " ${digest}")
  synched_page_digest(style_digest "${style}")
  foreach(name IN ITEMS page style script chart)
    synched_page_bytes(${name} "${${name}}")
  endforeach()
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [[
/* Made by report/page/embed.cmake. */
#include "report/page.h"

static const unsigned char page[] = {
@page@};
static const unsigned char style[] = {
@style@};
static const unsigned char script[] = {
@script@};
static const unsigned char chart[] = {
@chart@};

const struct synched__page synched__page = {
    .page = {page, sizeof page - 1},
    .style = {style, sizeof style - 1},
    .script = {script, sizeof script - 1},
    .chart = {chart, sizeof chart - 1},
    .policy = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none';"
              " script-src@policy_scripts@; style-src @style_digest@",
};
]])
endfunction()
