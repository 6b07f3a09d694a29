/*
 * both.hpp: what one program has of both kinds of translation units.
 */
#ifndef SYNCHED_TESTS_CPP_BOTH_HPP
#define SYNCHED_TESTS_CPP_BOTH_HPP

#include <system_error>

/* Tries to make a memory of no segments, without exceptions. */
std::error_code create_nothing();

#endif
