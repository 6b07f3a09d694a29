/*
 * scene.hpp: the computation that tests do in rounds, and its serial loop.
 */
#ifndef SYNCHED_TESTS_CPP_SCENE_HPP
#define SYNCHED_TESTS_CPP_SCENE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <synched/synched.hpp>

/* Heat in a rod. */
struct scene {
  static constexpr std::size_t segments = 7;
  static constexpr std::size_t elements = 13; // per segment
  static constexpr std::size_t all = segments * elements;
  static constexpr std::uint64_t rounds = 50;

  static synched::memory_options options() {
    return synched::memory_options().segment_count(segments).segment_capacity(elements);
  }

  static double at_first(std::size_t i) {
    return static_cast<double>(i * i % 17) / 3;
  }

  static double step(synched::span<const double> was, std::size_t i) {
    const double left = i == 0 ? 100.0 : was[i - 1];
    const double right = i + 1 == was.size() ? 0.0 : was[i + 1];
    return (left + was[i] + right) / 3;
  }

  /* the rod after so many rounds */
  static std::vector<double> serial(std::uint64_t round_count) {
    std::vector<double> was(all), is(all);
    for (std::size_t i = 0; i < all; i++)
      was[i] = at_first(i);
    for (std::uint64_t round = 0; round < round_count; round++) {
      for (std::size_t i = 0; i < all; i++)
        is[i] = step(was, i);
      was.swap(is);
    }
    return was;
  }

  static bool is_same(synched::span<const double> now, std::uint64_t round_count) {
    const std::vector<double> expected = serial(round_count);
    return now.size() == all && std::memcmp(now.data(), expected.data(), all * sizeof(double)) == 0;
  }
};

#endif
