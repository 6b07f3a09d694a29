#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <png.h>

namespace lattice {

namespace {

constexpr std::size_t longest_side = 2048;

/* Colours: 0 .. 254 from blue over white to red; 255 is solid. */
constexpr int middle = 127;
constexpr int solid = 255;

std::vector<png_byte> make_palette() {
  static const double stops[][3] = {
      {10, 30, 95}, {40, 120, 190}, {247, 247, 247}, {214, 85, 55}, {100, 10, 25}};
  std::vector<png_byte> palette;
  for (int i = 0; i <= 2 * middle; i++) {
    const double at = 4.0 * i / (2 * middle);
    const auto stop = std::min<std::size_t>(static_cast<std::size_t>(at), 3);
    for (std::size_t k = 0; k < 3; k++)
      palette.push_back(static_cast<png_byte>(
          stops[stop][k] + (stops[stop + 1][k] - stops[stop][k]) * (at - double(stop))));
  }
  palette.insert(palette.end(), {90, 90, 90});
  return palette;
}

/* A state to look at. */
class view {
public:
  view(const flow &flow, synched::span<const double> state)
      : plane_(flow.plane()), state_(state), scale_(flow.diameter() / plane_.inflow) {
  }

  bool is_solid(std::size_t x, std::size_t y) const {
    return x >= plane_.solid[y].begin && x < plane_.solid[y].end;
  }

  /* In units of the inflow's velocity over the cylinder's diameter. */
  double vorticity(std::size_t x, std::size_t y) const {
    const std::size_t left = x == 0 ? 0 : x - 1, right = std::min(x + 1, plane_.width - 1);
    const std::size_t below = y == 0 ? plane_.height - 1 : y - 1;
    const std::size_t above = y + 1 == plane_.height ? 0 : y + 1;
    const double along = velocity(right, y).y - velocity(left, y).y;
    const double across = velocity(x, above).x - velocity(x, below).x;
    return (along / double(right - left) - across / 2) * scale_;
  }

private:
  lattice_velocity velocity(std::size_t x, std::size_t y) const {
    return lattice_velocity_at(&plane_, state_.data() + y * lattice_row(&plane_), y, x);
  }

  const lattice_plane &plane_;
  synched::span<const double> state_;
  double scale_;
};

/* The colour of a square of cells, whose corner that is. Half of the scale is a vorticity of 3. */
png_byte colour_of(const view &view, std::size_t x, std::size_t y, std::size_t side) {
  double sum = 0;
  for (std::size_t row = y; row < y + side; row++)
    for (std::size_t column = x; column < x + side; column++) {
      if (view.is_solid(column, row))
        return solid;
      sum += view.vorticity(column, row);
    }
  const double turned = sum / double(side * side);
  return static_cast<png_byte>(std::lround(middle + middle * std::tanh(turned / 3)));
}

} // namespace

void write_vorticity(std::FILE *file, const flow &flow, synched::span<const double> state) {
  const lattice_plane &plane = flow.plane();
  const view view(flow, state);
  const std::size_t side = (std::max(plane.width, plane.height) + longest_side - 1) / longest_side;
  const std::size_t width = plane.width / side, height = plane.height / side;
  std::vector<png_byte> pixels(width * height);
  /* The first row of a picture is its top. */
  for (std::size_t y = 0; y < height; y++)
    for (std::size_t x = 0; x < width; x++)
      pixels[(height - 1 - y) * width + x] = colour_of(view, x * side, y * side, side);

  const std::vector<png_byte> palette = make_palette();
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = 256;
  if (png_image_write_to_stdio(&image, file, 0, pixels.data(), 0, palette.data()) == 0)
    throw std::runtime_error(image.message);
}

} // namespace lattice
