#include <algorithm>
#include <bit>

#include "quant/codebook_grid.h"
#include "quant/grid_spec.h"

namespace nf {
namespace {

/// The fewest bits that number so many levels.
Index bits_of(std::size_t levels) {
  return std::max<Index>(kFewestBits, static_cast<Index>(std::bit_width(levels - 1)));
}

std::vector<float> as_floats(const std::vector<double>& values) {
  std::vector<float> floats;
  for (const double value : values) floats.push_back(static_cast<float>(value));
  return floats;
}

/// values: in their order, as written.
GridSpec codebook_spec(const std::vector<double>& values) {
  const std::vector<float> levels = as_floats(values);
  GridSpec spec;
  spec.config = {{"codebook", values}};
  spec.make = [levels](Index, bool) { return make_codebook_grid(levels); };
  spec.symmetric_only = true;
  spec.own_bits = bits_of(levels.size());
  return spec;
}

/// Levels in their order; nullopt after an error.
std::optional<std::vector<double>> read_levels(const ConfigNode& node, ConfigErrors& errors) {
  std::optional<std::vector<double>> values = ConfigValue<std::vector<double>>::read(node, errors);
  if (!values) return std::nullopt;
  std::sort(values->begin(), values->end());
  const std::vector<float> levels = as_floats(*values);
  const auto refuse = [&](const std::string& cause) {
    errors.add(node, cause);
    return std::nullopt;
  };
  if (levels.size() < kFewestLevels || levels.size() > kMostLevels)
    return refuse(
        fmt::format("needs {} to {} levels, has {}", kFewestLevels, kMostLevels, levels.size()));
  if (std::adjacent_find(levels.begin(), levels.end()) != levels.end())
    return refuse(fmt::format("{} stands here twice (as a number of 32 bits)",
                              *std::adjacent_find(levels.begin(), levels.end())));
  const float most = std::max(-levels.front(), levels.back());
  if (most > 1.0f)
    return refuse(fmt::format(
        "levels are in multiples of the unit's max|x|, between -1 and 1; divide them by {}", most));
  return values;
}

}  // namespace

void register_codebook(GridTable& grids) {
  Kind<GridSpec> kind{.name = "codebook"};
  // The form is that of a list of numbers; its reader has more to say.
  kind.take_parameter<std::vector<double>>(
      {.summary = "these levels, times max|x|; bits may be left out",
       .range = between(-1, 1),
       .example = {-1, -0.5, -0.25, 0, 0.25, 0.5, 1}},
      [](const std::vector<double>&) { return GridSpec{}; });
  kind.read = [](const ConfigNode& mapping, ConfigErrors& errors) -> std::optional<GridSpec> {
    const auto levels = read_levels(mapping.entries().front().value, errors);
    return levels ? std::optional(codebook_spec(*levels)) : std::nullopt;
  };
  grids.add(std::move(kind));
}

}  // namespace nf
