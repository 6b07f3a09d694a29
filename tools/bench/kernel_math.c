#include "kernel_math.h"

#include <math.h>
#include <string.h>

#define TIME_STEP 1e-3
#define SOFTENING 1e-2

/* Fixed, so no part of what is computed. */
static double mass_of(size_t body) {
  return 0.5 + (double)body / BODIES;
}

/* The pull of one body, whose x, y, z and mass are given, on a block's. Their sums fill vectors;
 * each of them is added up in the same order however wide those are. */
static void pull(const struct bodies *block, const double source[4], struct acceleration *sum) {
#pragma omp simd
  for (size_t i = 0; i < BLOCK_BODIES; i++) {
    const double dx = source[0] - block->x[i];
    const double dy = source[1] - block->y[i];
    const double dz = source[2] - block->z[i];
    const double square = dx * dx + dy * dy + dz * dz + SOFTENING;
    const double strength = source[3] / (square * sqrt(square));
    sum->x[i] += dx * strength;
    sum->y[i] += dy * strength;
    sum->z[i] += dz * strength;
  }
}

void kernel_accelerate(const struct bodies *all, size_t block, struct acceleration *out) {
  const struct bodies here = all[block];
  struct acceleration sum = {0};
  for (size_t b = 0; b < BLOCKS; b++)
    for (size_t j = 0; j < BLOCK_BODIES; j++)
      pull(&here,
           (const double[4]){all[b].x[j], all[b].y[j], all[b].z[j], mass_of(b * BLOCK_BODIES + j)},
           &sum);
  *out = sum;
}

void kernel_move(const struct bodies *old, const struct acceleration *by, struct bodies *now) {
  for (size_t i = 0; i < BLOCK_BODIES; i++) {
    const double vx = old->vx[i] + TIME_STEP * by->x[i];
    const double vy = old->vy[i] + TIME_STEP * by->y[i];
    const double vz = old->vz[i] + TIME_STEP * by->z[i];
    now->x[i] = old->x[i] + TIME_STEP * vx;
    now->y[i] = old->y[i] + TIME_STEP * vy;
    now->z[i] = old->z[i] + TIME_STEP * vz;
    now->vx[i] = vx;
    now->vy[i] = vy;
    now->vz[i] = vz;
  }
}

static double scatter(size_t i, unsigned salt) {
  uint64_t h = (i + 1) * 0x9e3779b97f4a7c15u + salt * 0xbf58476d1ce4e5b9u;
  h ^= h >> 29;
  h *= 0x94d049bb133111ebu;
  h ^= h >> 32;
  return (double)(h >> 11) / 9007199254740992.0;
}

void kernel_bodies_init(struct bodies *all, size_t first, size_t end) {
  for (size_t b = first; b < end; b++)
    for (size_t i = 0; i < BLOCK_BODIES; i++) {
      const size_t body = b * BLOCK_BODIES + i;
      all[b].x[i] = scatter(body, 1);
      all[b].y[i] = scatter(body, 2);
      all[b].z[i] = scatter(body, 3);
      all[b].vx[i] = all[b].vy[i] = all[b].vz[i] = 0.0;
    }
}

void kernel_heat(const double *restrict old, double *restrict now, size_t first, size_t end) {
  for (size_t row = first; row < end; row++) {
    const double *at = old + row * HEAT_SIDE;
    double *to = now + row * HEAT_SIDE;
    if (row == 0 || row == HEAT_SIDE - 1) {
      memcpy(to, at, HEAT_SIDE * sizeof *to);
      continue;
    }
    const double *above = at - HEAT_SIDE, *below = at + HEAT_SIDE;
    to[0] = at[0];
    for (size_t i = 1; i < HEAT_SIDE - 1; i++)
      to[i] = at[i] + 0.2 * (at[i - 1] + at[i + 1] + above[i] + below[i] - 4.0 * at[i]);
    to[HEAT_SIDE - 1] = at[HEAT_SIDE - 1];
  }
}

void kernel_heat_init(double *plate, size_t first, size_t end) {
  for (size_t i = first * HEAT_SIDE; i < end * HEAT_SIDE; i++)
    plate[i] = scatter(i, 5) * 100.0;
}

/* The sum of three bits for each of 64 columns, as two bits. */
static void add_three(uint64_t left, uint64_t middle, uint64_t right, uint64_t sum[2]) {
  const uint64_t half = left ^ right;
  sum[0] = half ^ middle;
  sum[1] = (left & right) | (half & middle);
}

/* Words of a row of the torus whose cells lie one to the left, and one to the right. */
static void life_row_sums(const uint64_t *row, uint64_t (*sums)[LIFE_WORDS]) {
  for (size_t w = 0; w < LIFE_WORDS; w++) {
    const uint64_t before = row[w == 0 ? LIFE_WORDS - 1 : w - 1];
    const uint64_t after = row[w == LIFE_WORDS - 1 ? 0 : w + 1];
    uint64_t sum[2];
    add_three(row[w] << 1 | before >> 63, row[w], row[w] >> 1 | after << 63, sum);
    sums[0][w] = sum[0];
    sums[1][w] = sum[1];
  }
}

static void life_row(const uint64_t *row, uint64_t (*above)[LIFE_WORDS],
                     uint64_t (*here)[LIFE_WORDS], uint64_t (*below)[LIFE_WORDS], uint64_t *to) {
  for (size_t w = 0; w < LIFE_WORDS; w++) {
    /* Adds three 2-bit numbers: their ones, then their twos with the carry. Only 3 and 4 count. */
    const uint64_t half = above[0][w] ^ below[0][w];
    const uint64_t ones = half ^ here[0][w];
    const uint64_t carry = (above[0][w] & below[0][w]) | (half & here[0][w]);
    const uint64_t ta = above[1][w], tb = here[1][w], tc = below[1][w];
    const uint64_t x = ta ^ tb, y = tc ^ carry;
    const uint64_t twos = x ^ y;
    const uint64_t fours = (ta & tb) ^ (tc & carry) ^ (x & y); /* the bit of 4, modulo 8 */
    const uint64_t three = ones & twos & ~fours;
    const uint64_t four = ~ones & ~twos & fours;
    to[w] = three | (four & row[w]);
  }
}

void kernel_life(const uint64_t *restrict old, uint64_t *restrict now, size_t first, size_t end) {
  uint64_t sums[3][2][LIFE_WORDS];
  life_row_sums(old + (first + LIFE_SIDE - 1) % LIFE_SIDE * LIFE_WORDS, sums[0]);
  life_row_sums(old + first * LIFE_WORDS, sums[1]);
  for (size_t row = first; row < end; row++) {
    const size_t turn = row - first;
    life_row_sums(old + (row + 1) % LIFE_SIDE * LIFE_WORDS, sums[(turn + 2) % 3]);
    life_row(old + row * LIFE_WORDS, sums[turn % 3], sums[(turn + 1) % 3], sums[(turn + 2) % 3],
             now + row * LIFE_WORDS);
  }
}

void kernel_life_init(uint64_t *torus, size_t first, size_t end) {
  for (size_t i = first * LIFE_WORDS; i < end * LIFE_WORDS; i++) {
    uint64_t word = 0;
    for (unsigned bit = 0; bit < 64; bit++)
      word |= (uint64_t)(scatter(i * 64 + bit, 6) < 0.3) << bit;
    torus[i] = word;
  }
}

uint64_t kernel_checksum(const void *data, size_t bytes) {
  const unsigned char *at = data;
  uint64_t sum = 14695981039346656037u;
  for (size_t i = 0; i + 8 <= bytes; i += 8) {
    uint64_t word;
    memcpy(&word, at + i, sizeof word);
    sum = (sum ^ word) * 1099511628211u;
    sum ^= sum >> 31;
  }
  return sum;
}
