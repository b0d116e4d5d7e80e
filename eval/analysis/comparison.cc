#include "eval/analysis/comparison.h"

namespace nf {

std::string verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::worse:
      return "worse";
    case Verdict::better:
      return "better";
    case Verdict::not_shown:
      return "no difference shown";
    case Verdict::same:
      return "no difference";
    case Verdict::not_known:
      break;
  }
  return "not known";
}

std::string verdict_text(EquivalenceVerdict verdict) {
  switch (verdict) {
    case EquivalenceVerdict::same:
      return "the same";
    case EquivalenceVerdict::different:
      return "different";
    case EquivalenceVerdict::not_shown:
      return "not shown";
    case EquivalenceVerdict::not_known:
      break;
  }
  return "not known";
}

}  // namespace nf
