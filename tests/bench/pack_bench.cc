// Packing a weight: our own packer beside oneDNN's reorder, in nanoseconds per weight on one core.
// usage: pack_bench [rounds]

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/large_pages.h"
#include "core/base/parallel.h"
#include "core/checkpoint/convert.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "core/ops/pack.h"
#include "core/tensor/matrix.h"
#include "perturb/draws.h"
#include "tests/bench/bench_support.h"

namespace nf {
namespace {

struct Shape {
  Index out, in;
};

/// Calls work(first, rows) for blocks of rows that cover a weight.
template <class Work>
void for_blocks(Index out, Index block, const Work& work) {
  for (Index first = 0; first < out; first += block) work(first, std::min(block, out - first));
}

void bench(const Shape& shape, int rounds) {
  const Index out = shape.out, in = shape.in;
  const PackedForm form = packed_form(out, in);
  Matrix w(out, in);
  draws_of("gaussian").fill(w.data(), w.size(), 0, 1, 2);
  std::vector<std::uint16_t> bf16(static_cast<std::size_t>(w.size()));
  for (Index i = 0; i < w.size(); ++i)
    bf16[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(i * 40503 % 0x7f80);
  const std::unique_ptr<float[], decltype(&free_floats)> touched(allocate_floats(form.floats),
                                                                 free_floats);
  std::fill_n(touched.get(), form.floats, 0.0f);
  const Index block = WeightPacker(out, in).row_block();
  Matrix rows(block, in);
  rows.fill(1.0f);

  Interleaved cases;
  cases.add("reorder", [&] { reorder_weight(w, touched.get()); });
  cases.add("reorder, new memory", [&] {
    Matrix packed(1, form.floats);
    reorder_weight(w, packed.data());
  });
  if (form.layout) {
    cases.add("own", [&] { pack_rows(*form.layout, 0, w, touched.get()); });
    cases.add("own, cached rows", [&] {
      for_blocks(out, block, [&](Index first, Index n) {
        pack_rows(*form.layout, first, rows.view().middle_rows(0, n), touched.get());
      });
    });
  }
  cases.add("own, new memory", [&] { pack_weight(w); });
  cases.add("bf16 to f32", [&] {
    for_blocks(out, block, [&](Index first, Index n) {
      convert_kernels().bf16(bf16.data() + first * in, n * in, rows.data());
    });
  });
  cases.add("bf16 to packed", [&] {
    WeightPacker packer(out, in);
    for_blocks(out, block, [&](Index first, Index n) {
      convert_kernels().bf16(bf16.data() + first * in, n * in, rows.data());
      packer.put_rows(first, rows.view().middle_rows(0, n));
    });
    std::move(packer).finish();
  });
  cases.run(rounds);

  const auto ns = [&](const char* name) {
    return cases.best(name) * 1e9 / static_cast<double>(w.size());
  };
  const double reorder = ns("reorder"), reorder_new = ns("reorder, new memory");
  const double own_new = ns("own, new memory");
  fmt::print("| {} x {} | {:.2f} |", out, in, reorder);
  if (form.layout)
    fmt::print(" {:.2f} ({:.1f}x) | {:.2f} ({:.1f}x) |", ns("own"), reorder / ns("own"),
               ns("own, cached rows"), reorder / ns("own, cached rows"));
  else
    fmt::print(" - | - |");
  fmt::print(" {:.2f} | {:.2f} ({:.1f}x) | {:.2f} | {:.2f} |\n", reorder_new, own_new,
             reorder_new / own_new, ns("bf16 to f32"), ns("bf16 to packed"));
}

void bench_all(int rounds) {
  set_thread_count(1);
  fmt::print("{}\nbest of {} rounds, ns per weight (in brackets: times as fast as the reorder)\n\n",
             machine_line(), rounds);
  fmt::print(
      "| out x in | reorder | own | own, cached rows | reorder, new memory |"
      " own, new memory | bf16 to f32 | bf16 to packed, new memory |\n"
      "|---|---|---|---|---|---|---|---|\n");
  for (const Shape& shape :
       {Shape{768, 768}, {3072, 768}, {4096, 4096}, {11008, 4096}, {4096, 11008}})
    bench(shape, rounds);
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  nf::bench_all(argc > 1 ? std::atoi(argv[1]) : 10);
  return 0;
}
