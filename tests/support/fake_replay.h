#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "core/tensor/matrix.h"
#include "perturb/sublayer_replay.h"

namespace nf {

/// A replay whose errors are a function of what it is asked; keeps the questions.
class FakeReplay final : public SublayerReplay {
 public:
  struct Question {
    Around around;
    std::vector<Role> roles;
    std::vector<Matrix> weights;
  };
  using Answer = std::function<double(const Question&)>;

  explicit FakeReplay(Answer answer, bool alone = false)
      : answer_(std::move(answer)), alone_(alone) {}

  double error(Around around, std::span<const Candidate> candidates) const override {
    Question& question = questions.emplace_back();
    question.around = around;
    for (const Candidate& candidate : candidates) {
      question.roles.push_back(candidate.role);
      Matrix& copy =
          question.weights.emplace_back(candidate.weight.rows(), candidate.weight.cols());
      for (Index r = 0; r < copy.rows(); ++r)
        std::copy_n(candidate.weight.row(r), copy.cols(), copy.view().row(r));
    }
    return answer_(question);
  }
  bool reads_alone(Role) const override { return alone_; }

  mutable std::vector<Question> questions;

 private:
  Answer answer_;
  bool alone_;
};

}  // namespace nf
