#include "perturb/partial_distortion.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/parallel.h"
#include "core/tensor/matrix.h"
#include "perturb/distortion_stats.h"
#include "perturb/held_matrix.h"
#include "perturb/input_free.h"
#include "perturb/referred_choices.h"

namespace nf {
namespace {

/// Rows that one thread works on at a time.
constexpr Index kRowsAtATime = 32;

/// The size that a part of a change is given, in each unit of a scope.
struct PartSizeRule {
  /// None: the L2 of the whole change.
  std::optional<StrengthRule> strength;
  Unit scope;

  const Distortion* matched() const { return strength ? strength->matched() : nullptr; }
};

/// Sums over values of a change, from which the size of its part follows.
struct PartSums {
  double x = 0.0, whole = 0.0, part = 0.0, matched = 0.0;  ///< Σ of squares
  Index count = 0;

  void add(double x_value, double whole_delta, double part_delta, double matched_delta) {
    x += x_value * x_value;
    whole += whole_delta * whole_delta;
    part += part_delta * part_delta;
    matched += matched_delta * matched_delta;
    ++count;
  }
};

double change_of(float x, float made) { return static_cast<double>(made) - static_cast<double>(x); }

void copy(ConstMatrixView x, MatrixView to) {
  for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), to.row(r));
}

class PartialDistortion final : public Distortion {
 public:
  PartialDistortion(DistortionPtr whole, double dose, DeltaPartPtr keep,
                    std::optional<PartSizeRule> size, SiteTensor tensor)
      : whole_(std::move(whole)),
        dose_(dose),
        keep_(std::move(keep)),
        size_(std::move(size)),
        tensor_(kind_tensor(tensor)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override;
  DistortionPtr whole() const override { return whole_; }
  DistortionReport finish(ConstMatrixView x, const WholeChange& whole,
                          const DistortionContext& context, MatrixView distorted) const override;
  InputNeeds finish_needs(SiteTensor tensor) const override;
  bool finish_sees_clipped() const override { return keep_ != nullptr && whole_->tells_clipped(); }
  bool finish_takes_path(SiteTensor tensor) const override {
    return !part_has_needs(tensor) && match_has_needs(tensor);
  }

  bool is_identity() const override {
    return dose_ == 0.0 || whole_->is_identity() ||
           (size_ && size_->strength && size_->strength->is_zero());
  }
  bool draws() const override;
  std::uint64_t first_ordinal() const override { return whole_->first_ordinal(); }
  bool has_steps() const override { return whole_->has_steps(); }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    whole_->local_step(x, of_whole(context), step);
  }
  /// Also at a dose of 0: what calibration sees does not depend on the dose.
  InputNeeds input_needs(SiteTensor tensor) const override {
    return whole_->input_needs(tensor).joined(finish_needs(tensor));
  }
  DistortionPtr without_inputs() const override;
  /// What is matched has a say only where x̂ is made without statistics: an x̂ is one for all parts.
  bool follows_path() const override {
    if (!whole_->input_needs(tensor_).empty()) return whole_->follows_path();
    return finish_takes_path(tensor_) && matched()->follows_path();
  }
  bool chooses() const override { return whole_->chooses(); }
  TensorChoicePtr choose(const TensorReaders& readers,
                         const DistortionContext& context) const override {
    return whole_->choose(readers, context);
  }
  IntegerLevels integer_levels(SiteTensor) const override {
    return {.problem =
                "a dose or a part of a change is no rounding to integers; leave dose, keep "
                "and strength out"};
  }
  bool tells_clipped() const override { return whole_->tells_clipped(); }
  std::optional<Unit> grid_unit(SiteTensor tensor) const override {
    return whole_->grid_unit(tensor);
  }
  double scratch_bytes(Index rows, Index cols) const override;
  Index rows_together(Index rows) const override;
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override;
  Json config() const override;

 private:
  /// Figures of a matrix that is made in parts.
  struct Parts final : MatrixFigures {
    MatrixFiguresPtr whole{}, part{}, matched{};
    std::optional<double> factor{};  ///< of a scope that spans the matrix
  };
  /// What is left of the change of some rows, in double.
  struct Kept {
    std::vector<double> values;  ///< [rows·cols]
    bool is_nothing = true;      ///< of a change that was something
  };

  const Distortion* matched() const { return size_ ? size_->matched() : nullptr; }
  bool part_has_needs(SiteTensor tensor) const {
    return keep_ != nullptr && !keep_->needs(kind_tensor(tensor)).empty();
  }
  bool match_has_needs(SiteTensor tensor) const {
    return matched() != nullptr && !matched()->input_needs(tensor).empty();
  }
  /// The report of x̃. left: [rows, cols] x̃
  DistortionReport report_of(ConstMatrixView x, const WholeChange& whole,
                             ConstMatrixView left) const;
  static const Parts* parts_of(const DistortionContext& context) {
    return static_cast<const Parts*>(context.figures);
  }
  /// The context as whole() is to have it.
  static DistortionContext of_whole(const DistortionContext& context);
  /// The context as what is matched is to have it, without its figures.
  DistortionContext of_match(const DistortionContext& context) const;
  Matrix matched_values(ConstMatrixView x, const DistortionContext& context) const;
  /// delta ← the part of a row's change.
  void keep_row(ConstMatrixView x, const WholeChange& whole, Index r, const MatrixFigures* figures,
                const DistortionContext& context, double* delta) const;
  Kept keep(ConstMatrixView x, const WholeChange& whole, const MatrixFigures* figures,
            const DistortionContext& context) const;
  /// Scales what is kept to its size, unit by unit.
  void resize(ConstMatrixView x, ConstMatrixView made, const DistortionContext& context,
              std::vector<double>& kept) const;
  double factor_of_matrix(const RowSource& x, const DistortionContext& context) const;
  double factor(const PartSums& sums) const;

  DistortionPtr whole_;
  double dose_;
  DeltaPartPtr keep_;  ///< null: all of δ
  std::optional<PartSizeRule> size_;
  SiteTensor tensor_;
};

DistortionContext PartialDistortion::of_whole(const DistortionContext& context) {
  DistortionContext own = context;
  if (const Parts* parts = parts_of(context)) own.figures = parts->whole.get();
  return own;
}

bool PartialDistortion::draws() const {
  if (is_identity()) return false;
  return whole_->draws() || (matched() != nullptr && matched()->draws());
}

InputNeeds PartialDistortion::finish_needs(SiteTensor tensor) const {
  InputNeeds needs;
  if (keep_ != nullptr) needs = keep_->needs(kind_tensor(tensor));
  return matched() == nullptr ? needs : needs.joined(matched()->input_needs(tensor));
}

DistortionPtr PartialDistortion::without_inputs() const {
  if (part_has_needs(tensor_)) return nullptr;
  const auto partial = std::make_shared<PartialDistortion>(*this);
  if (!(partial->whole_ = input_free(whole_, tensor_))) return nullptr;
  if (size_ && size_->strength &&
      !(partial->size_->strength = size_->strength->without_inputs(tensor_)))
    return nullptr;
  return partial;
}

double PartialDistortion::scratch_bytes(Index rows, Index cols) const {
  const double n = static_cast<double>(rows) * static_cast<double>(cols);
  return whole_->scratch_bytes(rows, cols) + n * sizeof(double) +
         (finish_sees_clipped() ? n : 0.0) +
         (matched() != nullptr ? n * sizeof(float) + matched()->scratch_bytes(rows, cols) : 0.0);
}

Index PartialDistortion::rows_together(Index rows) const {
  Index together = whole_->rows_together(rows);
  if (!size_) return together;
  together = join_together(together, rows_of_unit(size_->scope, rows), rows);
  return size_->matched() == nullptr
             ? together
             : join_together(together, size_->matched()->rows_together(rows), rows);
}

MatrixFiguresPtr PartialDistortion::figures(const RowSource& x,
                                            const DistortionContext& context) const {
  const auto parts = std::make_shared<Parts>();
  parts->whole = whole_->figures(x, context);
  if (keep_ != nullptr) parts->part = keep_->figures(x, context);
  if (!size_) return parts;
  if (size_->matched() != nullptr) parts->matched = size_->matched()->figures(x, of_match(context));
  if (size_->scope.kind == Unit::Kind::tensor) {
    DistortionContext own = context;
    own.figures = parts.get();
    parts->factor = factor_of_matrix(x, own);
  }
  return parts;
}

DistortionReport PartialDistortion::apply(ConstMatrixView x, const DistortionContext& context,
                                          MatrixView distorted) const {
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  if (is_identity()) {
    copy(x, distorted);
    return {};
  }
  DistortionContext own = of_whole(context);
  std::vector<std::uint8_t> marks;
  if (finish_sees_clipped() && own.clipped == nullptr) {
    marks.assign(static_cast<std::size_t>(x.size()), 0);
    own.clipped = marks.data();
  }
  const DistortionReport report = whole_->apply(x, own, distorted);
  return finish(x, {distorted, own.clipped, &report}, context, distorted);
}

DistortionReport PartialDistortion::finish(ConstMatrixView x, const WholeChange& whole,
                                           const DistortionContext& context,
                                           MatrixView distorted) const {
  NF_CHECK_SHAPE(whole.made, x.rows(), x.cols());
  NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
  NF_CHECK(context.tensor() == tensor_, "built for another tensor");
  if (is_identity()) {
    copy(x, distorted);
    return {};
  }
  const Parts* parts = parts_of(context);
  MatrixFiguresPtr own;
  if (parts == nullptr && keep_ != nullptr) own = keep_->figures(HeldMatrix(x), context);
  Kept kept = keep(x, whole, parts != nullptr ? parts->part.get() : own.get(), context);
  if (size_) resize(x, whole.made, context, kept.values);
  parallel_for((x.rows() + kRowsAtATime - 1) / kRowsAtATime, [&](Index piece) {
    for (Index r = piece * kRowsAtATime; r < std::min(x.rows(), (piece + 1) * kRowsAtATime); ++r) {
      const double* delta = kept.values.data() + r * x.cols();
      for (Index c = 0; c < x.cols(); ++c) {
        const float made = whole.made(r, c);
        const double taken = dose_ * delta[c];
        // Where the change is taken as it is, x̂ keeps its last bit.
        distorted(r, c) = taken == change_of(x(r, c), made)
                              ? made
                              : static_cast<float>(static_cast<double>(x(r, c)) + taken);
      }
    }
  });
  DistortionReport report = report_of(x, whole, distorted);
  if (kept.is_nothing) report.join({.notes = {{kKeptNote, "nothing"}}});
  return report;
}

DistortionReport PartialDistortion::report_of(ConstMatrixView x, const WholeChange& whole,
                                              ConstMatrixView left) const {
  DistortionReport report = whole.report == nullptr ? DistortionReport{} : *whole.report;
  if (!finish_sees_clipped() || whole.clipped == nullptr) return report;
  report.clipped = 0;
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      if (whole.clipped[r * x.cols() + c] != 0 && left(r, c) != x(r, c)) ++report.clipped;
  return report;
}

void PartialDistortion::keep_row(ConstMatrixView x, const WholeChange& whole, Index r,
                                 const MatrixFigures* figures, const DistortionContext& context,
                                 double* delta) const {
  for (Index c = 0; c < x.cols(); ++c) delta[c] = change_of(x(r, c), whole.made(r, c));
  if (keep_ == nullptr) return;
  keep_->keep({.x = x.row(r),
               .cols = x.cols(),
               .clipped = whole.clipped == nullptr ? nullptr : whole.clipped + r * x.cols(),
               .figures = figures},
              context, delta);
}

PartialDistortion::Kept PartialDistortion::keep(ConstMatrixView x, const WholeChange& whole,
                                                const MatrixFigures* figures,
                                                const DistortionContext& context) const {
  Kept kept{std::vector<double>(static_cast<std::size_t>(x.size()))};
  std::vector<std::uint8_t> has_change(static_cast<std::size_t>(x.rows())), has_part(has_change);
  parallel_for((x.rows() + kRowsAtATime - 1) / kRowsAtATime, [&](Index piece) {
    for (Index r = piece * kRowsAtATime; r < std::min(x.rows(), (piece + 1) * kRowsAtATime); ++r) {
      double* delta = kept.values.data() + r * x.cols();
      keep_row(x, whole, r, figures, context, delta);
      for (Index c = 0; c < x.cols(); ++c) {
        if (delta[c] != 0.0) has_part[static_cast<std::size_t>(r)] = 1;
        if (whole.made(r, c) != x(r, c)) has_change[static_cast<std::size_t>(r)] = 1;
      }
    }
  });
  const auto any = [](const std::vector<std::uint8_t>& rows) {
    return std::find(rows.begin(), rows.end(), 1) != rows.end();
  };
  kept.is_nothing = any(has_change) && !any(has_part);
  return kept;
}

DistortionContext PartialDistortion::of_match(const DistortionContext& context) const {
  DistortionContext own = context;
  own.choice = nullptr;  // that of x̂, if any
  return ReferredChoices::of_matched(*matched(), own);
}

Matrix PartialDistortion::matched_values(ConstMatrixView x,
                                         const DistortionContext& context) const {
  if (size_->matched() == nullptr) return {};
  DistortionContext own = of_match(context);
  if (const Parts* parts = parts_of(context)) own.figures = parts->matched.get();
  Matrix matched(x.rows(), x.cols());
  size_->matched()->apply(x, own, matched);
  return matched;
}

double PartialDistortion::factor(const PartSums& sums) const {
  if (sums.part == 0.0) return 0.0;
  const double target = size_->strength ? size_->strength->norm(std::sqrt(sums.x),
                                                                std::sqrt(sums.matched), sums.count)
                                        : std::sqrt(sums.whole);
  return target / std::sqrt(sums.part);
}

void PartialDistortion::resize(ConstMatrixView x, ConstMatrixView made,
                               const DistortionContext& context, std::vector<double>& kept) const {
  const Parts* parts = parts_of(context);
  const std::optional<double> known = parts == nullptr ? std::nullopt : parts->factor;
  const Matrix matched = known ? Matrix() : matched_values(x, context);
  const UnitBlocks units(size_->scope, tensor_, x.rows(), x.cols());
  for (Index i = 0; i < units.count(); ++i) {
    const Rectangle unit = units[i];
    const auto each = [&](const auto& use) {
      for (Index r = unit.row; r < unit.row + unit.rows; ++r)
        for (Index c = unit.col; c < unit.col + unit.cols; ++c)
          use(r, c, kept[static_cast<std::size_t>(r * x.cols() + c)]);
    };
    PartSums sums;
    if (!known)
      each([&](Index r, Index c, double part) {
        sums.add(static_cast<double>(x(r, c)), change_of(x(r, c), made(r, c)), part,
                 matched.empty() ? 0.0 : change_of(x(r, c), matched(r, c)));
      });
    const double scale = known ? *known : factor(sums);
    each([&](Index, Index, double& part) { part *= scale; });
  }
}

double PartialDistortion::factor_of_matrix(const RowSource& x,
                                           const DistortionContext& context) const {
  PartSums sums;
  for_each_part(x, rows_together(x.rows()), [&](Index first, ConstMatrixView part) {
    DistortionContext own = context;
    own.first_element += static_cast<std::uint64_t>(first * x.cols());
    std::vector<std::uint8_t> marks(
        keep_ != nullptr && keep_->sees_clipped() ? static_cast<std::size_t>(part.size()) : 0);
    own.clipped = marks.empty() ? nullptr : marks.data();
    Matrix made(part.rows(), part.cols());
    whole_->apply(part, of_whole(own), made);
    const Kept kept = keep(part, {made, own.clipped}, parts_of(own)->part.get(), own);
    const Matrix matched = matched_values(part, own);
    for (Index r = 0; r < part.rows(); ++r)
      for (Index c = 0; c < part.cols(); ++c)
        sums.add(static_cast<double>(part(r, c)), change_of(part(r, c), made(r, c)),
                 kept.values[static_cast<std::size_t>(r * part.cols() + c)],
                 matched.empty() ? 0.0 : change_of(part(r, c), matched(r, c)));
  });
  return factor(sums);
}

Json PartialDistortion::config() const {
  Json json = whole_->config();
  if (dose_ != 1.0) json["dose"] = dose_;
  if (keep_ != nullptr) json["keep"] = keep_->config();
  if (size_ && size_->strength) json["strength"] = size_->strength->config();
  return json;
}

/// The scope of a noise, which its kind has read before.
Unit scope_of(const ConfigNode& entry, SiteTensor tensor) {
  ConfigErrors ignored;
  const std::optional<ConfigNode> written = entry.find("scope");
  const std::optional<Unit> scope =
      written ? ConfigValue<std::optional<Unit>>::read(*written, ignored).value_or(std::nullopt)
              : std::nullopt;
  return scope.value_or(default_noise_scope(kind_tensor(tensor)));
}

std::optional<PartSizeRule> size_rule(const PartialKeys& keys, const ConfigNode& entry,
                                      bool has_strength, SiteTensor tensor,
                                      const DistortionBuilder& match, ConfigErrors& errors) {
  if (has_strength) {
    if (keys.keep == nullptr || !entry.find("strength")) return std::nullopt;
    return PartSizeRule{.strength = std::nullopt, .scope = scope_of(entry, tensor)};
  }
  if (!keys.strength) return std::nullopt;
  const ConfigNode written = entry.find("strength").value_or(entry);
  if (keys.keep == nullptr) {
    errors.add(written,
               "is read only with keep, as the size of what is left; dose scales the whole change");
    return std::nullopt;
  }
  DistortionPtr matched;
  if (keys.strength->match) {
    matched = match(*keys.strength->match, kind_tensor(tensor), errors);
    if (matched == nullptr) return std::nullopt;
    if (matched->chooses()) {
      errors.add(*keys.strength->match,
                 "makes a choice for several linears together, which a part of another change "
                 "cannot wait for; match a quantizer without channel_scale: {awq: ...}");
      return std::nullopt;
    }
    if (matched->input_needs(kind_tensor(tensor)).replay) {
      errors.add(*keys.strength->match,
                 "is chosen by its error at the output of attention or of the MLP, which a part of "
                 "another change does not know; write granularity: {adaptive: ..., error_at: "
                 "site}");
      return std::nullopt;
    }
  }
  return PartSizeRule{.strength = StrengthRule(*keys.strength, matched),
                      .scope = default_noise_scope(kind_tensor(tensor))};
}

/// The keys, `strength` among them where it is not the kind's own.
FieldTable<PartialKeys> make_partial_table(bool has_strength) {
  FieldTable<PartialKeys> table;
  table.optional("dose", &PartialKeys::dose,
                 {.summary = "times the change: x + dose·(x̂ − x); 0 leaves x as it is",
                  .unit = "ratio",
                  .range = at_least(0)});
  table.optional("keep", &PartialKeys::keep,
                 {.summary = "a part of the change, the rest becomes 0; all of it when left out. "
                             "strength is then that of what is left",
                  .example = "large"});
  if (!has_strength)
    table.optional("strength", &PartialKeys::strength,
                   {.summary = "size of what `keep` leaves, in the matrix of a weight, each "
                               "position of an activation; as it is when left out",
                    .example = {{"relative_l2", 0.1}}});
  return table;
}

/// Made once each: a sweep reads thousands of entries.
const FieldTable<PartialKeys>& partial_table(bool has_strength) {
  static const FieldTable<PartialKeys> without = make_partial_table(true);
  static const FieldTable<PartialKeys> with = make_partial_table(false);
  return has_strength ? without : with;
}

}  // namespace

FieldTable<PartialKeys> PartialKeys::fields() { return partial_table(false); }

PartialKeys PartialKeys::read(const ConfigNode& entry, bool has_strength, ConfigErrors& errors) {
  PartialKeys keys;
  partial_table(has_strength).read_fields(entry, keys, errors);
  return keys;
}

std::vector<std::string> PartialKeys::names(bool has_strength) {
  return partial_table(has_strength).names();
}

DistortionPtr partial_distortion(const DistortionPtr& whole, const PartialKeys& keys,
                                 const ConfigNode& entry, bool has_strength, SiteTensor tensor,
                                 const DistortionBuilder& match, ConfigErrors& errors) {
  const Index before = errors.count();
  if (whole != nullptr && keys.keep != nullptr)
    if (const std::optional<std::string> problem = part_problem(*keys.keep, *whole, tensor))
      errors.add(entry.find("keep").value_or(entry), *problem);
  std::optional<PartSizeRule> size = size_rule(keys, entry, has_strength, tensor, match, errors);
  if (whole == nullptr || errors.count() != before) return nullptr;
  if (keys.takes_all()) return whole;
  return std::make_shared<PartialDistortion>(whole, keys.dose, keys.keep, std::move(size), tensor);
}

}  // namespace nf
