/*
 * counted_new.hpp: every operator new of the program is counted, and one of them can be refused.
 */
#ifndef SYNCHED_TESTS_CPP_COUNTED_NEW_HPP
#define SYNCHED_TESTS_CPP_COUNTED_NEW_HPP

/* Whether that can be had: a thread sanitizer brings its own operators. */
bool counts_new() noexcept;

/* of the whole process so far */
unsigned long new_count() noexcept;

/* The operator new after so many more is refused; 0: the next one. */
void refuse_new_after(unsigned long count) noexcept;

/* Refuses none any more. Whether one has been refused. */
bool refuse_no_new() noexcept;

#endif
