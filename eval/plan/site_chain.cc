#include "eval/plan/site_chain.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/ops/elementwise.h"

namespace nf {

DistortionPtr SiteStep::whole() const {
  DistortionPtr whole = distortion->whole();
  return whole == nullptr ? distortion : whole;
}

namespace {

using Marks = std::vector<std::uint8_t>;

void join(const Marks& more, Marks& marks) {
  for (std::size_t i = 0; i < more.size(); ++i) marks[i] |= more[i];
}

/// Whether the dose or the part looks at statistics, so that x̂ is made apart from it.
bool finishes_apart(const SiteStep& step, SiteTensor tensor) {
  return !step.distortion->finish_needs(tensor).empty() && !step.distortion->is_identity();
}

}  // namespace

/// One use of a chain on one matrix: what is to be known of its steps later is gathered on the way.
class SiteChain::Run {
 public:
  struct Sees {
    bool clipped = false, steps = false;
  };
  /// All must outlive it.
  Run(const SiteChain& chain, const Use& use, ConstMatrixView x, const Sees& sees)
      : chain_(chain), use_(use), x_(x) {
    if (sees.clipped) clipped_.assign(size(), 0);
    if (!sees.steps) return;
    grid_step_ = chain.grid_step();
    NF_CHECK(grid_step_.has_value(), "{}: no steps of a grid", chain.site.name());
    step_.resize(x.rows(), x.cols());
  }
  /// All that the chain's twin sees is gathered.
  static Sees of_twin(const SiteChain& chain) {
    if (chain.twin.kind == nullptr) return {};
    return {chain.twin.surrogate().sees_clipped(), chain.twin.surrogate().sees_steps()};
  }

  bool sees_clipped() const { return !clipped_.empty(); }
  bool sees_steps_of(std::size_t step) const { return grid_step_ == step; }
  void join_clipped(const Marks& marks) {
    if (sees_clipped()) join(marks, clipped_);
  }
  Marks take_clipped() { return std::move(clipped_); }

  /// to ← `from` after steps [first, last), at least one. from, to: not overlapping.
  DistortionReport steps(std::size_t first, std::size_t last, ConstMatrixView from, MatrixView to);
  /// to ← x̃ of one step whose x̂ is there. `to` may be x̂.
  DistortionReport finish(std::size_t step, ConstMatrixView from, const WholeChange& whole,
                          MatrixView to) const;
  void see_steps(std::size_t step, ConstMatrixView from);
  /// Keeps what the step that has the grid has chosen.
  void see_notes(std::size_t step, const DistortionReport& report) {
    if (chain_.grid_step() == step) grid_notes_ = report.notes;
  }
  /// distorted ← x + the twin of distorted − x, where there is one.
  void replace(DistortionReport& report, MatrixView distorted) const;

 private:
  std::size_t size() const { return static_cast<std::size_t>(x_.size()); }
  DistortionReport step(std::size_t step, ConstMatrixView from, MatrixView to);
  void add_twin(DistortionReport& report, MatrixView distorted) const;
  /// The values that share a scale of the last quantizer, as chosen here.
  std::optional<Unit> grid_unit() const;

  const SiteChain& chain_;
  const Use& use_;
  ConstMatrixView x_;
  Marks clipped_;  ///< by any step; empty where nobody asks
  std::optional<std::size_t> grid_step_{};
  Matrix step_;  ///< its local steps
  Json grid_notes_ = nullptr;
};

DistortionReport SiteChain::Run::steps(std::size_t first, std::size_t last, ConstMatrixView from,
                                       MatrixView to) {
  // Inputs are small and many, so their buffer is kept; a weight's would stay with every thread.
  thread_local Matrix between_inputs;
  Matrix between_weights;
  const bool is_weight = chain_.site.tensor == SiteTensor::weight;
  Matrix& between = is_weight ? between_weights : between_inputs;
  if (last - first > 1) between.resize(from.rows(), from.cols());
  // Steps alternate between the two buffers so that the last one writes to `to`.
  DistortionReport total;
  for (std::size_t i = first; i < last; ++i) {
    const MatrixView result = (last - 1 - i) % 2 == 0 ? to : between.view();
    total.join(step(i, from, result));
    from = result;
  }
  return total;
}

DistortionReport SiteChain::Run::step(std::size_t step, ConstMatrixView from, MatrixView to) {
  const SiteStep& each = chain_.steps[step];
  const bool apart = finishes_apart(each, chain_.site.tensor);
  Marks marks;
  if (sees_clipped() || (apart && each.distortion->finish_sees_clipped())) marks.assign(size(), 0);
  DistortionContext context = chain_.context_of(step, use_);
  context.clipped = marks.empty() ? nullptr : marks.data();
  const DistortionPtr makes = apart ? each.whole() : each.distortion;
  DistortionReport report = makes->apply(from, context, to);
  if (apart) report = finish(step, from, {to, context.clipped, &report}, to);
  join_clipped(marks);
  see_notes(step, report);
  see_steps(step, from);
  return report;
}

DistortionReport SiteChain::Run::finish(std::size_t step, ConstMatrixView from,
                                        const WholeChange& whole, MatrixView to) const {
  DistortionContext context = chain_.context_of(step, use_);
  context.inputs = use_.knowledge.empty() ? nullptr : use_.knowledge[step].finish_inputs;
  return chain_.steps[step].distortion->finish(from, whole, context, to);
}

void SiteChain::Run::see_steps(std::size_t step, ConstMatrixView from) {
  if (!sees_steps_of(step)) return;
  chain_.steps[step].distortion->local_step(from, chain_.context_of(step, use_), step_);
}

void SiteChain::Run::replace(DistortionReport& report, MatrixView distorted) const {
  // Values that are not finite fail the trial: they are left for all to see.
  if (chain_.twin.kind != nullptr && first_non_finite(distorted) < 0) add_twin(report, distorted);
}

std::optional<Unit> SiteChain::Run::grid_unit() const {
  const std::optional<std::size_t> grid = chain_.grid_step();
  if (!grid) return std::nullopt;
  const std::optional<Unit> unit =
      chain_.steps[*grid].distortion->grid_unit(kind_tensor(chain_.site.tensor));
  return unit ? std::optional(chosen_unit(*unit, grid_notes_)) : std::nullopt;
}

void SiteChain::Run::add_twin(DistortionReport& report, MatrixView distorted) const {
  const ChainTwin& twin = chain_.twin;
  Matrix delta(x_.rows(), x_.cols());
  for (Index r = 0; r < x_.rows(); ++r)
    for (Index c = 0; c < x_.cols(); ++c) delta(r, c) = distorted(r, c) - x_(r, c);
  DistortionContext context = use_.context;
  context.site = chain_.site;
  context.key = context.reference_key = use_.on_calibration_set ? twin.calibration_key : twin.key;
  if (use_.knowledge.size() > chain_.steps.size())
    context.inputs = use_.knowledge[chain_.steps.size()].inputs;
  twin.surrogate().replace({.x = x_,
                            .delta = delta,
                            .step = step_,
                            .grid_unit = grid_unit(),
                            .clipped = sees_clipped() ? clipped_.data() : nullptr},
                           context, delta);
  report.clipped = 0;  // those alone whose change the twin has kept
  for (Index r = 0; r < x_.rows(); ++r)
    for (Index c = 0; c < x_.cols(); ++c) {
      const auto at = static_cast<std::size_t>(r * x_.cols() + c);
      if (sees_clipped() && clipped_[at] != 0 && delta(r, c) != 0.0f) ++report.clipped;
      // Where δ stays as it was x̂ keeps its last bit.
      if (delta(r, c) != distorted(r, c) - x_(r, c)) distorted(r, c) = x_(r, c) + delta(r, c);
    }
}

DistortionContext SiteChain::context_of(std::size_t step, const Use& use) const {
  DistortionContext context = use.context;
  const SiteStep& each = steps[step];
  context.site = site;
  context.key = use.on_calibration_set ? each.calibration_key : each.key;
  context.reference_key =
      use.on_calibration_set ? each.calibration_reference_key : each.reference_key;
  if (!use.figures.empty()) context.figures = use.figures[step].get();
  if (!use.knowledge.empty()) {
    context.inputs = use.knowledge[step].inputs;
    context.choice = use.knowledge[step].choice;
    context.replay = use.knowledge[step].replay;
  }
  return context;
}

DistortionReport SiteChain::apply(ConstMatrixView x, const Use& use, MatrixView distorted) const {
  Run run(*this, use, x, Run::of_twin(*this));
  DistortionReport report = run.steps(0, steps.size(), x, distorted);
  run.replace(report, distorted);
  return report;
}

DistortionReport SiteChain::apply_first(std::size_t count, ConstMatrixView x, const Use& use,
                                        MatrixView distorted) const {
  NF_CHECK(count > 0 && count <= steps.size(), "{}: {} of {} steps", site.name(), count,
           steps.size());
  return Run(*this, use, x, {}).steps(0, count, x, distorted);
}

std::optional<std::size_t> SiteChain::made_step() const {
  for (std::size_t i = steps.size(); i-- > 0;)
    if (!steps[i].whole_needs(site.tensor).empty()) return i;
  return std::nullopt;
}

std::optional<std::size_t> SiteChain::grid_step() const {
  for (std::size_t i = steps.size(); i-- > 0;)
    if (steps[i].distortion->has_steps()) return i;
  return std::nullopt;
}

MadeChange SiteChain::make(ConstMatrixView x, const Use& use) const {
  const std::optional<std::size_t> last = made_step();
  NF_CHECK(last.has_value(), "{}: nothing is made of a calibration set", site.name());
  MadeChange made;
  Run run(*this, use, x, {.clipped = *last > 0});
  Matrix before;
  if (*last > 0) {
    before.resize(x.rows(), x.cols());
    made.report_before = run.steps(0, *last, x, before);
  }
  const DistortionPtr whole = steps[*last].whole();
  DistortionContext context = context_of(*last, use);
  if (whole->tells_clipped()) {
    made.clipped.assign(static_cast<std::size_t>(x.size()), 0);
    context.clipped = made.clipped.data();
  }
  if (whole->integer_levels(site.tensor).exist()) {
    made.integers.resize(x.rows());
    context.integers = &made.integers;
  }
  made.made.resize(x.rows(), x.cols());
  made.report = whole->apply(*last > 0 ? before.view() : x, context, made.made);
  const bool is_given = std::any_of(
      steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(*last),
      [this](const SiteStep& step) { return !step.distortion->input_needs(site.tensor).empty(); });
  if (is_given) {
    made.before = std::move(before);
    made.clipped_before = run.take_clipped();
  }
  return made;
}

DistortionReport SiteChain::apply_made(ConstMatrixView x, const MadeChange& made, const Use& use,
                                       MatrixView distorted) const {
  const std::optional<std::size_t> last = made_step();
  NF_CHECK(last && goes_on_from_made(), "{}: does not go on from what was made", site.name());
  const SiteStep& step = steps[*last];
  const bool is_partial = step.distortion->whole() != nullptr;
  Run run(*this, use, x, Run::of_twin(*this));
  ConstMatrixView before = x;
  Matrix own;
  if (*last > 0 && !made.before.empty()) {
    before = made.before;
    run.join_clipped(made.clipped_before);
  } else if (*last > 0 && (is_partial || run.sees_clipped() || run.sees_steps_of(*last))) {
    own.resize(x.rows(), x.cols());
    run.steps(0, *last, x, own);
    before = own;
  }
  const bool has_change = !step.distortion->is_identity();  // a dose of 0 has none
  if (has_change) run.join_clipped(made.clipped);
  const bool is_last = *last + 1 == steps.size();
  Matrix behind;
  if (!is_last) behind.resize(x.rows(), x.cols());
  const MatrixView to = is_last ? distorted : behind.view();
  DistortionReport own_report = made.report;
  if (is_partial)
    own_report = run.finish(
        *last, before,
        {made.made, made.clipped.empty() ? nullptr : made.clipped.data(), &made.report}, to);
  else
    std::copy_n(made.made.data(), made.made.size(), to.data());
  DistortionReport report = made.report_before;
  if (has_change) report.join(own_report);
  run.see_steps(*last, before);
  run.see_notes(*last, own_report);
  if (!is_last) report.join(run.steps(*last + 1, steps.size(), behind, distorted));
  run.replace(report, distorted);
  return report;
}

bool SiteChain::is_as_made() const {
  return steps.size() == 1 && made_step() && steps.front().distortion->whole() == nullptr &&
         twin.kind == nullptr;
}

bool SiteChain::goes_on_from_made() const {
  const std::optional<std::size_t> made = made_step();
  const bool sees_grid = twin.kind != nullptr && twin.surrogate().sees_grid();
  return made && !(sees_grid && grid_step() < made);
}

bool SiteChain::finishes_with_inputs() const { return !finishing_needs().empty(); }

Index SiteChain::rows_together(Index rows) const {
  if (twin.kind != nullptr) return rows;  // a surrogate is of the whole matrix
  Index together = 1;
  for (const SiteStep& step : steps)
    together = join_together(together, step.distortion->rows_together(rows), rows);
  return together;
}

InputNeeds SiteChain::input_needs() const {
  InputNeeds all;
  for (const ChainNeed& need : needs()) all = all.joined(need.needs);
  return all;
}

std::vector<ChainNeed> SiteChain::needs() const {
  std::vector<ChainNeed> all;
  const auto add = [&all](const ChainNeed& need) {
    if (!need.needs.empty()) all.push_back(need);
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    add({i, false, &steps[i].calibration, steps[i].whole_needs(site.tensor)});
    add({i, true, &steps[i].finish_calibration, steps[i].distortion->finish_needs(site.tensor)});
  }
  if (twin.kind != nullptr)
    add({steps.size(), false, &twin.calibration, twin.surrogate().needs(kind_tensor(site.tensor))});
  return all;
}

std::vector<ChainNeed> SiteChain::making_needs() const {
  std::vector<ChainNeed> all = needs();
  std::erase_if(all, [last = made_step()](const ChainNeed& need) {
    return !last || need.step > *last || (need.step == *last && need.finishes);
  });
  return all;
}

std::vector<ChainNeed> SiteChain::finishing_needs() const {
  std::vector<ChainNeed> all = needs();
  if (!goes_on_from_made()) return all;
  const bool sees_steps = twin.kind != nullptr && twin.surrogate().sees_steps();
  std::erase_if(all, [last = *made_step(),
                      sees = sees_steps && grid_step() == made_step()](const ChainNeed& need) {
    return need.step < last || (need.step == last && !need.finishes && !sees);
  });
  return all;
}

namespace {

double matrix_bytes(Index rows, Index cols) {
  return sizeof(float) * static_cast<double>(rows) * static_cast<double>(cols);
}

}  // namespace

double SiteChain::twin_bytes(Index rows, Index cols) const {
  if (twin.kind == nullptr) return 0.0;
  // δ, local steps and marks, and what the twin itself holds.
  constexpr double kBytes = 2.0 * sizeof(float) + sizeof(std::uint8_t);
  return (kBytes + twin.surrogate().bytes_per_value()) * static_cast<double>(rows) *
         static_cast<double>(cols);
}

double SiteChain::scratch_bytes(Index rows, Index cols) const {
  double most = twin_bytes(rows, cols);
  for (const SiteStep& step : steps)
    most = std::max(most, step.distortion->scratch_bytes(rows, cols));
  return most + (steps.size() > 1 ? matrix_bytes(rows, cols) : 0.0);
}

double SiteChain::finishing_bytes(Index rows, Index cols) const {
  if (is_as_made()) return 0.0;
  double most = twin_bytes(rows, cols);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].whole_needs(site.tensor).empty())
      most = std::max(most, steps[i].distortion->scratch_bytes(rows, cols));
  // x̂, what it was made of, what follows it, and δ in double.
  return most + 5.0 * matrix_bytes(rows, cols);
}

}  // namespace nf
