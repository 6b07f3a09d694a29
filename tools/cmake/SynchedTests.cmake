# How tests are declared. Everything runs from the build tree with ctest. A test is named for its
# file below tests/. Labels: unit, stress, contract (rules and programs have it, too), rules,
# programs, example, cpp; clang, valgrind, package: only tools/test's step of that name runs it.

# A time limit is there for what hangs, and for nothing else: where twenty programs want each CPU,
# what takes ten seconds takes minutes.
set(hang_seconds 1200)

# synched_add_criterion_test(FOLDER NAME [LIBS target...]): tests/FOLDER/NAME_test.c, a Criterion
# program.
function(synched_add_criterion_test folder name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LIBS")
  set(target ${name}_test)
  add_executable(${target} ${name}_test.c)
  synched_target_defaults(${target})
  separate_arguments(flags NATIVE_COMMAND "${SYNCHED_TEST_FLAGS}")
  if(SYNCHED_SANITIZE MATCHES "undefined") # in what is tested; the test would compile twice as long
    list(APPEND flags -fno-sanitize=undefined)
  endif()
  set_source_files_properties(${name}_test.c PROPERTIES COMPILE_OPTIONS "${flags}") # the last word
  target_link_libraries(${target} PRIVATE unit_support ${arg_LIBS})
  add_test(NAME ${folder}/${name} COMMAND "${PROJECT_SOURCE_DIR}/tests/support/run.sh"
    ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:${target}>)
  # run.sh ends a program that hangs before this does, and says which test it was.
  set_tests_properties(${folder}/${name} PROPERTIES LABELS ${folder} TIMEOUT 2500)
endfunction()

# synched_add_unit_test(NAME [LIBS target...]): tests/unit/NAME_test.c.
function(synched_add_unit_test name)
  synched_add_criterion_test(unit ${name} ${ARGN})
endfunction()

# synched_add_stress_test(NAME [LIBS target...] [ARGS argument...]): tests/stress/NAME_stress.c, a
# program that runs until its --seconds are over.
function(synched_add_stress_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBS;ARGS")
  set(target ${name}_stress)
  add_executable(${target} ${name}_stress.c)
  synched_target_defaults(${target})
  target_link_libraries(${target} PRIVATE stress_support ${arg_LIBS})
  add_test(NAME stress/${name} COMMAND ${target} --seconds ${SYNCHED_STRESS_SECONDS} ${arg_ARGS})
  # They bring more threads than there are CPUs; two at once would only measure each other.
  set_tests_properties(stress/${name} PROPERTIES LABELS stress TIMEOUT ${hang_seconds} PROCESSORS 2)
endfunction()

# synched_add_outside_test(FOLDER NAME [LABEL label] [ARGS argument...]): tests/FOLDER/NAME.sh, a
# promise checked from outside. It counts as a contract test, or as what LABEL says. Exit code 77
# says that it cannot be checked here.
function(synched_add_outside_test folder name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "LABEL" "ARGS")
  if(NOT arg_LABEL)
    set(arg_LABEL contract)
  endif()
  add_test(NAME ${folder}/${name}
    COMMAND "${PROJECT_SOURCE_DIR}/tests/${folder}/${name}.sh" ${arg_ARGS})
  set_tests_properties(${folder}/${name} PROPERTIES
    LABELS "${arg_LABEL};${folder}" TIMEOUT ${hang_seconds} SKIP_RETURN_CODE 77)
endfunction()

# synched_add_rule_test(NAME [ARGS argument...]): tests/rules/NAME.sh.
function(synched_add_rule_test name)
  synched_add_outside_test(rules ${name} ${ARGN})
endfunction()

# synched_add_program_test(NAME [LABEL label] [ARGS argument...]): tests/programs/NAME.sh.
function(synched_add_program_test name)
  synched_add_outside_test(programs ${name} ${ARGN})
endfunction()

# synched_add_example_test(NAME COMMAND command...): an example's run; its exit code is the result.
function(synched_add_example_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "COMMAND")
  add_test(NAME example/${name} COMMAND ${arg_COMMAND})
  set_tests_properties(example/${name} PROPERTIES LABELS example TIMEOUT ${hang_seconds})
endfunction()
