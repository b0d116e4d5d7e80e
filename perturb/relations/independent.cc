#include "perturb/relation.h"

namespace nf {

void register_independent(RelationTable& relations) {
  relations.add({.name = "independent",
                 .summary = "the noise does not look at the value",
                 .plain = Relation{.config = "independent"}});
}

}  // namespace nf
