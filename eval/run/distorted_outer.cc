#include "eval/run/distorted_outer.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "eval/run/finite_problem.h"
#include "eval/run/lane_activations.h"
#include "perturb/order_statistic.h"

namespace nf {

DistortedOuter::DistortedOuter(const Decoder& decoder, Role role, const SiteChain& chain,
                               std::uint64_t seed, bool measure, bool complete,
                               ChainKnowledge knowledge, PredictorProbe* predictors)
    : decoder_(decoder),
      role_(role),
      chain_(chain),
      measure_(measure),
      complete_(complete),
      source_(decoder, role),
      knowledge_(std::move(knowledge)),
      rows_(chain, seed, source_, knowledge_.steps()),
      site_{.site = chain.site.name(), .complete = complete} {
  if (measure && complete) median_ = median_magnitude(source_);
  if (measure && predictors != nullptr)
    probe_.emplace(predictors->of_weight(chain, seed, source_.rows()));
}

void DistortedOuter::Source::read(Index first, MatrixView part) const {
  parallel_for((part.rows() + kConversionRows - 1) / kConversionRows, [&](Index piece) {
    const Index begin = piece * kConversionRows;
    const Index count = std::min(kConversionRows, part.rows() - begin);
    decoder_.read_outer(role_, first + begin, part.middle_rows(begin, count));
  });
}

void DistortedOuter::next(MatrixView rows) {
  for (Index done = 0; done < rows.rows();) {
    if (taken_ == made_.rows()) make_part();
    const Index count = std::min(rows.rows() - done, made_.rows() - taken_);
    std::copy_n(made_.view().row(taken_), count * rows.cols(), rows.row(done));
    taken_ += count;
    done += count;
  }
}

void DistortedOuter::make_part() {
  const Index all = source_.rows(), cols = source_.cols();
  NF_CHECK(next_ < all, "{}: all {} rows are made", chain_.site.name(), all);
  const Index count = std::min(part_rows(rows_.rows_together(), all), all - next_);
  x_.resize(count, cols);
  made_.resize(count, cols);
  const DistortionReport report = rows_.make(next_, x_, made_);
  if (problem_.empty()) problem_ = finite_problem(chain_.site.name(), made_, next_);
  if (measure_ && problem_.empty()) measure(report);
  next_ += count;
  taken_ = 0;
  if (next_ < all) return;
  x_ = {};  // as large as the matrix where a distortion sees it whole
  decoder_.release_outer(role_);
}

void DistortedOuter::measure(const DistortionReport& report) {
  if (complete_)
    site_.stats.add_rows(x_, made_, median_);
  else
    site_.stats.add_energies(x_, made_);
  site_.stats.clipped += report.clipped;
  site_.join_notes(report.notes);
  if (probe_) probe_->add(next_, x_, made_);
}

std::vector<SiteStats> DistortedOuter::take_sites() {
  NF_CHECK(next_ == source_.rows(), "{}: {} of {} rows are made", chain_.site.name(), next_,
           source_.rows());
  if (!measure_ || !problem_.empty()) return {};
  if (probe_) site_.predictor = probe_->take();
  return {std::move(site_)};
}

TokenRows DistortedOuter::take_tokens(std::vector<std::int32_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const Index all = source_.rows(), cols = source_.cols();
  std::erase_if(ids, [all](std::int32_t id) { return id < 0 || id >= all; });
  TokenRows tokens{.ids = std::move(ids)};
  tokens.rows.resize(std::ssize(tokens.ids), cols);
  Matrix part;
  Index kept = 0;
  for (Index first = 0; first < all; first += part.rows()) {
    part.resize(std::min(kPartRows, all - first), cols);
    next(part);
    for (; kept < tokens.rows.rows(); ++kept) {
      const Index row = tokens.ids[static_cast<std::size_t>(kept)] - first;
      if (row >= part.rows()) break;
      std::copy_n(part.view().row(row), cols, tokens.rows.view().row(kept));
    }
  }
  return tokens;
}

}  // namespace nf
