#include "quant/gptq.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "perturb/unit_slices.h"
#include "quant/gptq_factor.h"
#include "quant/gptq_kernels.h"
#include "quant/gptq_steps.h"
#include "quant/scaled_runs.h"

namespace nf {
namespace {

/// Rows of a panel, about: as many as make the products fast and leave panels for the threads.
constexpr Index kPanelRows = 256;
/// Columns whose feedback to each other is added up value by value; between larger runs of columns
/// it is a product.
constexpr Index kLeafColumns = 32;
/// How often a failed factorisation is tried again.
constexpr int kRetries = 4;

std::size_t place(Index i) { return static_cast<std::size_t>(i); }
VectorView values(float* p, Index n) { return {p, place(n)}; }

/// Rows of the panels of a weight with `out` rows: about equal parts, of whole units of rows.
Index panel_rows(Index out, const Unit& unit) {
  constexpr Index kVector = 16;
  const Index together = rows_of_unit(unit, out);
  const Index most = std::max(together, kPanelRows / together * together);
  const Index panels = (out + most - 1) / most;
  if (together > 1 && panels > 1) return most;
  return ((out + panels - 1) / panels + kVector - 1) / kVector * kVector;
}

/// Memory of a panel on its way.
struct PanelMemory {
  Matrix error, sum;              ///< Columns of the panel
  Matrix start_error, start_sum;  ///< and of a part of it as it stands at the start of a step
};

/// Memory of the panels, as much as there are panels at a time: of a fresh one every page would
/// have to be cleared.
class PanelMemories {
 public:
  std::unique_ptr<PanelMemory> take() {
    const std::lock_guard lock(mutex_);
    if (unused_.empty()) return std::make_unique<PanelMemory>();
    std::unique_ptr<PanelMemory> memory = std::move(unused_.back());
    unused_.pop_back();
    return memory;
  }
  void give_back(std::unique_ptr<PanelMemory> memory) {
    const std::lock_guard lock(mutex_);
    unused_.push_back(std::move(memory));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<PanelMemory>> unused_;
};

/// Everything that the panels of one weight share.
struct Job {
  ConstMatrixView w;
  const GptqMoment& h;
  Unit unit;
  const UnitFit& fit;
  MatrixView rounded;
  std::uint8_t* marks = nullptr;           ///< [out·in] of clipped values; null: nobody asks
  Matrix feedback{};                       ///< gptq_feedback()
  std::vector<GptqStep> steps{};           ///< of groups that are fitted on the way; else empty
  std::vector<bool> dead{};                ///< [in] by feature
  Index panel = 0;                         ///< rows of a panel
  std::vector<PartialProduct> products{};  ///< of each unit's columns where the fit asks for them
  GptqResult* result = nullptr;            ///< each panel writes its own rows

  Index in() const { return w.cols(); }
  Index panels() const { return (w.rows() + panel - 1) / panel; }
  bool in_columns() const { return unit.kind == Unit::Kind::group_in; }
  bool fits_on_the_way() const { return !steps.empty(); }
  /// Columns of a unit that lies within a row.
  Index group() const { return unit.kind == Unit::Kind::group ? std::min(unit.group, in()) : in(); }
  const PartialProduct* product(Index of_unit) const {
    return products.empty() ? nullptr : &products[place(of_unit)];
  }
};

/// Columns of a panel that are being rounded, one below the other as rows. Row i is that of column
/// first + i.
struct Columns {
  MatrixView error;  ///< w − q of the columns that are done
  MatrixView sum;    ///< what the columns before have fed into each
  Index first = 0;

  Columns run(Index begin, Index end) const {
    return {error.middle_rows(begin - first, end - begin),
            sum.middle_rows(begin - first, end - begin), begin};
  }
};

/// Some rows of a weight on their way, transposed: [in, rows], so that a column is consecutive.
class Panel {
 public:
  Panel(const Job& job, Index first, Index rows, PanelMemory& memory)
      : job_(job),
        first_(first),
        rows_(rows),
        memory_(memory),
        error_(memory.error),
        sum_(memory.sum),
        compensated_(place(job.panel)),
        lowest_(place(job.panel)),
        highest_(place(job.panel)) {
    error_.resize(job.in(), job.panel);
    sum_.resize(job.in(), job.panel);
    units_.resize(job.in_columns() ? 1 : job.result->units.scale.cols(), job.panel);
    units_.limit.fill(std::numeric_limits<float>::infinity());
    if (job.marks != nullptr) marks_.assign(place(rows), 0);
  }

  /// Values that were clipped.
  Index run() {
    load();
    if (job_.fits_on_the_way()) {
      round_steps(0, std::ssize(job_.steps));
      store_scales();
    } else {
      if (!job_.in_columns()) load_scales();
      round_columns(0, job_.in());
    }
    store();
    return clipped_;
  }

 private:
  /// error ← w, its columns in their order, those of dead features 0.
  void load() {
    const ConstMatrixView w = job_.w.middle_rows(first_, rows_);
    Matrix& by_feature = job_.h.in_order() ? error_ : sum_;
    if (rows_ < job_.panel) by_feature.fill(0.0f);
    transpose(w, by_feature.view().middle_cols(0, rows_));
    for (Index i = 0; i < job_.in(); ++i) {
      const Index feature = job_.h.order()[place(i)];
      if (job_.dead[place(feature)])
        std::fill_n(error_.view().row(i), job_.panel, 0.0f);
      else if (!job_.h.in_order())
        std::copy_n(sum_.view().row(feature), job_.panel, error_.view().row(i));
    }
    sum_.fill(0.0f);
  }
  void store() {
    if (!job_.h.in_order())
      for (Index i = 0; i < job_.in(); ++i)
        std::copy_n(sum_.view().row(i), rows_, error_.view().row(job_.h.order()[place(i)]));
    const Matrix& by_feature = job_.h.in_order() ? sum_ : error_;
    transpose(by_feature.view().middle_cols(0, rows_), job_.rounded.middle_rows(first_, rows_));
  }

  /// Scales that were there before the first column.
  void load_scales() {
    const FittedUnits& from = job_.result->units;
    const bool shared = from.scale.rows() == 1;
    each_unit([&](Index r, Index unit) {
      const Index row = shared ? 0 : first_ + r;
      units_.put(unit, r, {from.scale(row, unit), from.zero(row, unit), from.limit(row, unit)});
    });
  }
  void store_scales() {
    each_unit([&](Index r, Index unit) {
      job_.result->units.put(first_ + r, unit,
                             {units_.scale(unit, r), units_.zero(unit, r), units_.limit(unit, r)});
    });
  }
  template <class Use>
  void each_unit(Use use) const {
    for (Index r = 0; r < rows_; ++r)
      for (Index unit = 0; unit < units_.scale.rows(); ++unit) use(r, unit);
  }

  /// The steps [first, last), given what all columns before have fed into them.
  void round_steps(Index first, Index last) {
    if (last - first == 1) {
      const GptqStep& step = job_.steps[place(first)];
      fit_groups(step);
      return round_columns(step.begin, step.end);
    }
    const Index cut = cut_of(job_.steps, first, last);
    round_steps(first, cut);
    const auto begin = [&](Index i) { return job_.steps[place(i)].begin; };
    feed(all(), begin(first), begin(cut), job_.steps[place(last - 1)].end);
    round_steps(cut, last);
  }

  void round_columns(Index begin, Index end) {
    complete(all(), begin, end, [&](Index column) { round_column(column); });
  }

  /// Goes through the columns [begin, end), given what all before have fed into them:
  /// finish(column) is called when its sum is complete, and leaves its error.
  template <class Finish>
  void complete(const Columns& columns, Index begin, Index end, const Finish& finish) {
    if (end - begin <= kLeafColumns) {
      const Columns leaf = columns.run(begin, end);
      for (Index column = begin; column < end; ++column) {
        gptq_kernels().add_shares(leaf.error.data(), job_.panel,
                                  job_.feedback.view().row(column) + begin, column - begin,
                                  leaf.sum.row(column - begin));
        finish(column);
      }
      return;
    }
    const auto half = static_cast<Index>(std::bit_floor(place(end - begin - 1)));
    complete(columns, begin, begin + half, finish);
    feed(columns, begin, begin + half, end);
    complete(columns, begin + half, end, finish);
  }

  /// Feeds the errors of columns [begin, cut) into [cut, end).
  void feed(const Columns& columns, Index begin, Index cut, Index end) {
    matmul_nn(job_.feedback.view().middle_rows(cut, end - cut).middle_cols(begin, cut - begin),
              columns.run(begin, cut).error, columns.run(cut, end).sum, Epilogue::add);
  }

  /// `sum` becomes the rounded column, `error`, which was the weight, the error.
  void round_column(Index column) {
    float* rounded = sum_.view().row(column);
    float* error = error_.view().row(column);
    float* value = compensated_.data();
    for (Index r = 0; r < rows_; ++r) value[r] = error[r] + rounded[r];
    Index unit = 0;
    if (job_.in_columns())
      fit_column(column, value);
    else
      unit = job_.result->unit_of_column[place(job_.h.order()[place(column)])];
    const ScaledRun run{
        .count = rows_,
        .scales = {units_.scale.view().row(unit), units_.zero.view().row(unit), true},
        .limit = job_.fit.needs_inputs() ? units_.limit.view().row(unit) : nullptr};
    clipped_ += quantize_run(job_.fit.grid(), run, values(value, rows_), values(rounded, rows_),
                             marks_.empty() ? nullptr : marks_.data());
    if (!marks_.empty()) store_marks(column);
    for (Index r = 0; r < rows_; ++r) error[r] -= rounded[r];
  }

  /// Marks of a column go where the weight has it; the next one begins without.
  void store_marks(Index column) {
    const Index feature = job_.h.order()[place(column)];
    for (Index r = 0; r < rows_; ++r) {
      if (marks_[place(r)] != 0) job_.marks[(first_ + r) * job_.in() + feature] = 1;
      marks_[place(r)] = 0;
    }
  }

  /// The scales of the groups that begin in a step.
  void fit_groups(const GptqStep& step) {
    const ConstMatrixView start = weight_at(step);
    const Index group = job_.group();
    for (Index first = (step.begin + group - 1) / group * group; first < step.end; first += group) {
      const Index count = std::min(group, job_.in() - first);
      fit_rows(start.middle_rows(first - step.begin, count), first / group);
    }
  }

  /// The columns [begin, reach) of a step as they stand when everything before them is rounded and
  /// has been fed forward: as they would come out if from there on no column made an error of its
  /// own, w − q = w − w' = −sum.
  ConstMatrixView weight_at(const GptqStep& step) {
    const Columns now = all().run(step.begin, step.reach);
    if (step.begin == 0) return now.error;
    Matrix &start = memory_.start_sum, &error = memory_.start_error;
    for (Matrix* part : {&start, &error}) part->resize(step.reach - step.begin, job_.panel);
    std::copy_n(now.sum.data(), start.size(), start.data());
    complete({error, start, step.begin}, step.begin, step.reach, [&](Index column) {
      const Index i = column - step.begin;
      for (Index r = 0; r < job_.panel; ++r) error(i, r) = -start(i, r);
    });
    for (Index i = 0; i < start.size(); ++i) start.data()[i] += now.error.data()[i];
    return start;
  }

  /// Scales of a unit of each row. columns: [n, rows] its values
  void fit_rows(ConstMatrixView columns, Index unit) {
    if (job_.fit.needs_values()) {
      std::vector<float> row(place(columns.rows()));
      for (Index r = 0; r < rows_; ++r) {
        for (Index i = 0; i < columns.rows(); ++i) row[place(i)] = columns(i, r);
        units_.put(unit, r, job_.fit.fit(ConstVectorView(row), job_.product(unit)));
      }
      return;
    }
    std::fill(lowest_.begin(), lowest_.end(), std::numeric_limits<float>::infinity());
    std::fill(highest_.begin(), highest_.end(), -std::numeric_limits<float>::infinity());
    for (Index i = 0; i < columns.rows(); ++i)
      grid_kernels().range_each(columns.row(i), rows_, lowest_.data(), highest_.data());
    job_.fit.fit_range(values(lowest_.data(), rows_), values(highest_.data(), rows_),
                       values(units_.scale.view().row(unit), rows_),
                       values(units_.zero.view().row(unit), rows_));
  }

  /// Scales of the groups of one column, as compensated. column: [rows]
  void fit_column(Index column, const float* value) {
    const Index group = rows_of_unit(job_.unit, job_.w.rows());
    const Index feature = job_.h.order()[place(column)];
    for (Index first = 0; first < rows_; first += group) {
      const Index end = std::min(first + group, rows_);
      const MatrixScale unit =
          job_.fit.fit(ConstVectorView(value + first, value + end), job_.product(feature));
      job_.result->units.put((first_ + first) / group, feature, unit);
      for (Index r = first; r < end; ++r) units_.put(0, r, unit);
    }
  }

  Columns all() { return {error_, sum_, 0}; }

  const Job& job_;
  Index first_, rows_;
  PanelMemory& memory_;
  Matrix &error_, &sum_;  ///< [in, panel] Columns
  FittedUnits units_;     ///< [units of a row, panel]; of groups along the outputs [1, panel]
  std::vector<float> compensated_, lowest_, highest_;
  std::vector<std::uint8_t> marks_;  ///< [rows] of the column, where somebody asks
  Index clipped_ = 0;
};

/// Scales of a row from the weight as it is: of the row, or of groups in their own order.
void fit_row(const Job& job, Index r, FittedUnits& units) {
  std::vector<float> row(job.w.row(r), job.w.row(r) + job.in());
  for (Index f = 0; job.unit.kind == Unit::Kind::group && f < job.in(); ++f)
    if (job.dead[place(f)]) row[place(f)] = 0.0f;
  for (Index unit = 0; unit < units.scale.cols(); ++unit) {
    const Index first = unit * job.group(), count = std::min(job.group(), job.in() - first);
    units.put(
        r, unit,
        job.fit.fit(ConstVectorView(row).subspan(place(first), place(count)), job.product(unit)));
  }
}

/// All scales from the weight as it is.
void fit_before(const Job& job, FittedUnits& units) {
  if (job.unit.kind == Unit::Kind::tensor)
    return units.put(0, 0, job.fit.fit(job.w, job.product(0)));
  parallel_for(job.panels(), [&](Index panel) {
    const Index first = panel * job.panel;
    for (Index r = first; r < std::min(first + job.panel, job.w.rows()); ++r)
      fit_row(job, r, units);
  });
}

/// What the columns of each unit are multiplied with. sample: [S, in]
std::vector<PartialProduct> partial_products(const Job& job, ConstMatrixView sample) {
  const std::vector<Index>& unit_of_column = job.result->unit_of_column;
  std::vector<PartialProduct> products;
  for (Index unit = 0; unit < job.result->units.scale.cols(); ++unit) {
    std::vector<Index> columns;  // in the order in which they are fitted
    for (Index i = 0; i < job.in(); ++i) {
      const Index column = job.fits_on_the_way() ? job.h.order()[place(i)] : i;
      if (unit_of_column[place(column)] == unit) columns.push_back(column);
    }
    Matrix part(sample.rows(), std::ssize(columns));
    for (Index s = 0; s < part.rows(); ++s)
      for (Index i = 0; i < part.cols(); ++i) part(s, i) = sample(s, columns[place(i)]);
    products.emplace_back(part);
  }
  return products;
}

/// Makes room for the scales, and says which of them a column goes by.
void lay_out_units(const Job& job, GptqResult& result) {
  const Index out = job.w.rows(), in = job.in(), group = job.group();
  result.unit_of_column.assign(place(in), 0);
  if (job.in_columns()) {
    const Index down = rows_of_unit(job.unit, out);
    result.units.resize((out + down - 1) / down, in);
    std::iota(result.unit_of_column.begin(), result.unit_of_column.end(), Index{0});
  } else {
    const bool one = job.unit.kind == Unit::Kind::tensor;
    result.units.resize(one ? 1 : out, (in + group - 1) / group);
    for (Index c = 0; c < in; ++c) {
      const Index feature = job.h.order()[place(c)];
      result.unit_of_column[place(feature)] = (job.fits_on_the_way() ? c : feature) / group;
    }
  }
}

/// damping: the first to be tried; then the one that was taken.
Matrix factor(const GptqMoment& h, double& damping) {
  for (int retry = 0;; ++retry) {
    if (std::optional<Matrix> feedback = gptq_feedback(h, damping)) return *std::move(feedback);
    if (retry == kRetries) break;
    damping = damping > 0.0 ? 10.0 * damping : GptqOptions{}.damping;
  }
  throw NumericError(
      fmt::format("the second moment of the inputs is singular, also with damping {:g}; give a "
                  "larger damping or a larger calibration set",
                  damping));
}

}  // namespace

void FittedUnits::resize(Index rows, Index cols) {
  for (Matrix* matrix : {&scale, &zero, &limit}) matrix->resize(rows, cols);
}

void FittedUnits::put(Index row, Index col, const MatrixScale& unit) {
  scale(row, col) = unit.scale;
  zero(row, col) = unit.zero;
  limit(row, col) = unit.limit;
}

GptqResult gptq(ConstMatrixView w, const SymmetricMatrix& sums, double scale,
                const GptqOptions& options, const Unit& unit, const UnitFit& fit,
                ConstMatrixView sample, MatrixView rounded, std::uint8_t* marks) {
  NF_CHECK_SHAPE(rounded, w.rows(), w.cols());
  NF_CHECK(w.cols() == sums.size(), "[{}, {}] with {} features", w.rows(), w.cols(), sums.size());
  GptqResult result;
  if (w.empty()) return result;
  const GptqMoment h(sums, scale, options.act_order);
  Job job{.w = w, .h = h, .unit = unit, .fit = fit, .rounded = rounded, .marks = marks};
  result.damping = options.damping;
  job.feedback = factor(h, result.damping);
  if (unit.kind == Unit::Kind::group && !options.static_groups)
    job.steps = gptq_steps(job.in(), job.group(), options.block);
  for (Index f = 0; f < job.in(); ++f) job.dead.push_back(sums(f, f) == 0.0);
  job.panel = panel_rows(w.rows(), unit);
  job.result = &result;
  lay_out_units(job, result);
  if (fit.needs_inputs()) job.products = partial_products(job, sample);
  if (!job.in_columns() && !job.fits_on_the_way()) fit_before(job, result.units);

  PanelMemories memories;
  std::vector<Index> clipped(place(job.panels()));
  parallel_for(std::ssize(clipped), [&](Index i) {
    const Index first = i * job.panel;
    std::unique_ptr<PanelMemory> memory = memories.take();
    clipped[place(i)] = Panel(job, first, std::min(job.panel, w.rows() - first), *memory).run();
    memories.give_back(std::move(memory));
  });
  result.clipped = std::accumulate(clipped.begin(), clipped.end(), Index{0});
  return result;
}

double gptq_scratch_bytes(Index out, Index in, const Unit& unit) {
  if (out == 0 || in == 0) return 0.0;
  const Index panel = panel_rows(out, unit);
  const Index panels = std::min((out + panel - 1) / panel, thread_count());
  const auto features = static_cast<double>(in);
  return sizeof(float) * features * (features + 2.0 * static_cast<double>(panels * panel));
}

}  // namespace nf
