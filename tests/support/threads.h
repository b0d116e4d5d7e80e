#pragma once

#include "core/base/parallel.h"

namespace nf {

/// Sets the number of threads for a test, or for a part of one, and puts the default back.
class Threads {
 public:
  explicit Threads(Index count) { set_thread_count(count); }
  ~Threads() { set_thread_count(0); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
};

}  // namespace nf
