// Noise in values per second on one core: the draws alone, and a whole distortion (draw, norm,
// scale, add). usage: noise_bench [rounds]

#include <fmt/format.h>

#include <cstdlib>

#include "core/base/parallel.h"
#include "core/tensor/matrix.h"
#include "eval/experiment/kinds.h"
#include "perturb/draws.h"
#include "tests/bench/bench_support.h"

namespace nf {
namespace {

struct Shape {
  const char* name;
  SiteTensor tensor;
  Index rows, cols;
};

void bench(int rounds) {
  set_thread_count(1);
  const KindsPtr kinds = Kinds::builtin();
  fmt::print("{}\nbest of {} rounds, M values/s\n\n", machine_line(), rounds);

  constexpr Index kDraws = 64 * 1024;  // 256 kB, stays in the second-level cache
  Matrix z(1, kDraws);
  Interleaved draws;
  const std::vector<const Distribution*> distributions = builtin_distributions();
  for (const Distribution* distribution : distributions) {
    std::vector<double> shape;
    for (const ShapeParameter& parameter : distribution->parameters)
      shape.push_back(parameter.example);
    draws.add(distribution->name, [&z, of = draws_of(distribution->name, shape)] {
      for (Index i = 0; i < 16; ++i)
        of.fill(z.data(), kDraws, static_cast<std::uint64_t>(i * kDraws), 1, 2);
    });
  }
  draws.run(rounds);
  fmt::print("| draws alone | M values/s |\n|---|---|\n");
  for (const Distribution* distribution : distributions)
    fmt::print("| {} | {:.0f} |\n", distribution->name,
               16.0 * static_cast<double>(kDraws) / draws.best(distribution->name) / 1e6);

  const Shape shapes[] = {{"weight [768, 768], scope tensor", SiteTensor::weight, 768, 768},
                          {"input [512, 768], scope token", SiteTensor::input, 512, 768},
                          {"input [512, 3072], scope token", SiteTensor::input, 512, 3072}};
  std::vector<std::pair<std::string, std::string>> entries;
  for (const Distribution* distribution : distributions) {
    Json entry = {{"noise", distribution->name}, {"strength", {{"relative_l2", 0.1}}}};
    for (const ShapeParameter& parameter : distribution->parameters)
      entry[parameter.name] = parameter.example;
    entries.emplace_back(distribution->name, entry.dump());
  }
  entries.emplace_back("gaussian proportional",
                       "{noise: gaussian, relation: proportional, strength: {relative_l2: 0.1}}");
  entries.emplace_back("clip 0.999", "{noise: clip, quantile: 0.999}");
  for (const char* grid : {"uniform", "power"}) {
    entries.emplace_back(
        fmt::format("quantizer {} 8 bit", grid),
        fmt::format("{{grid: {}, bits: 8, granularity: {{group: 100000}}}}", grid));
  }
  fmt::print("\n| whole distortion |");
  for (const Shape& shape : shapes) fmt::print(" {} |", shape.name);
  fmt::print("\n|---|---|---|---|\n");
  std::vector<Interleaved> columns(std::size(shapes));
  for (std::size_t s = 0; s < std::size(shapes); ++s) {
    const Shape& shape = shapes[s];
    Matrix x(shape.rows, shape.cols), out(shape.rows, shape.cols);
    draws_of("gaussian").fill(x.data(), x.size(), 0, 3, 4);
    for (const auto& [name, yaml] : entries) {
      const DistortionPtr distortion = read_distortion(*kinds, yaml, shape.tensor);
      columns[s].add(name, [&x, &out, distortion, &shape] {
        distortion->apply(x, {.site = {.tensor = shape.tensor}, .key = 5, .seed = 6}, out);
      });
    }
    columns[s].run(rounds);
  }
  for (const auto& [name, yaml] : entries) {
    fmt::print("| {} |", name);
    for (std::size_t s = 0; s < std::size(shapes); ++s)
      fmt::print(" {:.0f} |", static_cast<double>(shapes[s].rows * shapes[s].cols) /
                                  columns[s].best(name) / 1e6);
    fmt::print("\n");
  }
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  nf::bench(argc > 1 ? std::atoi(argv[1]) : 50);
  return 0;
}
