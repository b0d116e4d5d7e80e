#include "eval/run/chain_rows.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/parallel.h"

namespace nf {
namespace {

/// Rows that one thread makes at a time, about: few enough to stay in its cache.
constexpr Index kPieceRows = 64;

}  // namespace

/// Values that the first steps of a chain make: the input of the next one.
class ChainRows::Prefix final : public RowSource {
 public:
  Prefix(const ChainRows& all, std::size_t steps) : all_(all), steps_(steps) {}

  Index rows() const override { return all_.source_.rows(); }
  Index cols() const override { return all_.source_.cols(); }
  Index rows_together() const override { return all_.together_; }
  void read(Index first, MatrixView part) const override {
    if (steps_ == 0) return all_.source_.read(first, part);
    Matrix x(part.rows(), part.cols());
    all_.make(steps_, first, x, part);
  }

 private:
  const ChainRows& all_;
  std::size_t steps_;
};

ChainRows::ChainRows(const SiteChain& chain, std::uint64_t seed, const RowSource& x,
                     std::span<const StepKnowledge> knowledge)
    : chain_(chain), context_{.site = chain.site, .seed = seed}, source_(x), knowledge_(knowledge) {
  together_ = join_together(x.rows_together(), chain.rows_together(x.rows()), x.rows());
  for (std::size_t step = 0; step < chain.steps.size(); ++step) {
    const DistortionContext context =
        chain.context_of(step, {.context = context_, .knowledge = knowledge});
    figures_.push_back(chain.steps[step].distortion->figures(Prefix(*this, step), context));
  }
}

DistortionReport ChainRows::make(Index first, MatrixView x, MatrixView distorted) const {
  return make(chain_.steps.size(), first, x, distorted);
}

DistortionReport ChainRows::make(std::size_t steps, Index first, MatrixView x,
                                 MatrixView distorted) const {
  const Index rows = x.rows();
  NF_CHECK(first % together_ == 0 && (rows % together_ == 0 || first + rows == source_.rows()),
           "rows [{}, {}) of a matrix made {} rows at a time", first, first + rows, together_);
  const Index piece = std::max(together_, kPieceRows / together_ * together_);
  const Index pieces = (rows + piece - 1) / piece;
  std::vector<DistortionReport> reports(static_cast<std::size_t>(pieces));
  parallel_for(pieces, [&](Index i) {
    const Index begin = i * piece, count = std::min(piece, rows - begin);
    const MatrixView from = x.middle_rows(begin, count);
    source_.read(first + begin, from);
    DistortionContext context = context_;
    context.first_element = static_cast<std::uint64_t>((first + begin) * x.cols());
    const SiteChain::Use use{.context = context, .figures = figures_, .knowledge = knowledge_};
    const MatrixView to = distorted.middle_rows(begin, count);
    reports[static_cast<std::size_t>(i)] = steps == chain_.steps.size()
                                               ? chain_.apply(from, use, to)
                                               : chain_.apply_first(steps, from, use, to);
  });
  DistortionReport total;
  for (const DistortionReport& report : reports) total.join(report);
  return total;
}

}  // namespace nf
