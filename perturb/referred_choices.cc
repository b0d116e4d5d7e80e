#include "perturb/referred_choices.h"

#include <fmt/format.h>

#include <memory>

#include "core/random/draw_key.h"

namespace nf {
namespace {

/// Key of the draws of a distortion that is referred to: as if it stood in the entry's place. One
/// that refers to another that draws has a key of its own again.
std::uint64_t key_of(const Distortion& referred, std::uint64_t reference_key) {
  const std::uint64_t ordinal = referred.first_ordinal();
  return ordinal == 0 ? reference_key : draw_key(fmt::format("{:016x}", reference_key), ordinal);
}

DistortionContext with(TensorChoicePtr ReferredChoices::*member, const Distortion& referred,
                       const DistortionContext& context) {
  DistortionContext own = context;
  own.key = key_of(referred, context.reference_key);
  own.clipped = nullptr;
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

DistortionContext ReferredChoices::of_reference(const Distortion& reference,
                                                const DistortionContext& context) {
  return with(&ReferredChoices::reference, reference, context);
}

DistortionContext ReferredChoices::of_matched(const Distortion& matched,
                                              const DistortionContext& context) {
  return with(&ReferredChoices::matched, matched, context);
}

}  // namespace nf
