#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/decoder.h"
#include "eval/plan/model_trial.h"
#include "eval/records/site_stats.h"
#include "eval/run/chain_rows.h"
#include "eval/run/input_knowledge.h"
#include "eval/run/predictor_probe.h"

namespace nf {

/// The embedding or the head as a lane has it, made row by row in the order of the vocabulary, a
/// part of it at a time. The whole matrix is held only where a distortion must see it in one piece
/// (SiteChain::rows_together). Shares its work out among the threads; not thread-safe itself.
class DistortedOuter {
 public:
  /// measure: statistics of δ are gathered, all of them or the energies alone. Reads the matrix
  /// where something must be known of the whole. knowledge: where the chain has needs. predictors:
  /// measures besides; or null. decoder, chain and predictors must outlive this.
  DistortedOuter(const Decoder& decoder, Role role, const SiteChain& chain, std::uint64_t seed,
                 bool measure, bool complete, ChainKnowledge knowledge = {},
                 PredictorProbe* predictors = nullptr);

  /// rows ← the next rows of x̃, [n, E].
  void next(MatrixView rows);
  /// Makes all rows and keeps those of some tokens, in any order; ids outside the vocabulary are
  /// left out.
  TokenRows take_tokens(std::vector<std::int32_t> ids);
  /// The first value so far that is not finite, as finite_problem() tells it; empty: there is none.
  const std::string& problem() const { return problem_; }
  /// Statistics of δ, once all rows are made: one, or none where nobody asked or x̃ is not finite.
  std::vector<SiteStats> take_sites();

 private:
  /// The checkpoint's matrix.
  class Source final : public RowSource {
   public:
    Source(const Decoder& decoder, Role role) : decoder_(decoder), role_(role) {}
    Index rows() const override { return decoder_.spec().vocab_size; }
    Index cols() const override { return decoder_.spec().embedding_size(); }
    void read(Index first, MatrixView part) const override;

   private:
    const Decoder& decoder_;
    Role role_;
  };

  void make_part();
  void measure(const DistortionReport& report);

  const Decoder& decoder_;
  Role role_;
  const SiteChain& chain_;
  bool measure_, complete_;
  Source source_;
  ChainKnowledge knowledge_;
  ChainRows rows_;
  float median_ = 0.0f;  ///< of |x|, where all statistics are gathered
  Matrix x_, made_;      ///< a part, as read and distorted
  Index next_ = 0;       ///< first row of the next part
  Index taken_ = 0;      ///< rows of this part
  SiteStats site_;
  std::optional<WeightProbe> probe_;
  std::string problem_;
};

}  // namespace nf
