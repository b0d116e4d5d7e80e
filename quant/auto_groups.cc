#include "quant/auto_groups.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "core/tensor/matrix.h"
#include "perturb/input_free.h"

namespace nf {
namespace {

class AutoGroups final : public Distortion {
 public:
  AutoGroups(const AutoGroupsConfig& config, const std::function<DistortionPtr(Index)>& trial,
             const std::function<DistortionPtr(Index)>& made)
      : config_(config) {
    for (Index g = config.coarsest; g >= kFinestAutoGroup; g /= 2)
      sizes_.push_back({g, trial(g), made(g)});
    NF_CHECK(!sizes_.empty(), "groups of {}", config.coarsest);
  }

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    const Size& size = chosen(x, context);
    DistortionReport report = size.made->apply(x, inner(context), distorted);
    report.join({.notes = {{"group", size.group}}});
    return report;
  }

  bool tells_clipped() const override { return any().tells_clipped(); }
  std::optional<Unit> grid_unit(SiteTensor tensor) const override {
    return any().grid_unit(tensor);
  }
  bool has_steps() const override { return any().has_steps(); }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    chosen(x, context).made->local_step(x, inner(context), step);
  }

  bool has_levels() const override { return any().has_levels(); }
  void levels_around(ConstMatrixView x, const DistortionContext& context, MatrixView lower,
                     MatrixView upper) const override {
    chosen(x, context).made->levels_around(x, inner(context), lower, upper);
  }

  InputNeeds input_needs(SiteTensor tensor) const override {
    return any().input_needs(tensor).joined(sizes_.front().trial->input_needs(tensor));
  }
  DistortionPtr without_inputs() const override {
    const auto groups = std::make_shared<AutoGroups>(*this);
    for (Size& size : groups->sizes_)
      for (DistortionPtr* quantizer : {&size.trial, &size.made}) {
        *quantizer = input_free(*quantizer, SiteTensor::weight);
        if (*quantizer == nullptr) return nullptr;
      }
    return groups;
  }
  bool follows_path() const override { return any().follows_path(); }
  double scratch_bytes(Index rows, Index cols) const override {
    return static_cast<double>(rows) * static_cast<double>(cols) * sizeof(float) +
           any().scratch_bytes(rows, cols);
  }

  Index rows_together(Index rows) const override { return any().rows_together(rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override {
    Errors errors(*this);
    for_each_part(x, any().rows_together(x.rows()),
                  [&](Index, ConstMatrixView part) { errors.add(part, unmarked(context)); });
    const auto choice = std::make_shared<Choice>();
    choice->size = errors.choice();
    return choice;
  }

  Json config() const override {
    Json json = any().config();
    json["granularity"] = ConfigValue<Granularity>::write({.automatic = config_});
    return json;
  }

 private:
  struct Size {
    Index group = 0;
    DistortionPtr trial, made;
  };
  /// The choice for a weight that is made in parts.
  struct Choice final : MatrixFigures {
    std::size_t size = 0;
  };

  /// Σ δ² of each size and Σ w², row by row, so that parts come to the same.
  class Errors {
   public:
    explicit Errors(const AutoGroups& groups)
        : groups_(groups), squares_(groups.sizes_.size(), 0.0) {}

    void add(ConstMatrixView x, const DistortionContext& context) {
      cols_ = x.cols();
      Matrix rounded(x.rows(), x.cols());
      for (std::size_t i = 0; i < squares_.size(); ++i) {
        groups_.sizes_[i].trial->apply(x, context, rounded);
        for (Index r = 0; r < x.rows(); ++r)
          squares_[i] += row_error(x.row(r), rounded.view().row(r), x.cols());
      }
    }
    /// ‖w‖ is the same in all, so that errors stand for relative ones.
    std::size_t choice() const {
      std::size_t i = first();
      while (i + 1 < squares_.size() && gains(std::sqrt(squares_[i]), std::sqrt(squares_[i + 1])))
        ++i;
      return i;
    }

   private:
    /// The finest size of those that have a whole row in one group, else the coarsest.
    std::size_t first() const {
      std::size_t i = 0;
      while (i + 1 < squares_.size() && groups_.sizes_[i + 1].group >= cols_) ++i;
      return i;
    }
    bool gains(double coarse, double fine) const {
      return coarse - fine > groups_.config_.loss * coarse;
    }
    static double row_error(const float* x, const float* rounded, Index n) {
      double sum = 0.0;
      for (Index i = 0; i < n; ++i) {
        const double delta = static_cast<double>(rounded[i]) - static_cast<double>(x[i]);
        sum += delta * delta;
      }
      return sum;
    }

    const AutoGroups& groups_;
    std::vector<double> squares_;
    Index cols_ = 0;
  };

  const Distortion& any() const { return *sizes_.front().made; }
  const Size& chosen(ConstMatrixView x, const DistortionContext& context) const {
    if (const auto* choice = static_cast<const Choice*>(context.figures))
      return sizes_[choice->size];
    Errors errors(*this);
    errors.add(x, unmarked(context));
    return sizes_[errors.choice()];
  }
  /// The context of a quantizer whose units lie in rows: the whole weight has no figures for it.
  static DistortionContext inner(DistortionContext context) {
    context.figures = nullptr;
    return context;
  }
  /// The same for a trial, whose clipped values are not those of what is made.
  static DistortionContext unmarked(DistortionContext context) {
    context.clipped = nullptr;
    return inner(context);
  }

  AutoGroupsConfig config_;
  std::vector<Size> sizes_;  ///< from the coarsest on
};

}  // namespace

DistortionPtr choose_groups(const AutoGroupsConfig& config,
                            const std::function<DistortionPtr(Index)>& trial,
                            const std::function<DistortionPtr(Index)>& made) {
  return std::make_shared<AutoGroups>(config, trial, made);
}

}  // namespace nf
