#include "perturb/distribution.h"

namespace nf {

std::string_view distribution_name(Distribution distribution) {
  switch (distribution) {
    case Distribution::gaussian:
      return "gaussian";
    case Distribution::uniform:
      return "uniform";
    case Distribution::rademacher:
      return "rademacher";
    case Distribution::laplace:
      return "laplace";
  }
  return "?";
}

}  // namespace nf
