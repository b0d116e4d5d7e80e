#pragma once

#include <fmt/format.h>

#include "core/base/error.h"

/// Checks an invariant of our own, in Release too: one branch per tensor or site costs nothing.
#define NF_CHECK(condition, ...)                                                                  \
  do {                                                                                            \
    if (!(condition)) [[unlikely]]                                                                \
      throw ::nf::InternalError(::fmt::format("{}:{}: check failed: {}: {}", __FILE_NAME__,       \
                                              __LINE__, #condition, ::fmt::format(__VA_ARGS__))); \
  } while (false)

/// A matrix view must have exactly this shape.
#define NF_CHECK_SHAPE(view, expected_rows, expected_cols)                           \
  NF_CHECK((view).rows() == (expected_rows) && (view).cols() == (expected_cols),     \
           "{} is [{}, {}], expected [{}, {}]", #view, (view).rows(), (view).cols(), \
           (expected_rows), (expected_cols))
