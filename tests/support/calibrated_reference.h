#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/io/read_json.h"
#include "core/model/site.h"
#include "tests/support/npz.h"

namespace nf {

/// The results of the methods' own authors on one trained model: reference/calibrated/MODEL.json
/// and .npz of the reference data, whose README has the meaning of every figure.
struct CalibratedReference {
  CalibratedReference(const std::filesystem::path& reference_dir, const std::string& model)
      : json(read_sorted_json(folder(reference_dir) / (model + ".json"))),
        arrays(folder(reference_dir) / (model + ".npz")) {}

  static std::filesystem::path folder(const std::filesystem::path& reference_dir) {
    return reference_dir / "reference" / "calibrated";
  }
  const SortedJson& row(const std::string& name) const { return json.at("rows").at(name); }

  SortedJson json;
  Npz arrays;
};

/// The weight that is called so in a checkpoint of these models:
/// "model.decoder.layers.3.self_attn.out_proj" is layers.3.o_proj.weight.
Site site_of_module(const std::string& module);

/// How far from the reference a row may be; shares are of the reference's own figure.
struct RowBounds {
  double nll;       ///< nats
  double kl_share;  ///< of the reference's KL
};

/// One row of the reference, as a trial.
struct CalibratedRow {
  enum class Kind {
    rounding,  ///< nothing but rounding to the nearest level
    gptq,      ///< each rounding moves all that follow
    search,    ///< rounding, after choices that may nearly tie: AWQ's ratios, AdaDim's axes
  };
  enum Suite : unsigned { slow = 0, opt = 1, llama = 2, both = 3 };

  std::string name;     ///< in the reference
  std::string entries;  ///< YAML, the items of `quantize`
  Kind kind;
  Suite suite = slow;  ///< the models on which it belongs to the normal suite, too
  /// The models on which noise of the size of f32's last bits, put on the weights before, moves its
  /// score further than other rows'.
  Suite scatters = slow;

  bool in_suite(const std::string& model) const { return is_among(suite, model); }
  /// windows: of the scored text. agreed: all choices of a search are the reference's.
  RowBounds bounds(const std::string& model, Index windows, bool agreed) const;

 private:
  static bool is_among(Suite models, const std::string& model) {
    return (models & (model.starts_with("opt") ? opt : llama)) != 0;
  }
};

/// The rows that the public reference has.
std::vector<CalibratedRow> calibrated_rows();

/// The whole experiment with these rows, on the first windows of the text.
std::string calibrated_experiment(const std::filesystem::path& reference_dir,
                                  const std::string& model, const std::vector<CalibratedRow>& rows,
                                  Index windows);

}  // namespace nf
