#include "quant/grid_spec.h"

#include "core/config/joined_word.h"

namespace nf {
namespace {

constexpr const char* kCubeRootWord = "cube-root";

}  // namespace

const GridTable& grids() {
  static const GridTable table = [] {
    GridTable grids("grid");
    register_builtin_grids(grids);
    return grids;
  }();
  return table;
}

std::optional<GridSpec> ConfigValue<GridSpec>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_scalar() && node.text() == kCubeRootWord) return grids().plain("power");
  return read_kind_or_joined(grids(), node, errors);
}

Json ConfigValue<GridSpec>::schema() {
  Json schema = with_joined_words(grids().schema(), grids());
  schema["anyOf"].push_back({{"const", kCubeRootWord}, {"description", "the same as power"}});
  return schema;
}

std::string GridSpec::name() const {
  return config.is_string() ? config.get<std::string>() : config.begin().key();
}

std::unique_ptr<const Grid> make_grid(const GridSpec& spec, Index bits, bool symmetric,
                                      Levels levels) {
  NF_CHECK(spec.make, "no grid");
  NF_CHECK(bits >= kFewestBits && bits <= kMostBits, "{} bits", bits);
  NF_CHECK(symmetric || !spec.symmetric_only, "grid {} is symmetric", spec.config.dump());
  if (levels == Levels::balanced) return spec.make(bits, symmetric);
  NF_CHECK(spec.make_full && symmetric, "grid {} has no levels: full", spec.config.dump());
  return spec.make_full(bits);
}

}  // namespace nf
