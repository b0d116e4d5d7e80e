#include "perturb/relation.h"

namespace nf {

const RelationTable& relations() {
  static const RelationTable table = [] {
    RelationTable relations("relation");
    register_builtin_relations(relations);
    return relations;
  }();
  return table;
}

}  // namespace nf
