#include "perturb/referred_choices.h"

#include <memory>

namespace nf {
namespace {

DistortionContext with(TensorChoicePtr ReferredChoices::*member, const DistortionContext& context) {
  DistortionContext own = context;
  if (context.choice != nullptr)
    own.choice = (static_cast<const ReferredChoices*>(context.choice)->*member).get();
  return own;
}

}  // namespace

TensorChoicePtr ReferredChoices::make(const Distortion* reference, const Distortion* matched,
                                      const TensorReaders& readers,
                                      const DistortionContext& context) {
  auto choices = std::make_shared<ReferredChoices>();
  if (reference != nullptr && reference->chooses())
    choices->reference = reference->choose(readers, context);
  if (matched != nullptr && matched->chooses())
    choices->matched =
        matched == reference ? choices->reference : matched->choose(readers, context);
  return choices;
}

DistortionContext ReferredChoices::of_reference(const DistortionContext& context) {
  return with(&ReferredChoices::reference, context);
}

DistortionContext ReferredChoices::of_matched(const DistortionContext& context) {
  return with(&ReferredChoices::matched, context);
}

}  // namespace nf
