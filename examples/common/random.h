/*
 * random.h: random numbers that depend on nothing but a seed and an index, so that any worker can
 * make any of them, and every run makes the same ones.
 */
#ifndef EXAMPLE_RANDOM_H
#define EXAMPLE_RANDOM_H

#include <stdint.h>

/* Steele, Lea and Flood 2014, SplitMix64. Seeds that differ in their lower 24 bits give different
 * numbers. */
static inline uint64_t example_random_at(uint64_t seed, uint64_t index) {
  uint64_t mixed = (seed << 40) + (index + 1) * 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

#endif
