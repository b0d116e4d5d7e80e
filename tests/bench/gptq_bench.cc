// GPTQ of whole matrices on one core, the second moment given, beside the bare products that it
// cannot do without. usage: gptq_bench [rounds [out in]...]

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"
#include "perturb/draws.h"
#include "perturb/outer_products.h"
#include "quant/gptq.h"
#include "quant/gptq_factor.h"
#include "tests/bench/bench_support.h"
#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

struct Shape {
  Index out = 0, in = 0;
};

/// Multiplications and additions of the feedback, and of one factorisation.
double feedback_flops(const Shape& s) {
  return static_cast<double>(s.out) * static_cast<double>(s.in) * static_cast<double>(s.in);
}
double factor_flops(const Shape& s) {
  const auto in = static_cast<double>(s.in);
  return in * in * in / 3.0;
}

void fill(Matrix& x, std::uint64_t key) {
  draws_of("gaussian").fill(x.data(), x.size(), 0, key, 4);
}

/// Inputs that are correlated and of unlike sizes, as those of a linear are.
SymmetricMatrix second_moment(Index in) {
  SymmetricMatrix sums(in);
  Matrix x(512, in);
  for (Index part = 0; part * 512 < in + 512; ++part) {
    fill(x, static_cast<std::uint64_t>(part));
    for (Index t = 0; t < x.rows(); ++t)
      for (Index c = 1; c < in; ++c)
        x(t, c) = (0.5f * x(t, c - 1) + x(t, c)) * (c % 50 == 0 ? 5.0f : 1.0f);
    add_outer_products(x, sums);
  }
  return sums;
}

/// Seconds that bare products take for so many operations: the speed of 128 rows by a packed
/// weight, `linear`'s, at the size of the matrix.
class BareProducts {
 public:
  explicit BareProducts(const Shape& shape)
      : x_(4 * kRowTile, std::min<Index>(shape.in, 4096)), y_(x_.rows(), x_.cols()) {
    Matrix w(x_.cols(), x_.cols());
    fill(w, 7);
    fill(x_, 8);
    packed_ = pack_weight(w);
  }
  void run() { linear(x_, packed_, {}, y_); }
  double flops() const {
    return 2.0 * static_cast<double>(x_.rows()) * static_cast<double>(x_.cols()) *
           static_cast<double>(x_.cols());
  }

 private:
  Matrix x_, y_;
  PackedWeight packed_;
};

void bench(int rounds, const std::vector<Shape>& shapes) {
  set_thread_count(1);
  fmt::print("{}\nuniform 4 bit asymmetric, groups of 64, zero in range; best of {} rounds\n\n",
             machine_line(), rounds);
  fmt::print("| out x in | gptq, s | its factorisation | bare products, s | share |\n");
  fmt::print("|---|---|---|---|---|\n");
  const std::shared_ptr<const Grid> grid =
      make_grid(grid_spec("uniform"), 4, false, Levels::balanced);
  const UnitFit fit(grid, {}, true);
  for (const Shape& shape : shapes) {
    const SymmetricMatrix sums = second_moment(shape.in);
    Matrix w(shape.out, shape.in), rounded(shape.out, shape.in);
    fill(w, 9);
    BareProducts products(shape);
    Interleaved cases;
    cases.add("gptq", [&] { gptq(w, sums, 2.0 / 32, {}, Unit::groups(64), fit, {}, rounded); });
    cases.add("factor", [&] { gptq_feedback(GptqMoment(sums, 2.0 / 32, false), 0.01); });
    cases.add("products", [&] { products.run(); });
    cases.run(rounds);
    const double flops = feedback_flops(shape) + factor_flops(shape);
    const double floor = cases.best("products") * flops / products.flops();
    fmt::print("| {} x {} | {:.3f} | {:.3f} | {:.3f} | {:.0f} % |\n", shape.out, shape.in,
               cases.best("gptq"), cases.best("factor"), floor, 100.0 * floor / cases.best("gptq"));
  }
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  std::vector<nf::Shape> shapes;
  for (int i = 2; i + 1 < argc; i += 2)
    shapes.push_back({std::atoll(argv[i]), std::atoll(argv[i + 1])});
  if (shapes.empty()) shapes = {{768, 768}, {3072, 768}, {768, 3072}, {4096, 4096}, {11008, 4096}};
  nf::bench(argc > 1 ? std::atoi(argv[1]) : 5, shapes);
  return 0;
}
